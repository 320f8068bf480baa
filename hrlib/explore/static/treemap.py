"""treemap: rectangles within rectangles, areas by value, as square as they can be."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from hrlib.errors import HrlibError
from hrlib.explore.static.colours import limits, rgba, scaled_colours
from hrlib.explore.static.spec import get
from hrlib.explore.static.text import Text

Box = tuple[float, float, float, float]


def squarify(values: list[float], box: Box) -> list[Box]:
    """Boxes with areas in proportion to values (descending), Bruls, Huizing and van Wijk 2000: rows along the shorter side."""
    left, top, right, bottom = box
    scale = (right - left) * (bottom - top) / (sum(values) or 1.0)
    areas, boxes = [value * scale for value in values], []
    while areas:
        wide, high = right - left, bottom - top
        side = min(wide, high)
        count, best = 1, _worst(areas[:1], side)
        while count < len(areas) and (worse := _worst(areas[: count + 1], side)) <= best:
            count, best = count + 1, worse
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
    total = sum(row)
    return (
        max(max(side**2 * area / total**2, total**2 / (side**2 * area)) for area in row)
        if total and side and min(row) > 0
        else np.inf
    )


def draw(scene, trace: dict) -> None:
    labels = [str(label) for label in get(trace, "labels", [])]
    ids = [str(name) for name in get(trace, "ids", labels)]
    parents = ["" if parent is None else str(parent) for parent in get(trace, "parents", [""] * len(ids))]
    children = defaultdict(list)
    for number, parent in enumerate(parents):
        children[parent].append(number)
    unknown = [parent for parent in children if parent and parent not in set(ids)]
    if unknown:
        raise HrlibError(
            f"a treemap's parent {unknown[0]!r} is no id of its own: expected one of {len(ids)} ids, or '' for a root"
        )
    totals = _totals(trace, ids, children)
    tree = Tree(scene, trace, labels, ids, children, totals)
    box = scene.domain(trace)
    if len(children[""]) > 1:  # plotly puts several roots into one of its own
        if tree.scaled:
            scene.canvas.box(box, rgba("#444444"))
        box = tree.inside(box)
    tree.fill(box, children[""], None)


def _totals(trace: dict, ids: list[str], children: dict) -> list[float]:
    given = get(trace, "values")
    given = [None] * len(ids) if given is None else [None if v is None else float(v) for v in given]
    whole = get(trace, "branchvalues", "remainder") == "total"
    known: dict[int, float] = {}

    def total(number: int) -> float:
        if number not in known:
            below = sum(map(total, children.get(ids[number], [])))
            own = given[number]
            known[number] = (own if own is not None else below or 1.0) if whole else (own or 0.0) + below
            if given[number] is None and not below:
                known[number] = 1.0
        return known[number]

    return [total(number) for number in range(len(ids))]


class Tree:
    """Draws a node, then its children inside."""

    def __init__(self, scene, trace: dict, labels, ids, children, totals):
        self.scene, self.trace, self.labels, self.ids, self.children, self.totals = (
            scene,
            trace,
            labels,
            ids,
            children,
            totals,
        )
        self.font = {**scene.layout["font"], **get(trace, "textfont", {})}
        self.pad = float(get(trace, "tiling.pad", 3))
        colours, scale = get(trace, "marker.colors"), get(trace, "marker.colorscale")
        if colours is None and scale is not None:
            colours = totals
        self.scaled = colours is not None and not any(isinstance(colour, str) for colour in colours)
        self.faded = get(trace, "marker.depthfade", colours is None)
        if self.scaled:
            numbers = np.array([np.nan if c is None else c for c in colours], float)
            ends = limits(numbers, trace["marker"], "c")
            colours = scaled_colours(numbers, scale or "Reds", *ends, get(trace, "marker.reversescale", False))
        self.colours = colours
        self.way = get(scene.layout, "treemapcolorway", scene.layout["colorway"])

    def inside(self, box: Box) -> Box:
        """What a node leaves to its children below its heading."""
        left, top, right, bottom = box
        size = float(self.font["size"])
        return left + size / 2, top + 2 * size, right - size / 2, bottom - size / 2

    def fill(self, box: Box, members: list[int], colour) -> None:
        """Draw nodes side by side; a node without a colour of its own has its parent's, a root one of the colourway."""
        members = sorted((n for n in members if self.totals[n] > 0), key=lambda n: -self.totals[n])
        half = self.pad / 2
        grown = (box[0] - half, box[1] - half, box[2] + half, box[3] + half)
        cells = squarify([self.totals[n] for n in members], grown)
        for place, (number, (left, top, right, bottom)) in enumerate(zip(members, cells, strict=True)):
            own = self.colours[number] if self.colours is not None else None
            if own is None or (isinstance(own, str) and not own):
                own = colour if colour is not None else self.way[place % len(self.way)]
            self._node(number, (left + half, top + half, right - half, bottom - half), own)

    def _height(self, number: int) -> int:
        below = self.children.get(self.ids[number], [])
        return 1 + max(map(self._height, below)) if below else 0

    def _node(self, number: int, box: Box, colour) -> None:
        left, top, right, bottom = box
        if right <= left or bottom <= top:
            return
        fill = np.array(rgba(colour) if isinstance(colour, str) else colour)
        if self.faded:  # 3/16 of white for each level below, as plotly's depthfade
            fill[:3] = 1 - (1 - fill[:3]) * (1 - 0.1875) ** self._height(number)
        edge = get(self.trace, "marker.line.color", "white"), float(get(self.trace, "marker.line.width", 1))
        self.scene.canvas.box(box, fill, rgba(edge[0]), edge[1])
        below = self.children.get(self.ids[number], [])
        self._label(number, box, fill, heading=bool(below))
        room = self.inside(box)
        if below and room[2] > room[0] and room[3] > room[1]:
            self.fill(room, below, colour)

    def _label(self, number: int, box: Box, fill, heading: bool) -> None:
        left, top, right, bottom = box
        parts = get(self.trace, "textinfo", "label").split("+")
        value = self.totals[number]
        share = value / (sum(self.totals[n] for n in self.children[""]) or 1)
        said = {
            "label": self.labels[number],
            "value": f"{value:,.6g}",
            "percent root": f"{share:.0%}",
            "percent entry": f"{share:.0%}",
        }
        texts = get(self.trace, "text")
        said["text"] = "" if texts is None else str(texts[number])
        lines = [said[part] for part in parts if said.get(part)]
        text = "<br>".join(lines[:1] if heading else lines)
        dark = 0.299 * fill[0] + 0.587 * fill[1] + 0.114 * fill[2] < 0.55
        font = {**self.font, "color": get(self.trace, "textfont.color", "white" if dark else "#444444")}
        laid = Text(self.scene.canvas, text, font)
        room = (right - left - 6) / max(laid.width, 1), (bottom - top - 2) / laid.height
        if min(room) < 1 and not heading:
            font["size"] = float(font["size"]) * min(room)
            laid = Text(self.scene.canvas, text, font)
        if font["size"] >= 6:
            laid.draw(left + 4, top + 2, "left", "top", clip=box)
