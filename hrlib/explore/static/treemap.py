"""treemap: rectangles within rectangles, areas by value, as square as they can be."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hrlib.errors import HrlibError
from hrlib.explore.static.spec import get, plain
from hrlib.explore.static.style import rgba

Box = tuple[float, float, float, float]  # left, top, right, bottom
LEAST = 7  # pixels: smaller text cannot be read


class Tree:
    """Draws nodes on axes whose unit is a pixel and whose y goes down; all below a root have its colour."""

    def __init__(self, axes: Axes, trace: dict, way: tuple[str, ...], size: float):
        self.axes, self.way, self.size = axes, way, size
        self.labels, self.values = get(trace, "labels", []), get(trace, "values", [])
        self.ids, parents = get(trace, "ids", self.labels), get(trace, "parents", [])
        if get(trace, "branchvalues") != "total" or not len(self.ids) == len(parents) == len(self.values):
            raise HrlibError('a treemap: expected branchvalues="total", and of each node an id, a parent and a value')
        if unknown := sorted(set(parents) - set(self.ids) - {""}):
            there = f"expected one of {len(self.ids)} ids, or '' for a root"
            raise HrlibError(f"a treemap's parent {unknown[0]!r} is no id of its own: {there}")
        self.parts = get(trace, "textinfo", "label").split("+")
        self.children = defaultdict(list)
        for number in np.argsort(-np.asarray(self.values, float), kind="stable"):
            self.children[parents[number]].append(number)

    def draw(self, parent: str, box: Box, colour: str | None = None) -> None:
        """The nodes below a parent."""
        below = self.children[parent]
        for place, (number, cell) in enumerate(zip(below, squarify([self.values[n] for n in below], box), strict=True)):
            own = colour or self.way[place % len(self.way)]
            left, top, right, bottom = cell[0] + 1, cell[1] + 1, cell[2] - 1, cell[3] - 1
            if right - left < 1 or bottom - top < 1:
                continue
            fill = np.array(rgba(own)[:3])
            fill = 1 - (1 - fill) * 0.8 ** self._levels(self.ids[number])  # paler, the more levels lie in it
            self.axes.add_patch(Rectangle((left, top), right - left, bottom - top, fc=fill, lw=0, zorder=2))
            self._label(number, (left, top, right, bottom), fill)
            inside = (left + 5, top + 1.7 * self.size, right - 5, bottom - 5)
            if self.children[self.ids[number]] and inside[2] > inside[0] and inside[3] > inside[1]:
                self.draw(self.ids[number], inside, own)

    def _levels(self, parent: str) -> int:
        return max((1 + self._levels(self.ids[child]) for child in self.children[parent]), default=0)

    def _label(self, number: int, box: Box, fill: np.ndarray) -> None:
        """The name and, in a leaf, the value below it: as small as the room wants, or not at all."""
        said = {"label": plain(self.labels[number]), "value": f"{self.values[number]:,.6g}"}
        heading = bool(self.children[self.ids[number]])
        text = (" " if heading else "\n").join(said[part] for part in self.parts if part in said)
        colour = "white" if fill @ (0.299, 0.587, 0.114) < 0.55 else "#222222"
        style: dict[str, Any] = {"color": colour, "va": "top", "fontsize": self.size, "zorder": 3}
        written = self.axes.text(box[0] + 4, box[1] + 2, text, **style)
        extent = written.get_window_extent().transformed(self.axes.transData.inverted())
        wide, high = box[2] - box[0] - 8, 1.7 * self.size if heading else box[3] - box[1] - 4
        share = min(wide / max(extent.width, 1), high / max(abs(extent.height), 1), 1)
        written.set_fontsize(self.size * share)
        if self.size * share < LEAST:
            written.remove()


def squarify(values: list[float], box: Box) -> list[Box]:
    """Boxes with areas in proportion to values (descending), Bruls, Huizing and van Wijk 2000: rows along the shorter side."""
    left, top, right, bottom = box
    unit = (right - left) * (bottom - top) / (sum(values) or 1.0)
    areas, boxes = [value * unit for value in values], []
    while areas:
        wide, high = right - left, bottom - top
        side, count = min(wide, high), 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
            count += 1
        row, areas = areas[:count], areas[count:]
        thick = sum(row) / side if side > 0 else 0.0
        at = top if wide >= high else left
        for area in row:
            long = area / thick if thick > 0 else 0.0
            boxes.append((left, at, left + thick, at + long) if wide >= high else (at, top, at + long, top + thick))
            at += long
        left, top = (left + thick, top) if wide >= high else (left, top + thick)
    return boxes


def _worst(row: list[float], side: float) -> float:
    """The largest ratio of a box's sides in a row."""
    total = sum(row)
    if not total or not side or min(row) <= 0:
        return np.inf
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))
