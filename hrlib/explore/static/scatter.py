"""scatter and scattergl: marks, lines, filled areas, error bars and texts."""

from __future__ import annotations

import numpy as np

from hrlib.explore.static.axes import Axis, Reach
from hrlib.explore.static.colours import colours_of, rgba
from hrlib.explore.static.spec import get
from hrlib.explore.static.text import Text


def mode(trace: dict) -> str:
    """What is drawn: plotly's own choice where the trace does not say."""
    given = get(trace, "mode")
    return given or ("lines+markers" if _length(trace) < 20 else "lines")


def _length(trace: dict) -> int:
    x, y = get(trace, "x"), get(trace, "y")
    return min(len(column) for column in (x, y) if column is not None)


def columns(trace: dict) -> tuple:
    """x and y; the one that is not given counts from x0 (y0) in steps of dx (dy)."""
    x, y = get(trace, "x"), get(trace, "y")
    count = _length(trace)
    made = [
        float(get(trace, f"{letter}0", 0)) + float(get(trace, f"d{letter}", 1)) * np.arange(count) for letter in "xy"
    ]
    return (made[0] if x is None else x[:count]), (made[1] if y is None else y[:count])


def reach(trace: dict, axes: tuple[Axis, Axis]) -> tuple[Reach, Reach]:
    drawn, found = mode(trace), []
    for axis, values in zip(axes, columns(trace), strict=True):
        numbers = axis.numbers(values)
        low, high = error_ends(trace, axis, numbers)
        ends = [part[np.isfinite(part)] for part in (numbers, low, high)]
        ends = np.concatenate(ends)
        zero = get(trace, "fill") == f"tozero{axis.letter}"
        if zero:
            ends = np.append(ends, 0.0)
        marks = "markers" in drawn or "text" in drawn
        radius = float(np.max(get(trace, "marker.size", 6), initial=0)) / 2 if "markers" in drawn else 0.0
        edge = (float(ends.min()), float(ends.max())) if len(ends) else (np.nan, np.nan)
        found.append(Reach(*edge, pad=marks or axis.letter == "y", zero=zero, radius=radius))
    return found[0], found[1]


def error_ends(trace: dict, axis: Axis, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of each error bar in units of the axis; the numbers themselves where there are none."""
    spec = get(trace, f"error_{axis.letter}")
    if not spec or not spec.get("visible", True) or axis.kind == "category":
        return numbers, numbers
    raw = 10**numbers if axis.kind == "log" else numbers
    up, down = _sizes(spec, "array", raw), _sizes(spec, "arrayminus", raw)
    if spec.get("symmetric", "arrayminus" not in spec and "valueminus" not in spec):
        down = up
    return axis.numbers(raw - down), axis.numbers(raw + up)


def _sizes(spec: dict, name: str, raw: np.ndarray) -> np.ndarray:
    minus = name.removeprefix("array")
    kind = spec.get("type", "data" if "array" in spec else "percent")
    if kind == "data":
        given = spec.get(name)
        return np.zeros(len(raw)) if given is None else np.array([np.nan_to_num(e or 0.0) for e in given], float)
    value = float(spec.get(f"value{minus}", spec.get("value", 10)))
    size = {"percent": np.abs(raw) * value / 100, "sqrt": np.sqrt(np.abs(raw))}.get(kind)
    return np.full(len(raw), value) if size is None else size


def draw(scene, trace: dict) -> None:
    axes = scene.axes_of(trace)
    numbers = [axis.numbers(values) for axis, values in zip(axes, columns(trace), strict=True)]
    x, y = (axis.pixels(column) for axis, column in zip(axes, numbers, strict=True))
    clip, opacity, drawn = scene.area(axes), float(get(trace, "opacity", 1)), mode(trace)
    colour = main_colour(trace)
    if get(trace, "fill", "none") != "none":
        _fill(scene, trace, axes, x, y, colour)
    if "lines" in drawn:
        line = rgba(get(trace, "line.color", colour), opacity)
        across, down = _shaped(x, y, get(trace, "line.shape", "linear"))
        if get(trace, "connectgaps"):
            across, down = (side[np.isfinite(across) & np.isfinite(down)] for side in (across, down))
        scene.canvas.line(
            across, down, line, float(get(trace, "line.width", 2)), get(trace, "line.dash", "solid"), clip
        )
    draw_errors(scene, trace, axes, numbers, colour)
    if "markers" in drawn:
        marks(scene.canvas, trace.get("marker", {}), x, y, colour, opacity, clip, scene.layout)
    if "text" in drawn and get(trace, "text") is not None:
        _texts(scene, trace, axes, x, y, opacity)


def main_colour(trace: dict) -> str:
    """The one colour of a trace: of its marks or else its line; the scene has set marker.color from the colourway."""
    colour = get(trace, "marker.color")
    return colour if isinstance(colour, str) else get(trace, "line.color", trace["_colour"])


def marks(canvas, marker: dict, x, y, colour: str, opacity: float, clip, layout: dict) -> None:
    """Draw marks at pixels, each with its own symbol, size, colour, outline and opacity where these are lists."""
    shown = np.isfinite(x) & np.isfinite(y)
    own = opacity_of(marker)
    fill = colours_of(marker, len(x), colour, layout)
    fill[:, 3] *= np.asarray(own, float) * opacity
    outline = colours_of(marker.get("line", {}), len(x), "#444444", layout)
    outline[:, 3] *= np.asarray(own, float) * opacity
    size = np.broadcast_to(_diameters(marker), len(x))
    width = np.broadcast_to(np.asarray(get(marker, "line.width", 0), float), len(x))
    symbols = get(marker, "symbol", "circle")
    symbols = np.array([symbols] * len(x) if isinstance(symbols, str | int) else list(symbols), dtype=object)
    for symbol in dict.fromkeys(symbols.tolist()):
        chosen = shown & (symbols == symbol) & (size > 0)
        if chosen.any():
            canvas.markers(
                x[chosen], y[chosen], symbol, size[chosen], fill[chosen], outline[chosen], width[chosen], clip
            )


def opacity_of(marker: dict):
    """Of the marks: plotly lets those of different sizes shine through."""
    size = get(marker, "size", 6)
    return get(marker, "opacity", 1.0 if isinstance(size, int | float) else 0.7)


def _diameters(marker: dict) -> np.ndarray:
    size = np.nan_to_num(np.asarray(get(marker, "size", 6), float))
    share = size / float(get(marker, "sizeref", 1)) if size.ndim else size
    if size.ndim and get(marker, "sizemode") == "area":
        share = 2 * np.sqrt(share / 2)
    return np.maximum(share, float(get(marker, "sizemin", 0)) * 2 * (size > 0))


def draw_errors(scene, trace: dict, axes, numbers, colour: str) -> None:
    places = [axis.pixels(column) for axis, column in zip(axes, numbers, strict=True)]
    for number, axis in enumerate(axes):
        low, high = error_ends(trace, axis, numbers[number])
        if low is numbers[number]:
            continue
        spec = get(trace, f"error_{axis.letter}", {})
        stroke = rgba(get(spec, "color", colour)), float(get(spec, "thickness", 2))
        cap, across = float(get(spec, "width", 4)), places[1 - number]
        for first, last, place in zip(axis.pixels(low), axis.pixels(high), across, strict=True):
            strokes = [((first, last), (place, place))]
            strokes += [((end, end), (place - cap, place + cap)) for end in (first, last)]
            for along, beside in strokes:
                x, y = (along, beside) if axis.letter == "x" else (beside, along)
                scene.canvas.line(x, y, *stroke, "solid", scene.area(axes))


def _fill(scene, trace: dict, axes, x, y, colour: str) -> None:
    fill, keep = trace["fill"], np.isfinite(x) & np.isfinite(y)
    x, y = x[keep], y[keep]
    if fill.startswith("tonext") and scene.last_line is not None:
        before = scene.last_line
        x, y = np.append(x, before[0][::-1]), np.append(y, before[1][::-1])
    elif fill.startswith(("tozero", "tonext")) and len(x):
        across = fill.endswith("y")
        base = float((axes[1] if across else axes[0]).pixels(0.0))
        x = np.concatenate([[x[0]], x, [x[-1]]]) if across else np.concatenate([[base], x, [base]])
        y = np.concatenate([[base], y, [base]]) if across else np.concatenate([[y[0]], y, [y[-1]]])
    inside = get(trace, "fillcolor")
    if len(x):
        scene.canvas.polygon(x, y, rgba(inside) if inside else rgba(colour, 0.5), clip=scene.area(axes))


def _shaped(x: np.ndarray, y: np.ndarray, shape: str) -> tuple[np.ndarray, np.ndarray]:
    if shape not in ("hv", "vh") or len(x) < 2:
        return x, y
    across, down = np.repeat(x, 2), np.repeat(y, 2)
    return (across[1:], down[:-1]) if shape == "hv" else (across[:-1], down[1:])


def _texts(scene, trace: dict, axes, x, y, opacity: float) -> None:
    texts, places = get(trace, "text"), get(trace, "textposition", "middle center")
    texts = [texts] * len(x) if isinstance(texts, str) else texts
    places = [places] * len(x) if isinstance(places, str) else places
    font = {**scene.layout["font"], **get(trace, "textfont", {})}
    size = (
        np.broadcast_to(_diameters(trace.get("marker", {})), len(x)) if "markers" in mode(trace) else np.zeros(len(x))
    )
    fonts = [{k: v if isinstance(v, str | int | float) else v[n] for k, v in font.items()} for n in range(len(x))]
    for number, text in enumerate(texts[: len(x)]):
        if text is None or text == "" or not np.isfinite([x[number], y[number]]).all():
            continue
        down, _, across = places[number].partition(" ")
        gap = size[number] / 2 + 3 if size[number] else 0
        shift_x = {"left": -gap, "right": gap}.get(across, 0)
        shift_y = {"top": -gap, "bottom": gap}.get(down, 0)
        anchors = (
            {"left": "right", "right": "left"}.get(across, "center"),
            {"top": "bottom", "bottom": "top"}.get(down, "middle"),
        )
        laid = Text(scene.canvas, str(text), fonts[number])
        laid.draw(x[number] + shift_x, y[number] + shift_y, *anchors, clip=scene.area(axes), opacity=opacity)
