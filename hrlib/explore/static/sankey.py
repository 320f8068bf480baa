"""sankey: sources on the left, targets on the right, bands between them as wide as their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from hrlib.errors import HrlibError
from hrlib.explore.static.spec import get, plain
from hrlib.explore.static.style import rgba

CURVE = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]


def draw(axes: Axes, trace: dict, wide: float, high: float) -> None:
    """On axes of so many pixels, with their origin in the upper left corner."""
    sources, targets = (np.asarray(get(trace, f"link.{end}", []), int) for end in ("source", "target"))
    values = np.asarray(get(trace, "link.value", []), float)
    if both := set(sources) & set(targets):
        raise HrlibError(f"node {min(both)} is a source and a target: a PNG's sankey has one column of each")
    pad, thick = get(trace, "node.pad", 20), get(trace, "node.thickness", 20)
    sides = [np.unique(ends) for ends in (sources, targets)]
    unit = (high - pad * (max(map(len, sides)) - 1)) / max(values.sum(), 1e-12)  # pixels of a value of 1
    names, colours = get(trace, "node.label", []), get(trace, "node.color", "#808080")
    tops: dict[int, float] = {}
    for side, (members, ends) in enumerate(zip(sides, (sources, targets), strict=True)):
        x, heights = (wide - thick) * side, [unit * values[ends == node].sum() for node in members]
        y = (high - sum(heights) - pad * (len(members) - 1)) / 2
        for node, height in zip(members, heights, strict=True):
            tops[node] = y
            colour = colours if isinstance(colours, str) else colours[node]
            axes.add_patch(Rectangle((x, y), thick, height, fc=rgba(colour), lw=0, zorder=2))
            place = (x - 4, "right") if side else (x + thick + 4, "left")
            name = plain(names[node]) if len(names) else ""
            axes.text(place[0], y + height / 2, name, ha=place[1], va="center_baseline", zorder=3)
            y += height + pad
    starts, stops = _offsets(sources, targets, values * unit, tops), _offsets(targets, sources, values * unit, tops)
    colours = get(trace, "link.color", "rgba(0,0,0,0.2)")
    paper = np.array(axes.figure.get_facecolor())
    for number in np.argsort(-values, kind="stable"):
        a, b, x0, x1, height = starts[number], stops[number], thick, wide - thick, unit * values[number]
        over = [(x0, a), (wide / 2, a), (wide / 2, b), (x1, b)]
        under = [(x, y + height) for x, y in over[::-1]]
        colour = np.array(rgba(colours if isinstance(colours, str) else colours[number]))
        # as pale, but neither transparent nor with soft edges: bands that cross would have thousands of colours, and 110 kB instead of 45
        pale = colour[3] * colour[:3] + (1 - colour[3]) * paper[:3]
        band = Path([*over, *under, over[0]], CURVE)
        axes.add_patch(PathPatch(band, fc=pale, lw=0, zorder=1, antialiased=False))


def _offsets(own: np.ndarray, other: np.ndarray, heights: np.ndarray, tops: Mapping[Any, float]) -> np.ndarray:
    """Where each band begins at its own node: in the order of the other ends, so that few cross."""
    begins, offset = np.zeros(len(own)), dict(tops)
    for number in sorted(range(len(own)), key=lambda n: tops[other[n]]):
        begins[number] = offset[own[number]]
        offset[own[number]] += heights[number]
    return begins
