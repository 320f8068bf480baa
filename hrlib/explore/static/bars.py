"""bar: side by side, stacked or over each other, upright or lying, with patterns, texts and error bars."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from hrlib.explore.static.axes import Axis, Reach
from hrlib.explore.static.colours import colours_of, rgba
from hrlib.explore.static.scatter import draw_errors, error_ends
from hrlib.explore.static.spec import get
from hrlib.explore.static.text import Text


def prepare(scene, traces: list[dict]) -> None:
    """Leave in each bar trace where its bars stand: `_bars`, columns of first, last (along the positions), base and top."""
    groups = defaultdict(list)
    for trace in traces:
        if trace["type"] == "bar":
            x, y = scene.axes_of(trace)
            trace["_lying"] = get(trace, "orientation", "v") == "h"
            groups[x.name, y.name, trace["_lying"]].append(trace)
    for group in groups.values():
        _place(scene, group)


def _place(scene, group: list[dict]) -> None:
    manner = get(scene.layout, "barmode", "group")
    along, across = _axes(scene, group[0])
    places, sizes = [], []
    for trace in group:
        position, size = ("y", "x") if trace["_lying"] else ("x", "y")
        size_values = across.numbers(trace[size])
        given = get(trace, position)
        places.append(along.numbers(range(len(size_values)) if given is None else given)[: len(size_values)])
        sizes.append(size_values[: len(places[-1])])
    known = np.unique(np.concatenate(places))
    apart = float(np.diff(known[np.isfinite(known)]).min(initial=np.inf)) if len(known) > 1 else 1.0
    room = apart * (1 - float(get(scene.layout, "bargap", 0.2)))
    beside = manner == "group"
    width = room / (len(group) if beside else 1)
    inner = width * (1 - float(get(scene.layout, "bargroupgap", 0)))
    stacks: dict[tuple[float, bool], float] = defaultdict(float)
    for number, (trace, at, size) in enumerate(zip(group, places, sizes, strict=True)):
        base = (
            np.zeros(len(at))
            if get(trace, "base") is None
            else np.broadcast_to(np.asarray(trace["base"], float), len(at))
        )
        if manner in ("stack", "relative"):
            base = np.zeros(len(at))
            for row, (place, value) in enumerate(zip(at, np.nan_to_num(size), strict=True)):
                base[row] = stacks[place, value < 0]
                stacks[place, value < 0] += value
        wide = np.broadcast_to(np.asarray(get(trace, "width", inner), float), len(at))
        middle = at + ((number - (len(group) - 1) / 2) * width if beside else 0)
        first = at + np.asarray(trace["offset"], float) if get(trace, "offset") is not None else middle - wide / 2
        trace["_apart"], trace["_middle"] = apart, at
        trace["_bars"] = np.column_stack([first, first + wide, base, base + size])


def _axes(scene, trace: dict) -> tuple[Axis, Axis]:
    """The axis of the positions and that of the sizes."""
    x, y = scene.axes_of(trace)
    return (y, x) if trace["_lying"] else (x, y)


def reach(trace: dict, axes: tuple[Axis, Axis]) -> tuple[Reach, Reach]:
    first, last, base, top = trace["_bars"].T
    half, middle = trace["_apart"] / 2, trace["_middle"]
    along = Reach(float(np.nanmin([first, middle - half])), float(np.nanmax([last, middle + half])), pad=False)
    errors = error_ends(trace, axes[0] if trace["_lying"] else axes[1], top)
    across = Reach(float(np.nanmin([base, top, *errors])), float(np.nanmax([base, top, *errors])), zero=True)
    return (across, along) if trace["_lying"] else (along, across)


def boxes(scene, trace: dict) -> list[tuple[float, float, float, float]]:
    """left, top, right, bottom of each bar in pixels."""
    along, across = _axes(scene, trace)
    found = []
    for first, last, base, top in trace["_bars"]:
        sides = sorted(map(float, along.pixels([first, last]))), sorted(map(float, across.pixels([base, top])))
        (left, right), (above, below) = sides[::-1] if trace["_lying"] else sides
        found.append((left, above, right, below))
    return found


def draw(scene, trace: dict) -> None:
    axes, marker = scene.axes_of(trace), trace.get("marker", {})
    clip, opacity = scene.area(axes), float(get(trace, "opacity", 1))
    bars = boxes(scene, trace)
    fill = colours_of(marker, len(bars), trace["_colour"], scene.layout)
    fill[:, 3] *= np.asarray(get(marker, "opacity", 1.0), float) * opacity
    edge = colours_of(marker.get("line", {}), len(bars), "#444444", scene.layout)
    width = np.broadcast_to(np.asarray(get(marker, "line.width", 0), float), len(bars))
    shapes = get(marker, "pattern.shape", "")
    texts = get(trace, "text")
    for number, bar in enumerate(bars):
        if not np.isfinite(bar).all():
            continue
        shape = shapes if isinstance(shapes, str) else shapes[number]
        face(scene, marker, shape, bar, fill[number], clip)
        scene.canvas.box(bar, None, edge[number], width[number], clip=clip)
        if texts is not None and get(trace, "textposition", "auto") != "none":
            text = texts if isinstance(texts, str) else texts[number]
            _label(scene, trace, str(text), bar, fill[number], trace["_bars"][number])
    middle, ends = trace["_bars"][:, :2].mean(1), trace["_bars"][:, 3]
    numbers = (ends, middle) if trace["_lying"] else (middle, ends)
    draw_errors(scene, trace, axes, numbers, "#444444")


def face(scene, marker: dict, shape: str, box, fill, clip=None) -> None:
    """The inside of a bar: its colour, with a pattern over it or, in plotly's other manner, a pattern of its colour."""
    over = get(marker, "pattern.fillmode", "replace") == "overlay"
    if not shape or over:
        scene.canvas.box(box, fill, clip=clip)
    elif behind := get(marker, "pattern.bgcolor"):
        scene.canvas.box(box, rgba(behind), clip=clip)
    if shape:
        colour = get(marker, "pattern.fgcolor")
        own = (*fill[:3], 1.0) if not over else (0.27, 0.27, 0.27, 1.0)
        red, green, blue, alpha = rgba(colour) if colour else own
        scene.canvas.hatched(box, shape, (red, green, blue, alpha * float(get(marker, "pattern.fgopacity", 1))), clip)


def _label(scene, trace: dict, text: str, bar, fill, numbers) -> None:
    if not text:
        return
    left, top, right, bottom = bar
    laid, font, place = _fitting(scene, trace, text, bar, fill)
    backwards = numbers[3] < numbers[2]
    if place == "inside":
        side = {"start": -1, "middle": 0, "end": 1}[get(trace, "insidetextanchor", "end")] * (-1 if backwards else 1)
        x, y, xanchor, yanchor = (left + right) / 2, (top + bottom) / 2, "center", "middle"
        if trace["_lying"] and side:
            x, xanchor = (right - 3, "right") if side > 0 else (left + 3, "left")
        elif side:
            y, yanchor = (top + 3, "top") if side > 0 else (bottom - 3, "bottom")
    elif trace["_lying"]:
        x, y, xanchor, yanchor = (
            (left - 3, (top + bottom) / 2, "right", "middle")
            if backwards
            else (right + 3, (top + bottom) / 2, "left", "middle")
        )
    else:
        x, y, xanchor, yanchor = (
            ((left + right) / 2, bottom + 3, "center", "top")
            if backwards
            else ((left + right) / 2, top - 3, "center", "bottom")
        )
    if font["size"] >= 5:
        laid.draw(x, y, xanchor, yanchor, clip=scene.area(scene.axes_of(trace)))


def _fitting(scene, trace: dict, text: str, bar, fill) -> tuple[Text, dict, str]:
    """The text in its place, inside or outside of its bar, made smaller where it is too large for the inside."""
    left, top, right, bottom = bar
    dark = 0.299 * fill[0] + 0.587 * fill[1] + 0.114 * fill[2] < 0.55
    inner = {"color": "white" if dark else "#444444"}
    font = {**scene.layout["font"], **get(trace, "textfont", {})}
    font["size"] = float(font["size"]) if isinstance(font["size"], int | float) else 12.0
    inside = {**font, **inner, **get(trace, "textfont", {}), **get(trace, "insidetextfont", {})}
    laid = Text(scene.canvas, text, inside)
    share = min(1.0, (right - left - 6) / max(laid.width, 1), (bottom - top) / max(laid.height, 1))
    place = get(trace, "textposition", "auto")
    if place == "outside" or (place == "auto" and share < 1):
        outside = {**font, **get(trace, "outsidetextfont", {})}
        return Text(scene.canvas, text, outside), outside, "outside"
    inside["size"] *= max(share, 0.0)
    return (Text(scene.canvas, text, inside) if share < 1 else laid), inside, "inside"
