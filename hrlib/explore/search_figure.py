"""What visual searches have found, as one figure: a row a query, its results right of it with class and distance."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from hrlib.errors import HrlibError
from hrlib.explore.photo_sheet import add_photo, add_text, finish, shortened
from hrlib.explore.theme import figure, literal

if TYPE_CHECKING:
    from hrlib.search import Found, VisualSearch

CELL = 84  # pixels of a photo's cell
TALL = 1.6  # rows apart, in cells: room for three lines of text under each photo
WIDE = 1.3  # columns apart, in cells: room for a class's name
LEFT = 1.6  # of the results


def search_results(visual: VisualSearch, found: Mapping[str, Found], k: int = 6, title: str = "") -> go.Figure:
    """The photos that were asked with on the left, as they were embedded, and the k best results of each, best first.

    Below a result are its class at the finest level and the one above, and its cosine distance; "+2" beside it counts near-duplicates that
    are grouped under it. A search by text alone has its name where the photo would be.

    Args:
        visual: the search that has the results' photos.
        found: what is written below a query (a text that was searched for is its own name) -> what it found.
        k: how many results are drawn of each.

    Raises:
        HrlibError: nothing found to draw, or a k below 1.
    """
    if not found or k < 1:
        raise HrlibError(f"{len(found)} queries and k = {k}: expected at least one of each")
    sheet = figure(title=literal(title))
    add_text(sheet, 0, -0.25, "<b>query</b>", anchor="left")
    add_text(sheet, LEFT, -0.25, "<b>results, best first</b>", anchor="left")
    for row, (name, one) in enumerate(found.items()):
        top = row * TALL
        if one.query is not None:
            add_photo(sheet, 0, top, one.query)
        _below(sheet, 0, top if one.query is not None else top - 0.9, textwrap.wrap(name, 18)[:3])
        for column, result in enumerate(one.table.head(k).itertuples()):
            left = LEFT + column * WIDE
            add_photo(sheet, left, top, visual.photo(result.id))
            more = f" (+{len(result.others)})" if len(result.others) else ""
            classes = result.path.rsplit(" > ", 2)[-2:][::-1]
            _below(sheet, left, top, [*classes, f"at {result.distance:.3f}{more}"])
    return finish(sheet, columns=LEFT + k * WIDE, rows=len(found) * TALL, left=20, cell=CELL)


def _below(sheet: go.Figure, left: float, top: float, lines: Sequence[str]) -> None:
    """Lines of small text below a photo."""
    for number, line in enumerate(lines):
        add_text(sheet, left, top + 1.02 + 0.17 * number, shortened(line, 18), anchor="left", size=11)
