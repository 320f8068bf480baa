"""The explorer's map: a scatter figure whose points are known by their rows, with marks for what is chosen and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from hrlib.explore.scatter import scatter

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue
    from hrlib.explore.projection import Projection

# hollow and black, told apart by their shape: they cover no point and need no colour
SHAPES = {"chosen": "diamond-open", "neighbours": "circle-open"}
# a width of its own: a figure in a box is drawn before it knows the box, and the gallery beside it takes what is left
FRAME = {
    "width": 600,
    "height": 560,
    "margin": {"l": 5, "r": 5, "t": 40, "b": 5},
    "dragmode": "lasso",
    "hovermode": "closest",
    "legend": {"orientation": "h", "x": 0, "y": 0, "yanchor": "top", "maxheight": 0.2},
}


def base(where: Projection, catalogue: Catalogue, colour: str, allowed: np.ndarray) -> go.Figure:
    """The map with the items that a filter allows in their colours, the others in pale grey beneath and out of reach of the pointer."""
    figure = scatter(where, catalogue, colour)
    traces = [trace for trace in figure.data if rows_of(trace) is not None]
    for trace in traces:
        rows = rows_of(trace)
        shown = allowed[rows]
        if not shown.all():
            trace.update(x=np.asarray(trace.x)[shown], y=np.asarray(trace.y)[shown], customdata=rows[shown])
    left = where.coordinates[~allowed]
    grey = go.Scattergl(
        x=left[:, 0],
        y=left[:, 1],
        mode="markers",
        name="filtered out",
        hoverinfo="skip",
        marker={"color": "#D8D8D8", "size": 4},
        showlegend=bool(len(left)),
    )
    return go.Figure([grey, *traces], figure.layout)


def marks(coordinates: np.ndarray, chosen: Sequence[int], neighbours: Sequence[int]) -> list[go.Scattergl]:
    """Two traces: hollow diamonds around the chosen items, small where they are many, and hollow circles around their neighbours."""
    traces = []
    for (name, shape), rows in zip(SHAPES.items(), (chosen, neighbours), strict=True):
        places = coordinates[np.asarray(rows, dtype=np.int64)]
        size = 16 if name == "chosen" and len(rows) == 1 else 7 if name == "chosen" else 11
        marker = {"symbol": shape, "size": size, "color": "#000000", "line": {"width": 2}}
        traces.append(
            go.Scattergl(
                x=places[:, 0],
                y=places[:, 1],
                mode="markers",
                name=name,
                marker=marker,
                hoverinfo="skip",  # the pointer meets the points below
                unselected={"marker": {"opacity": 1}},
            )
        )
    return traces


def rows_of(trace: go.Scattergl) -> np.ndarray | None:
    """The catalogue's rows of a trace's points, or None where it is not one of items."""
    if trace.customdata is None:
        return None
    return np.asarray(trace.customdata, dtype=np.int64).reshape(len(trace.customdata), -1)[:, 0]
