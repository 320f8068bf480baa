"""Figures made of photos: contact sheets, and nearest neighbours with a verdict on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from hrlib.errors import HrlibError
from hrlib.evaluation import neighbours
from hrlib.explore.photo_sheet import PITCH, add_photo, add_text, finish, shortened
from hrlib.explore.theme import figure, literal, verdict_key, verdict_names, verdict_of

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue


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
        add_text(sheet, 0, row + 0.45, shortened(hierarchy.names[index][label], 24), anchor="right", shift=-10)
        for column, item in enumerate(items):
            add_photo(sheet, column, row, catalogue.images[int(item)])
    return finish(sheet, columns=per_class, rows=len(chosen), left=190)


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
    hierarchy, labels = catalogue.hierarchy, catalogue.hierarchy.labels
    index = hierarchy.index(level)
    if any(len(vectors) != len(catalogue) for vectors in embeddings.values()):
        sizes = ", ".join(f"{name}: {len(vectors)}" for name, vectors in embeddings.items())
        raise HrlibError(f"embeddings of {sizes} items for a catalogue of {len(catalogue)}: expected one row an item")
    queries = np.asarray(queries)
    sheet = figure()
    for block, (name, vectors) in enumerate(embeddings.items()):
        found, _ = neighbours(vectors, k, rows=queries)
        left = 1.5 + block * (k + 0.5)
        add_text(sheet, left, -0.25, f"<b>{literal(name)}</b>", anchor="left")
        for row, (query, items) in enumerate(zip(queries, found, strict=True)):
            for column, item in enumerate(items):
                same, near = (labels[query, at] == labels[item, at] for at in (0, index))
                add_photo(sheet, left + column, row * PITCH, catalogue.images[int(item)], verdict_of(same, near))
    add_text(sheet, 0, -0.25, "<b>query</b>", anchor="left")
    for row, query in enumerate(queries):
        add_photo(sheet, 0, row * PITCH, catalogue.images[int(query)])
        add_text(
            sheet,
            0.45,
            row * PITCH + 1.05,
            shortened(hierarchy.names[index][labels[query, index]], 14),
            size=11,
        )
    fine, coarse = shortened(hierarchy.levels[0], 24), shortened(hierarchy.levels[index], 24)
    sheet.update_layout(title="   ".join(verdict_key(verdict_names(fine, coarse))))
    return finish(sheet, columns=1.5 + len(embeddings) * (k + 0.5), rows=len(queries) * PITCH, left=20)
