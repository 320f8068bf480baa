"""The explorer's map: four traces, whatever it is coloured by, so that it changes by one message and a point is known by its row."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from hrlib.explore.colours import GREY
from hrlib.explore.legends import FOLDED, family_mark, folded
from hrlib.explore.theme import figure

if TYPE_CHECKING:
    from hrlib.explore.groups import Groups

TRACES = (
    "all items",
    "items",
    "chosen",
    "neighbours",
)  # the first in grey: seen where a filter takes an item from the second
# hollow: told apart from the items by their shape, and from each other; they cover no point
SHAPES = {"chosen": "diamond-open", "neighbours": "circle-open"}
# a width of its own: a figure in a box is drawn before it knows the box, and the gallery beside it takes what is left
FRAME = {"width": 560, "height": 520, "margin": {"l": 5, "r": 5, "t": 40, "b": 5}, "showlegend": False}
AXIS = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
SIGNS = {
    "circle": "●",
    "diamond": "◆",
    "triangle-up": "▲",
    "cross": "✚",
    "star": "★",
    "x": "✖",
    "square": "■",
    "triangle-down": "▼",
}


def draw(coordinates: np.ndarray, divided: Groups, allowed: np.ndarray) -> go.Figure:
    """The items (N, 2) in their groups' colours and marks, those that a filter does not allow in grey; nothing marked yet.

    `customdata` of the trace "items" holds the rows of its points.
    """
    drawn = figure(**FRAME, dragmode="lasso", hovermode="closest", xaxis=AXIS, yaxis={**AXIS, "scaleanchor": "x"})
    size = 8 if len(coordinates) <= 2_000 else 5 if len(coordinates) <= 12_000 else 3
    rows, grey = np.flatnonzero(allowed), {"color": GREY, "opacity": 0.35, "size": 0.7 * size}
    x, y = coordinates.T
    drawn.add_scattergl(x=x, y=y, name=TRACES[0], mode="markers", hoverinfo="skip", marker=grey)
    drawn.add_scattergl(
        x=coordinates[rows, 0],
        y=coordinates[rows, 1],
        name=TRACES[1],
        mode="markers",
        customdata=rows.astype(np.int32),
        hovertemplate="row %{customdata}<extra></extra>",
        marker={"size": size, "opacity": 0.85, "line": {"width": 0}, "showscale": False, **_marker(divided, rows)},
    )
    return drawn.add_traces(marks(coordinates, (), ()))


def marks(coordinates: np.ndarray, chosen: Sequence[int], neighbours: Sequence[int]) -> list[go.Scatter]:
    """Two traces: hollow diamonds around the chosen items, small where they are many, and hollow circles around their neighbours.

    They are SVG: plotly.js does not draw a WebGL trace that was empty at first.
    """
    ink = figure().layout.template.layout.font.color
    traces = []
    for (name, shape), rows in zip(SHAPES.items(), (chosen, neighbours), strict=True):
        places = coordinates[np.asarray(rows, dtype=np.int64)]
        size = 18 if name == "chosen" and len(rows) == 1 else 8 if name == "chosen" else 12
        traces.append(
            go.Scatter(
                x=places[:, 0],
                y=places[:, 1],
                name=name,
                mode="markers",
                hoverinfo="skip",  # the pointer meets the items below
                marker={"symbol": shape, "size": size, "color": ink, "line": {"width": 2, "color": ink}},
                unselected={"marker": {"opacity": 1}},
            )
        )
    return traces


def legend(divided: Groups) -> str:
    """The groups' names with their colours and marks, as HTML; the families' where the groups are many."""
    fold = folded(divided)
    names = divided.family_names if fold else divided.names
    marks = [family_mark(divided, family) for family in range(len(names))] if fold else divided.marks
    shown = zip(names, divided.family_colours if fold else divided.colours, marks, strict=True)
    entries = [
        f'<span style="white-space:nowrap;margin-right:12px"><span style="color:{colour}">{SIGNS.get(mark, "○")}</span> {html.escape(str(name)[:32])}</span> '
        for name, colour, mark in list(shown)[:FOLDED]
    ]
    rest = f"and {len(names) - FOLDED} more" if len(names) > FOLDED else ""
    shades = f"; shades: {divided.by}" if fold else ""
    by = html.escape((divided.families_are if fold else divided.by) + shades)
    return f'<div style="font-size:12px;line-height:1.5;max-width:550px"><b>{by}</b> {"".join(entries)}{rest}<br>◇ chosen&ensp;○ its neighbours</div>'


def _marker(divided: Groups, rows: np.ndarray) -> dict[str, Any]:
    """Colours as numbers on a scale whose steps are the groups' colours: a tenth of the bytes of 50,000 names of colours."""
    last = max(len(divided) - 1, 1)
    stops = [[at / last, colour] for at, colour in enumerate(divided.colours)]
    symbols = np.array(divided.marks, dtype=object)
    return {
        "color": divided.labels[rows].astype(np.int16),
        "cmin": 0,
        "cmax": last,
        "colorscale": stops if len(divided) > 1 else [[0, stops[0][1]], [1, stops[0][1]]],
        "symbol": symbols[0] if len(set(divided.marks)) == 1 else symbols[divided.labels[rows]].tolist(),
    }
