"""heatmap: cells in the colours of a scale."""

from __future__ import annotations

import re

import numpy as np
from PIL import Image

from hrlib.explore.static import ticks
from hrlib.explore.static.axes import Axis, Reach
from hrlib.explore.static.colours import limits, merged_scale, scaled_colours
from hrlib.explore.static.spec import get
from hrlib.explore.static.text import Text


def prepare(trace: dict) -> None:
    z = [[np.nan if value is None else value for value in row] for row in trace["z"]]
    trace["_z"] = np.array(z, dtype=float).reshape(len(z), -1)
    if get(trace, "transpose"):
        trace["_z"] = trace["_z"].T


def edges(trace: dict, axis: Axis) -> np.ndarray:
    """The borders of the cells in units of the axis: between given middles, or as given."""
    count = trace["_z"].shape[0 if axis.letter == "y" else 1]
    given = get(trace, axis.letter)
    if given is None:
        first, step = float(get(trace, f"{axis.letter}0", 0)), float(get(trace, f"d{axis.letter}", 1))
        return first + step * (np.arange(count + 1) - 0.5)
    numbers = axis.numbers(given)
    if len(numbers) > count:
        return numbers[: count + 1]
    if len(numbers) < 2:
        return numbers[0] + np.array([-0.5, 0.5])
    between = (numbers[1:] + numbers[:-1]) / 2
    return np.concatenate([[2 * numbers[0] - between[0]], between, [2 * numbers[-1] - between[-1]]])


def reach(trace: dict, axes: tuple[Axis, Axis]) -> tuple[Reach, Reach]:
    found = [edges(trace, axis) for axis in axes]
    made = [Reach(float(ends.min()), float(ends.max()), pad=False) for ends in found]
    return made[0], made[1]


def scale(trace: dict, layout: dict) -> dict:
    """What the colours mean: colorscale, zmin, zmax, reversescale, and its bar."""
    spec = merged_scale(trace, layout)
    low, high = limits(trace["_z"], spec, "c" if "_shared" in spec else "z")
    colours = get(spec, "colorscale") or ("RdBu" if low < 0 < high else "Blues_r" if high <= 0 else "Reds")
    return {**spec, "colorscale": colours, "_low": low, "_high": high}


def draw(scene, trace: dict) -> None:
    axes = scene.axes_of(trace)
    x, y = (axis.pixels(edges(trace, axis)) for axis in axes)
    spec, clip = scale(trace, scene.layout), scene.area(axes)
    args = (spec["colorscale"], spec["_low"], spec["_high"], get(spec, "reversescale", False))
    colours = scaled_colours(trace["_z"], *args)
    colours[..., 3] *= float(get(trace, "opacity", 1))
    gap = float(get(trace, "xgap", 0)), float(get(trace, "ygap", 0))
    if not any(gap) and _even(x) and _even(y):
        flipped = colours[:: 1 if y[-1] > y[0] else -1, :: 1 if x[-1] > x[0] else -1]
        box = (min(x), min(y), max(x), max(y))
        picture = Image.fromarray((flipped * 255).round().astype(np.uint8), "RGBA")
        # many cells a pixel are averaged, few are drawn with their edges
        fewer = (box[2] - box[0]) * scene.canvas.scale < 2 * picture.width
        scene.canvas.image(picture, box, clip=clip, smooth=fewer)
    else:
        for row, column in np.ndindex(*trace["_z"].shape):
            left, right = sorted(x[column : column + 2])
            top, bottom = sorted(y[row : row + 2])
            cell = (left + gap[0] / 2, top + gap[1] / 2, right - gap[0] / 2, bottom - gap[1] / 2)
            scene.canvas.box(cell, colours[row, column], clip=clip)
    _texts(scene, trace, x, y, colours, clip)


def _even(edges: np.ndarray) -> bool:
    steps = np.diff(edges)
    return bool(np.allclose(steps, steps[0], rtol=1e-3))


def _texts(scene, trace: dict, x, y, colours, clip) -> None:
    template, texts = get(trace, "texttemplate"), get(trace, "text")
    if not template:
        return
    font = {**scene.layout["font"], **get(trace, "textfont", {})}
    for row, column in np.ndindex(*trace["_z"].shape):
        values = {"z": trace["_z"][row, column], "text": "" if texts is None else texts[row][column]}

        def value(found, values=values):
            this = values.get(found[1], "")
            return ticks.formatted(this, found[2]) if found[2] and not isinstance(this, str) else str(this)

        text = re.sub(r"%\{(\w+)(?::([^}]*))?\}", value, template)
        red, green, blue = colours[row, column, :3]
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        own = {**font, "color": get(trace, "textfont.color", "white" if dark else "#444444")}
        place = (x[column : column + 2].mean(), y[row : row + 2].mean())
        Text(scene.canvas, text, own).draw(*place, clip=clip)
