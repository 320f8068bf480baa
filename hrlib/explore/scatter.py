"""Maps of an embedding space: a point an item, coloured by its class; several spaces side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings
from hrlib.explore.groups import groups
from hrlib.explore.legends import legend, legend_height, points_height
from hrlib.explore.points import add_caption, bare_axes, caption_lines, checked, grey_points, hover_texts, point_traces
from hrlib.explore.projection import Projection, project, project_together
from hrlib.explore.theme import figure, literal

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

NAMES = {"umap": "UMAP", "tsne": "t-SNE", "pca": "Principal components"}
PANEL = 380  # pixels of a panel's height


def scatter(
    where: Projection | Embeddings, catalogue: Catalogue, colour: str | int = "superclass", *, title: str | None = None
) -> go.Figure:
    """The items as points in the plane, a trace a class. How far the picture can be trusted stands below it.

    The classes of a superclass are shades of its hue. A click in the legend greys a superclass, a double click all others. Up to 2,000
    items say their title and their path in the hierarchy when pointed at; more are drawn by WebGL and say their class and row.
    Each trace's `customdata` holds its rows of the catalogue.

    Args:
        where: what `project` returned, or (N, D) unit vectors, which are projected with its defaults.
        catalogue: of the N items.
        colour: a level by name or number, "superclass" (level 1, or the only one), or a column of the items.
        title: text (markup in it is shown as text); None: the method and what the colours are.

    Raises:
        HrlibError: a projection of another number of items, no such level or column, more colours than can be drawn.
    """
    if not isinstance(where, Projection):
        where = project(where, hierarchy=catalogue.hierarchy)
    xy, divided = checked(where.coordinates, catalogue), groups(catalogue, colour)
    said = f"{NAMES.get(where.method, where.method)} of {len(xy):,} items by {divided.by}" if title is None else title
    chart = figure(title=literal(said), legend=legend(divided))
    chart.add_traces([grey_points(xy), *point_traces(xy, divided, hover_texts(catalogue))])
    bare_axes(chart).update_yaxes(scaleanchor="x")
    below = add_caption(chart, where.caption(), characters=125)
    return chart.update_layout(
        height=points_height(divided) + 60 + below, margin={"l": 10, "r": 10, "t": 48, "b": below + 12}
    )


def side_by_side(
    projections: Mapping[str, Projection | Embeddings], catalogue: Catalogue, colour: str | int = "superclass"
) -> go.Figure:
    """The same items in several spaces, a panel each: zooming into one zooms the others, and the legend switches all.

    Made for `project_together`, whose pictures lie on each other as well as they can. (What is selected with the lasso in one panel is
    marked in the others by the explorer: plotly itself does not.)

    Args:
        projections: name -> projection, or (N, D) unit vectors, which are all projected together with the defaults.
        The others: see `scatter`.
    """
    placed = as_projections(projections, catalogue)
    divided, texts = groups(catalogue, colour), hover_texts(catalogue)
    columns = min(len(placed), 2)
    rows = -(-len(placed) // columns)
    width = 128 // columns
    below = 16 * max(caption_lines(each.caption(), width)[1] for each in placed.values()) + 8
    between = below + 36  # pixels between rows of panels: a caption and a panel's name
    points = PANEL * rows + between * (rows - 1)
    chart = make_subplots(
        rows,
        columns,
        subplot_titles=[literal(name) for name in placed],
        horizontal_spacing=0.02,
        vertical_spacing=between / points,
        figure=figure(),
    )
    for number, (name, projection) in enumerate(placed.items()):
        xy = checked(projection.coordinates, catalogue, repr(name))
        at = "" if number == 0 else str(number + 1)
        panel = {"xaxis": f"x{at}", "yaxis": f"y{at}"}
        chart.add_traces([grey_points(xy, **panel), *point_traces(xy, divided, texts, legend=number == 0, **panel)])
        add_caption(chart, projection.caption(), width, panel=at)
    bare_axes(chart).update_xaxes(matches="x").update_yaxes(matches="y")
    chart.update_layout(yaxis={"scaleanchor": "x", "matches": None}, xaxis={"matches": None})
    under = {"orientation": "h", "x": 0, "y": -(below + 12) / points, "yanchor": "top"}
    under["title"] = legend(divided)["title"] | {"side": "top"}
    bottom = below + 24 + legend_height(divided, 860)
    return chart.update_layout(
        legend=legend(divided) | under, height=points + 40 + bottom, margin={"l": 10, "r": 10, "t": 40, "b": bottom}
    )


def as_projections(projections: Mapping[str, Projection | Embeddings], catalogue: Catalogue) -> dict[str, Projection]:
    """Projections as they are; embeddings projected together. Not a mixture."""
    if not projections:
        raise HrlibError("no projections: expected at least one, by name")
    ready = [isinstance(value, Projection) for value in projections.values()]
    if all(ready):
        return dict(projections)  # type: ignore[arg-type]
    if any(ready):
        raise HrlibError(
            "projections and embeddings are mixed: expected either, because embeddings are projected together"
        )
    return project_together(projections, hierarchy=catalogue.hierarchy)
