"""A map that moves: the same items in one space after the other, such as a training's epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from hrlib.evaluation.vectors import Embeddings
from hrlib.explore.groups import groups
from hrlib.explore.legends import legend, points_height
from hrlib.explore.points import PLAIN, add_caption, bare_axes, checked, hover_texts, point_traces
from hrlib.explore.projection import Projection
from hrlib.explore.scatter import as_projections
from hrlib.explore.theme import figure, literal

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

CONTROLS = 66  # pixels of the slider below the points


def movie(
    projections: Mapping[str, Projection | Embeddings], catalogue: Catalogue, colour: str | int = "superclass"
) -> go.Figure:
    """The items of `scatter`, moving from one projection to the next; buttons play and pause, a slider holds the names.

    Each frame holds nothing but coordinates and its caption; the frame of the picture is that of all of them.

    Args:
        projections: name -> projection (of `project_together`, which lays each on the one before), or (N, D) unit vectors, which are
            projected together with the defaults.
        The others: see `scatter`.
    """
    placed = as_projections(projections, catalogue)
    places = [checked(projection.coordinates, catalogue, repr(name)) for name, projection in placed.items()]
    divided = groups(catalogue, colour)
    chart = figure(title=f"{len(catalogue):,} items by {literal(divided.by)}", legend=legend(divided))
    chart.add_traces(point_traces(places[0], divided, hover_texts(catalogue)))
    moving = [number for number, trace in enumerate(chart.data) if trace.customdata is not None]
    below = max(_caption(figure(), projection) for projection in placed.values())
    chart.frames = [
        _frame(name, projection, xy, chart, moving)
        for (name, projection), xy in zip(placed.items(), places, strict=True)
    ]
    _caption(chart, next(iter(placed.values())))
    low, high = np.min([xy.min(0) for xy in places], axis=0), np.max([xy.max(0) for xy in places], axis=0)
    edge = 0.05 * np.maximum(high - low, 1e-6)
    bare_axes(chart).update_xaxes(range=[float(low[0] - edge[0]), float(high[0] + edge[0])])
    chart.update_yaxes(range=[float(low[1] - edge[1]), float(high[1] + edge[1])], scaleanchor="x")
    chart.update_layout(height=points_height(divided) + 60 + below, margin={"l": 10, "r": 10, "t": 48, "b": below + 12})
    return _controls(chart, list(placed), moves=len(catalogue) <= PLAIN)


def _caption(chart: go.Figure, projection: Projection) -> int:
    return add_caption(chart, projection.caption(), characters=125, shift=CONTROLS + 8)


def _frame(name: str, projection: Projection, xy: np.ndarray, chart: go.Figure, moving: list[int]) -> go.Frame:
    parts = []
    for number in moving:
        trace = chart.data[number]
        parts.append({"type": trace.type, "x": xy[trace.customdata, 0], "y": xy[trace.customdata, 1]})
    below = figure()
    _caption(below, projection)
    return go.Frame(name=name, data=parts, traces=moving, layout={"annotations": below.layout.annotations})


def _controls(chart: go.Figure, names: list[str], moves: bool) -> go.Figure:
    """Play, pause and a slider. SVG points glide; those of WebGL jump, because plotly cannot move them."""
    glide = 400 if moves else 0

    def step(duration: int) -> dict:
        return {
            "mode": "immediate",
            "frame": {"duration": duration, "redraw": True},
            "transition": {"duration": min(glide, duration), "easing": "cubic-in-out"},
        }

    buttons = [
        {"label": "▶ play", "method": "animate", "args": [None, step(800) | {"fromcurrent": True}]},
        {"label": "❚❚ pause", "method": "animate", "args": [[None], step(0)]},
    ]
    steps = [{"label": literal(name), "method": "animate", "args": [[name], step(400)]} for name in names]
    chart.update_layout(
        updatemenus=[
            {"type": "buttons", "direction": "left", "showactive": False, "buttons": buttons}
            | {"x": 0, "y": 0, "xanchor": "left", "yanchor": "top", "pad": {"t": 16, "r": 10}}
        ],
        sliders=[
            {"steps": steps, "x": 0.25, "len": 0.75, "y": 0, "yanchor": "top", "pad": {"t": 14, "b": 0}}
            | {"currentvalue": {"visible": False}, "transition": {"duration": glide}}
        ],
    )
    return chart
