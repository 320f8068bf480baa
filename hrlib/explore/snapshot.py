"""The explorer as a still: the map with one item's neighbours marked, and their photos beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from hrlib.explore import marked_map
from hrlib.explore.photo_sheet import jpeg, shortened
from hrlib.explore.points import add_caption
from hrlib.explore.scatter import scatter
from hrlib.explore.selection import Finder
from hrlib.explore.theme import MUTED, VERDICTS, literal, verdict_key, verdict_names

if TYPE_CHECKING:
    from hrlib.explore.projection import Projection

COLUMNS, MOST = 3, 12  # photos in a row, and in all
WIDE, PITCH = 1.28, 1.25  # photos apart, in photos: across, and down with room for a line of text under each
TALL, UNDER = 540, 110  # pixels of the map, and of the legend under it


def snapshot(finder: Finder, where: Projection, space: str, row: int, k: int, colour: str, level: int) -> go.Figure:
    """The map on the left; on the right the item and up to `MOST` of its k nearest in the original space, framed as right as they are."""
    selection = finder.select([row], space, min(k, MOST))
    items, distances = (
        selection.loc[selection["role"] == "neighbour", name].to_numpy() for name in ("row", "distance")
    )
    figure = scatter(where, finder.catalogue, colour)
    figure.add_traces([mark.update(showlegend=False) for mark in marked_map.marks(where.coordinates, [row], items)])
    verdicts = finder.verdicts([row], items, level)
    for place, (item, distance, verdict) in enumerate(zip(items, distances, verdicts, strict=True), COLUMNS):
        style = VERDICTS[verdict]
        _photo(
            figure,
            finder,
            item,
            place,
            f"<b>{style[2]}</b> {distance:.2f}",
            {"color": style[0], "dash": style[1], "width": 3},
        )
    _photo(figure, finder, row, 0, "chosen", {"color": MUTED, "dash": "solid", "width": 1})
    fine, coarse = (literal(finder.hierarchy.levels[at]) for at in (0, level))
    lines = [
        f"<b>{shortened(str(finder.titles[row]), 26)}</b>",
        shortened(finder.paths[row], 34),
        *verdict_key(verdict_names(fine, coarse)),
        "number: cosine distance",
    ]
    figure.add_annotation(
        x=WIDE,
        y=0.1,
        xref="x2",
        yref="y2",
        text="<br>".join(lines),
        showarrow=False,
        xanchor="left",
        yanchor="top",
        align="left",
        font={"size": 12},
    )
    rows, frame = 1 + -(-MOST // COLUMNS), {"visible": False, "fixedrange": True}
    figure.layout.annotations = [note for note in figure.layout.annotations if note.yref == "y2"]
    below = add_caption(figure, where.caption(), characters=80)
    legend = {"orientation": "h", "x": 0, "y": -(below + 10) / TALL, "yanchor": "top"}
    return figure.update_layout(
        title=f"The space “{literal(space)}”: an item ◇ and the nearest to it ○",
        width=900,
        height=TALL + 48 + below + UNDER,
        margin={"l": 10, "r": 10, "t": 48, "b": below + UNDER},
        legend=legend,
        xaxis={"domain": [0, 0.6]},
        xaxis2={**frame, "domain": [0.62, 1], "range": [0, COLUMNS * WIDE], "anchor": "y2"},
        yaxis2={**frame, "domain": [0, 1], "range": [rows * PITCH, 0], "anchor": "x2"},
    )


def _photo(figure: go.Figure, finder: Finder, row: int, place: int, text: str, line: dict) -> None:
    """A photo in the cell `place` of the grid, framed, and a line of text under it."""
    x, y, side = place % COLUMNS * WIDE + 0.05, place // COLUMNS * PITCH, 0.95
    source = jpeg(finder.catalogue.images[int(row)])
    middle = {"x": x + side / 2, "y": y + side / 2, "xanchor": "center", "yanchor": "middle"}
    figure.add_layout_image(source=source, xref="x2", yref="y2", **middle, sizex=side, sizey=side, layer="below")
    figure.add_shape(type="rect", xref="x2", yref="y2", x0=x, x1=x + side, y0=y, y1=y + side, line=line)
    figure.add_annotation(
        x=x + side / 2, y=y + 1.08, xref="x2", yref="y2", text=text, showarrow=False, font={"size": 12}
    )
