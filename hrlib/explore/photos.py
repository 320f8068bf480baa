"""Figures made of photos: contact sheets, and nearest neighbours with a verdict on each."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from hrlib.errors import HrlibError
from hrlib.evaluation import neighbours
from hrlib.explore.theme import VERDICTS, figure, literal

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

CELL = 66  # pixels of a photo's cell: a query and two times five neighbours fit a notebook's width
PITCH = 1.32  # rows apart, in cells: room for a line of text under each photo


def contact_sheet(
    catalogue: Catalogue, level: str | int = 1, per_class: int = 6, classes: int = 12, seed: int = 0
) -> go.Figure:
    """A row of photos for each of up to `classes` classes of a level, drawn at random: what is in a catalogue, at a glance."""
    rng = np.random.default_rng(seed)
    hierarchy = catalogue.hierarchy
    labels, index = hierarchy.column(level), hierarchy.index(level)
    count = hierarchy.n_classes[index]
    chosen = np.sort(rng.permutation(count)[:classes])
    sheet = figure(title=literal(f"{min(classes, count)} of {count} classes at level {hierarchy.levels[index]!r}"))
    for row, label in enumerate(chosen):
        items = rng.permutation(np.flatnonzero(labels == label))[:per_class]
        _text(sheet, 0, row + 0.45, shortened(hierarchy.names[index][label], 24), anchor="right", shift=-10)
        for column, item in enumerate(items):
            _photo(sheet, column, row, catalogue.images[int(item)])
    return _finish(sheet, columns=per_class, rows=len(chosen), left=190)


def neighbour_gallery(
    catalogue: Catalogue,
    embeddings: dict[str, np.ndarray],
    queries: np.ndarray | list[int],
    k: int = 6,
    level: str | int = 1,
) -> go.Figure:
    """The k nearest neighbours of some queries in one or several embedding spaces, side by side.

    Args:
        catalogue: of the N items.
        embeddings: name of a space -> (N, D) unit vectors.
        queries: rows of the catalogue.
        level: the superclass; a neighbour of the query's finest class is "same", one of its superclass "near", any other "other".
    """
    hierarchy = catalogue.hierarchy
    index = hierarchy.index(level)
    if any(len(vectors) != len(catalogue) for vectors in embeddings.values()):
        sizes = ", ".join(f"{name}: {len(vectors)}" for name, vectors in embeddings.items())
        raise HrlibError(f"embeddings of {sizes} items for a catalogue of {len(catalogue)}: expected one row an item")
    queries = np.asarray(queries)
    sheet = figure()
    for block, (name, vectors) in enumerate(embeddings.items()):
        found, _ = neighbours(vectors, k, rows=queries)
        left = 1.5 + block * (k + 0.5)
        _text(sheet, left, -0.25, f"<b>{literal(name)}</b>", anchor="left")
        for row, (query, items) in enumerate(zip(queries, found, strict=True)):
            for column, item in enumerate(items):
                verdict = _verdict(hierarchy.labels, query, item, index)
                _photo(sheet, left + column, row * PITCH, catalogue.images[int(item)], verdict)
    _text(sheet, 0, -0.25, "<b>query</b>", anchor="left")
    for row, query in enumerate(queries):
        _photo(sheet, 0, row * PITCH, catalogue.images[int(query)])
        _text(
            sheet,
            0.45,
            row * PITCH + 1.05,
            shortened(hierarchy.names[index][hierarchy.labels[query, index]], 14),
            size=11,
        )
    fine, coarse = shortened(hierarchy.levels[0], 24), shortened(hierarchy.levels[index], 24)
    legend = f"{VERDICTS['same'][2]} same {fine}   {VERDICTS['near'][2]} same {coarse}   {VERDICTS['other'][2]} other {coarse}"
    sheet.update_layout(title=legend)
    return _finish(sheet, columns=1.5 + len(embeddings) * (k + 0.5), rows=len(queries) * PITCH, left=20)


def _verdict(labels: np.ndarray, query: int, item: int, level: int) -> str:
    if labels[query, 0] == labels[item, 0]:
        return "same"
    return "near" if labels[query, level] == labels[item, level] else "other"


def _photo(sheet: go.Figure, x: float, y: float, pixels: np.ndarray, verdict: str | None = None) -> None:
    """One photo in the cell whose upper left corner is (x, y), framed and marked with its verdict."""
    sheet.add_layout_image(source=jpeg(pixels), xref="x", yref="y", x=x, y=y, sizex=0.9, sizey=0.9, layer="below")
    if verdict:
        colour, dash, mark = VERDICTS[verdict]
        line = {"color": colour, "width": 3, "dash": dash}
        sheet.add_shape(type="rect", x0=x, x1=x + 0.9, y0=y, y1=y + 0.9, line=line)
        _text(sheet, x + 0.45, y + 1.05, f"<b>{mark}</b>", colour=colour)


def jpeg(pixels: np.ndarray) -> str:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()


def shortened(text: str, length: int) -> str:
    """Text of the data for a label: cut, and with markup shown as text (plotly reads tags in annotations)."""
    return literal(text if len(text) <= length else text[: length - 1] + "…")


def _text(
    sheet: go.Figure,
    x: float,
    y: float,
    text: str,
    anchor: str = "center",
    size: int = 13,
    colour: str | None = None,
    shift: int = 0,
) -> None:
    """Text at (x, y), in the theme's colour unless there is one, moved by `shift` pixels.

    plotly hides a text whose x lies beyond the axis, but not one that is shifted there.
    """
    font = {"size": size, "color": colour}
    sheet.add_annotation(
        x=x, y=y, text=text, showarrow=False, xanchor=anchor, yanchor="middle", font=font, xshift=shift
    )


def _finish(sheet: go.Figure, columns: float, rows: float, left: int, cell: int = CELL) -> go.Figure:
    """Fix the frame so that a cell is `cell` pixels: the text keeps its place beside the photos at any width of the page."""
    top, below = 0.55 * CELL / cell, 0.1  # room for a line of text above
    margin = {"l": left, "r": 10, "t": 44, "b": 10}
    sheet.update_xaxes(visible=False, range=[0, columns], fixedrange=True)
    sheet.update_yaxes(visible=False, range=[rows + below, -top], fixedrange=True)
    height = (rows + top + below) * cell + margin["t"] + margin["b"]
    return sheet.update_layout(height=round(height), width=round(left + columns * cell + 10), margin=margin)
