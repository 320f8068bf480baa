"""sankey: nodes in columns by their distance from the sources, bands as wide as their values."""

from __future__ import annotations

import numpy as np
from matplotlib.path import Path

from hrlib.explore.static.colours import rgba
from hrlib.explore.static.spec import get, merged
from hrlib.explore.static.text import Text


def columns(count: int, sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The longest way to each node, in links; nodes that lead nowhere stand in the last column."""
    depth = np.zeros(count, dtype=int)
    for _ in range(count):  # a circle of links would never settle: it stops after as many rounds as there are nodes
        further = depth.copy()
        np.maximum.at(further, targets, depth[sources] + 1)
        if (further == depth).all():
            break
        depth = np.minimum(further, count - 1)
    depth[~np.isin(np.arange(count), sources)] = depth.max(initial=0)
    return depth


def draw(scene, trace: dict) -> None:
    link = merged({"source": [], "target": [], "value": []}, trace.get("link", {}))
    sources, targets = (np.asarray(link[end], dtype=int) for end in ("source", "target"))
    values = np.asarray(link["value"], float)
    named = get(trace, "node.label", [])
    count = max([len(named), *(sources + 1), *(targets + 1)])
    boxes, a_value = _boxes(scene.domain(trace), get(trace, "node", {}), count, sources, targets, values)
    _bands(scene, trace, link, boxes, a_value, sources, targets, values)
    colours = get(trace, "node.color")
    font = {**scene.layout["font"], **get(trace, "textfont", {})}
    way = scene.layout["colorway"]
    used = np.zeros(count)
    np.add.at(used, sources, values)
    np.add.at(used, targets, values)
    last = max((box[2] for box in boxes), default=0)
    for number, box in enumerate(boxes):
        if not used[number]:
            continue  # a node that nothing comes to or leaves is not drawn by plotly either
        colour = way[number % len(way)] if colours is None else colours if isinstance(colours, str) else colours[number]
        edge = rgba(get(trace, "node.line.color", "#444444")), float(get(trace, "node.line.width", 0.5))
        scene.canvas.box(box, rgba(colour), *edge)
        if number < len(named):
            end = box[2] >= last - 0.5 and box[0] > scene.domain(trace)[0] + 1
            x, anchor = (box[0] - 4, "right") if end else (box[2] + 4, "left")
            Text(scene.canvas, str(named[number]), font).draw(x, (box[1] + box[3]) / 2, anchor)


def _boxes(domain, node: dict, count, sources, targets, values) -> tuple[list, float]:
    """left, top, right, bottom of each node, and the height of a value of 1: the fullest column fills the height."""
    left, top, right, bottom = domain
    depth = columns(count, sources, targets)
    flow = [np.bincount(ends, values, count) for ends in (sources, targets)]
    size = np.maximum(*flow)
    thick, pad = float(get(node, "thickness", 20)), float(get(node, "pad", 20))
    tallest = max(
        (int(((depth == column) & (size > 0)).sum()) for column in range(depth.max(initial=0) + 1)), default=1
    )
    pad = min(pad, (bottom - top) / 2 / max(tallest - 1, 1))
    filled = [
        (size[depth == c].sum(), max(((depth == c) & (size > 0)).sum() - 1, 0)) for c in range(depth.max(initial=0) + 1)
    ]
    a_value = min(((bottom - top - gaps * pad) / total for total, gaps in filled if total), default=1.0)
    places_x, places_y = get(node, "x"), get(node, "y")
    boxes = [(0.0, 0.0, 0.0, 0.0)] * count
    for column in range(depth.max(initial=0) + 1):
        members = [n for n in np.flatnonzero(depth == column) if size[n] > 0]
        if places_y is not None:
            members.sort(key=lambda n: places_y[n])
        height = a_value * size[members].sum() + pad * (len(members) - 1)
        y = top + (bottom - top - height) / 2
        for n in members:
            share = column / max(depth.max(), 1) if places_x is None else min(max(float(places_x[n]), 0), 1)
            x = left + share * (right - left - thick)
            boxes[n] = (x, y, x + thick, y + a_value * size[n])
            y += a_value * size[n] + pad
    return boxes, a_value


def _bands(scene, trace: dict, link: dict, boxes, a_value, sources, targets, values) -> None:
    """At each node the bands lie in the order of their other ends, so that few cross."""
    colours = get(link, "color", "rgba(0,0,0,0.2)")
    starts, ends = {}, {}
    for places, own, other in ((starts, sources, targets), (ends, targets, sources)):
        offset = [box[1] for box in boxes]
        for number in sorted(range(len(values)), key=lambda n, own=own, other=other: (own[n], boxes[other[n]][1])):
            places[number] = offset[own[number]]
            offset[own[number]] += a_value * values[number]
    for number, value in enumerate(values):
        if value <= 0:
            continue
        x0, x1, high = boxes[sources[number]][2], boxes[targets[number]][0], a_value * value
        a, b, middle = starts[number], ends[number], (x0 + x1) / 2
        points = [
            (x0, a),
            (middle, a),
            (middle, b),
            (x1, b),
            (x1, b + high),
            (middle, b + high),
            (middle, a + high),
            (x0, a + high),
            (x0, a),
        ]
        codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        colour = colours if isinstance(colours, str) else colours[number]
        scene.canvas.curve(points, codes, rgba(colour))
