"""heatmap, and the bar of a colour scale."""

from __future__ import annotations

import re

import numpy as np
from PIL import Image

from hrlib.explore.static import ticks
from hrlib.explore.static.axes import Axis, Reach
from hrlib.explore.static.scatter import limits, merged_scale
from hrlib.explore.static.spec import get, merged, rgba, scaled_colours
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


def bars(scene, traces: list[dict]) -> list[dict]:
    """The colour bars that are shown, each once: colorscale, _low, _high, colorbar."""
    found = {}
    for number, trace in enumerate(traces):
        if trace["type"] == "heatmap":
            spec = scale(trace, scene.layout)
            if get(trace, "showscale", True):
                found[spec.get("_shared", number)] = spec
        elif isinstance(marker := trace.get("marker"), dict) and get(marker, "color") is not None:
            spec = merged_scale(marker, scene.layout)
            values = marker["color"]
            numeric = not isinstance(values, str) and not any(isinstance(value, str) for value in values)
            if numeric and get(spec, "showscale", "_shared" in spec):
                low, high = limits(np.array(values, float), spec, "c")
                spec = {**spec, "colorscale": get(spec, "colorscale", "Viridis"), "_low": low, "_high": high}
                found[spec.get("_shared", number)] = spec
    return list(found.values())


class ColourBar:
    """A bar beside the plot, upright, with its ticks and title."""

    def __init__(self, scene, spec: dict):
        self.scene, self.spec, self.bar = (
            scene,
            spec,
            merged({"x": 1.02, "y": 0.5, "len": 1, "thickness": 30}, get(spec, "colorbar", {})),
        )
        self.font = {**scene.layout["font"], **get(self.bar, "tickfont", {})}
        self.axis = Axis("y", "colorbar", self.bar, range=(spec["_low"], spec["_high"]))

    def _settle(self):
        left, top, right, bottom = self.scene.box
        height = (bottom - top) * float(self.bar["len"])
        middle = bottom - float(self.bar["y"]) * (bottom - top)
        title = get(self.bar, "title.text", "")
        self.title = (
            Text(
                self.scene.canvas,
                title,
                {**self.font, "size": 1.2 * self.font["size"], **get(self.bar, "title.font", {})},
            )
            if title
            else None
        )
        beside = get(self.bar, "title.side", "top") == "right"
        self.head = self.title.height + 4 if self.title and not beside else 0
        self.axis.start, self.axis.end = middle + height / 2 - 10, middle - height / 2 + 10 + self.head
        self.left = left + float(self.bar["x"]) * (right - left) + float(get(self.bar, "xpad", 10))
        self.texts = [(value, Text(self.scene.canvas, text, self.font)) for value, text in ticks.ticks(self.axis)]
        self.thick = float(self.bar["thickness"])
        self.wide = self.thick + 6 + max((text.width for _, text in self.texts), default=0)
        self.beside = beside and self.title is not None

    def right(self) -> float:
        """The pixel where it ends."""
        self._settle()
        side = self.title.height + 4 if self.beside else 0
        return self.left + max(self.wide + side, 0 if self.beside or not self.title else self.title.width) + 4

    def draw(self) -> None:
        self._settle()
        low, high = self.axis.range
        scale = scaled_colours(
            np.linspace(high, low, 256)[:, None],
            self.spec["colorscale"],
            low,
            high,
            get(self.spec, "reversescale", False),
        )
        picture = Image.fromarray((scale * 255).round().astype(np.uint8), "RGBA")
        box = (self.left, self.axis.end, self.left + self.thick, self.axis.start)
        self.scene.canvas.image(picture, box)
        if width := float(get(self.bar, "outlinewidth", 1)):
            self.scene.canvas.box(box, None, rgba(get(self.bar, "outlinecolor", "#444444")), width)
        for value, text in self.texts:
            text.draw(self.left + self.thick + 4, float(self.axis.pixels(value)), "left", "middle")
        if self.beside:
            self.title.draw(
                self.left + self.wide + 4, (self.axis.start + self.axis.end) / 2, "center", "bottom", angle=90
            )
        elif self.title:
            self.title.draw(self.left, self.axis.end - 4, "left", "bottom")
