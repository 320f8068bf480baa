"""A stand-in for the figures' scatter till that is there."""

from __future__ import annotations

import html

import numpy as np
import plotly.graph_objects as go

from hrlib.explore.theme import PALETTE, figure


def scatter(where, catalogue, colour="superclass", *, title=None) -> go.Figure:
    hierarchy = catalogue.hierarchy
    if colour in hierarchy.levels:
        index = hierarchy.index(colour)
        labels, names = hierarchy.labels[:, index], hierarchy.names[index]
    else:
        names, labels = np.unique(
            catalogue.items[colour].astype(object).fillna("(missing)").astype(str), return_inverse=True
        )
    drawn = figure(title=title)
    for label, name in enumerate(names):
        rows = np.flatnonzero(labels == label)
        x, y = where.coordinates[rows].T
        drawn.add_scattergl(
            x=x,
            y=y,
            mode="markers",
            name=html.escape(str(name)[:24]),
            customdata=rows,
            hoverinfo="name",
            marker={"color": PALETTE[label % len(PALETTE)], "size": 7},
        )
    drawn.update_xaxes(visible=False)
    drawn.update_yaxes(visible=False, scaleanchor="x")
    return drawn
