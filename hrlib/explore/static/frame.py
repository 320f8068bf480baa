"""Around the data: grid and zero line behind it, lines, ticks, their labels and the title of each axis beside it."""

from __future__ import annotations

import math

from hrlib.explore.static.axes import Axis
from hrlib.explore.static.colours import rgba
from hrlib.explore.static.spec import get, merged
from hrlib.explore.static.text import Text
from hrlib.explore.static.ticks import ticks

STANDOFF = {"x": 1, "y": 4}  # pixels between an axis and the labels of its ticks


def draw_grid(scene, axes: tuple[Axis, Axis]) -> None:
    area = scene.area(axes)
    for axis in axes:
        if not axis.visible:
            continue
        places = [(axis.pixels(value), value) for value, _ in ticks(axis)]
        zero = get(axis.spec, "zeroline", True) and axis.kind == "linear" and axis.range[0] * axis.range[1] <= 0
        if get(axis.spec, "showgrid", True):
            line = (
                rgba(get(axis.spec, "gridcolor", "#EEEEEE")),
                float(get(axis.spec, "gridwidth", 1)),
                get(axis.spec, "griddash", "solid"),
            )
            for place, value in places:
                if not (zero and value == 0):
                    _across(scene, axis, float(place), area, *line)
        if zero:
            line = rgba(get(axis.spec, "zerolinecolor", "#444444")), float(get(axis.spec, "zerolinewidth", 1)), "solid"
            _across(scene, axis, float(axis.pixels(0.0)), area, *line)


def _across(scene, axis: Axis, place: float, area, colour, width, dash) -> None:
    left, top, right, bottom = area
    # in the middle of a pixel, where a line of one pixel is sharp
    place = math.floor(place) + 0.5 if round(width) % 2 else round(place)
    ends = ([place, place], [top, bottom]) if axis.letter == "x" else ([left, right], [place, place])
    scene.canvas.line(*ends, colour, width, dash)


def side_of(scene, axis: Axis) -> tuple[float, int]:
    """The pixel on which the axis lies, and the direction of its labels: 1 right or down, -1 left or up."""
    side = get(axis.spec, "side", "bottom" if axis.letter == "x" else "left")
    other = scene.axes.get(get(axis.spec, "anchor", "y" if axis.letter == "x" else "x"))
    away = 1 if side in ("bottom", "right") else -1
    if other is None:
        letter = "y" if axis.letter == "x" else "x"
        return scene.at(letter, "paper", float(get(axis.spec, "position", 0))), away
    far = side in ("top", "right")
    return (other.end if far else other.start), away


def _labels(scene, axis: Axis) -> tuple[list[tuple[float, Text]], float]:
    """(pixel, text) of the labels that are drawn, and the angle that keeps them apart."""
    font = {**scene.layout["font"], **get(axis.spec, "tickfont", {})}
    if not get(axis.spec, "showticklabels", True):
        return [], 0.0
    texts = [(float(axis.pixels(value)), Text(scene.canvas, text, font)) for value, text in ticks(axis)]
    given = get(axis.spec, "tickangle", "auto")
    if given != "auto" or axis.letter == "y" or len(texts) < 2:
        return texts, 0.0 if given == "auto" else float(given)
    apart = min(abs(a[0] - b[0]) for a, b in zip(texts[1:], texts[:-1], strict=True))
    if max(text.width for _, text in texts) + 6 <= apart:
        return texts, 0.0
    return texts, 30.0 if 1.2 * texts[0][1].size / math.sin(math.radians(30)) <= apart else 90.0


def _depth(axis: Axis, texts: list, angle: float) -> float:
    """How far the tick labels reach away from the axis."""
    tick = float(get(axis.spec, "ticklen", 5)) if get(axis.spec, "ticks", "") == "outside" else 0.0
    deep = max((text.extent(angle)[1 if axis.letter == "x" else 0] for _, text in texts), default=0.0)
    return tick + (STANDOFF[axis.letter] + deep if texts else 0.0)


def _title(scene, axis: Axis) -> Text | None:
    spec = get(axis.spec, "title", {})
    text = spec if isinstance(spec, str) else get(spec, "text", "")
    base = scene.layout["font"]
    font = merged({**base, "size": round(1.2 * base["size"])}, {} if isinstance(spec, str) else get(spec, "font", {}))
    return Text(scene.canvas, text, font) if text else None


def overhang(scene) -> dict[str, float]:
    """How many pixels of labels and titles of axes lie beyond each side of the sheet."""
    over = {"l": 0.0, "r": 0.0, "t": 0.0, "b": 0.0}
    for axis in scene.axes.values():
        if not axis.visible:
            continue
        (place, away), (texts, angle), title = side_of(scene, axis), _labels(scene, axis), _title(scene, axis)
        end = place + away * (_depth(axis, texts, angle) + (title.height + 8 if title else 0) + 5)
        far = "b" if axis.letter == "x" else "r"
        near = "t" if axis.letter == "x" else "l"
        size = scene.canvas.height if axis.letter == "x" else scene.canvas.width
        over[far], over[near] = max(over[far], end - size), max(over[near], -end)
        if axis.letter == "x":
            for pixel, text in texts:
                half = text.extent(angle)[0]
                before, after = (0.5, 0.5) if not angle else (0.1, 1.0) if angle == 30 else (0.5, 0.5)
                over["l"] = max(over["l"], before * half - pixel)
                over["r"] = max(over["r"], pixel + after * half - scene.canvas.width)
    return over


def draw_axis(scene, axis: Axis) -> None:
    if not axis.visible:
        return
    place, away = side_of(scene, axis)
    texts, angle = _labels(scene, axis)
    if get(axis.spec, "showline"):
        colour, width = rgba(get(axis.spec, "linecolor", "#444444")), float(get(axis.spec, "linewidth", 1))
        ends = ([axis.start, axis.end], [place, place])
        scene.canvas.line(*(ends if axis.letter == "x" else ends[::-1]), colour, width)
    tick = float(get(axis.spec, "ticklen", 5)) if get(axis.spec, "ticks", "") == "outside" else 0.0
    for pixel, text in texts:
        away_from = place + away * (tick + STANDOFF[axis.letter])
        if tick:
            colour = rgba(get(axis.spec, "tickcolor", "#444444"))
            ends = ([pixel, pixel], [place, place + away * tick])
            scene.canvas.line(
                *(ends if axis.letter == "x" else ends[::-1]), colour, float(get(axis.spec, "tickwidth", 1))
            )
        if axis.letter == "y":
            text.draw(away_from, pixel, "left" if away > 0 else "right", "middle", angle)
        else:
            _under(text, pixel, away_from, away, angle)
    if title := _title(scene, axis):
        middle = (axis.start + axis.end) / 2
        beyond = place + away * (_depth(axis, texts, angle) + 6)
        if axis.letter == "x":
            title.draw(middle, beyond, "center", "top" if away > 0 else "bottom")
        else:
            title.draw(beyond, middle, "center", "bottom" if away < 0 else "top", -90)


def _under(text: Text, x: float, y: float, away: int, angle: float) -> None:
    """A label below (above) its tick; a turned one begins (ends) there."""
    if angle % 180 == 0:
        text.draw(x, y, "center", "top" if away > 0 else "bottom", angle)
    else:
        begins = (angle > 0) == (away > 0)
        half = 0.5 * text.size * abs(math.sin(math.radians(angle)))
        text.draw(
            x, y + away * half * abs(math.cos(math.radians(angle))), "left" if begins else "right", "middle", angle
        )
