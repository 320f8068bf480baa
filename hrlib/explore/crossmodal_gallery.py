"""Queries across modalities with what they find: photos for a text, texts for a photo."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from hrlib.catalogue.captions import Captions, plain
from hrlib.catalogue.checks import as_rows
from hrlib.errors import HrlibError
from hrlib.evaluation import neighbours
from hrlib.evaluation.vectors import Embeddings
from hrlib.explore.photo_sheet import CELL, PITCH, add_photo, add_text, finish, shortened
from hrlib.explore.theme import VERDICTS, figure, literal, verdict_key, verdict_names, verdict_of

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

ASKED, FOUND = 2.7, 3.8  # cells wide: a text that asks, and texts that are found
LINE = 15  # pixels of a line of text


def crossmodal_gallery(
    catalogue: Catalogue,
    images: Embeddings,
    texts: Embeddings,
    queries: Sequence[int],
    k: int = 5,
    *,
    captions: Captions | None = None,
    level: str | int | None = None,
) -> go.Figure:
    """Some items asked both ways: on the left the first text of each and the k photos nearest to it, on the right its photo and the k nearest texts.

    Right (✓, a solid frame) is what has the title of the query, near (≈, dashed) what is of its class at `level`, else it is wrong (✗, dotted). A
    text that several items have is shown once.

    Args:
        catalogue: of the N items.
        images: (N, D) unit vectors. texts: (M, D), of `captions.flat`.
        queries: rows of the catalogue.
        k: how many are shown; of fewer all.
        captions: the items' texts; None: those of the catalogue.
        level: None: 1, or the only one.

    Raises:
        HrlibError: embeddings or captions of other numbers, no queries or rows that are not there, items without a text.
    """
    said, hierarchy = captions or Captions.of(catalogue), catalogue.hierarchy
    queries = as_rows(queries, len(catalogue)).reshape(-1)
    if not len(queries):
        raise HrlibError("no queries: expected one row of the catalogue or more")
    if not len(images) == len(said) == len(catalogue) or len(texts) != len(said.flat):
        raise HrlibError(
            f"{len(images)} images, {len(texts)} texts and captions with {len(said.flat)} texts of {len(said)} items for a catalogue of {len(catalogue)}: "
            "expected an image an item, and texts as in captions.flat"
        )
    index = hierarchy.index(hierarchy.superclass if level is None else level)
    classes = hierarchy.labels[:, index]
    wordings = pd.factorize(pd.Series(said.flat).map(plain))[0]
    first = np.unique(wordings, return_index=True)[1]  # each wording once
    asking = np.searchsorted(said.owner, queries)  # the first text of each
    photos, _ = neighbours(texts, min(k, len(catalogue)), images, rows=asking)
    found, _ = neighbours(images, min(k, len(first)), texts[first], rows=queries)
    sheet, pitch = figure(), max(PITCH, (k * LINE + 12) / CELL)
    right = ASKED + k + 0.35
    for x, heading in (
        (0, "a text"),
        (ASKED, "its nearest photos"),
        (right, "a photo"),
        (right + 1.05, "its nearest texts"),
    ):
        add_text(sheet, x, -0.25, f"<b>{heading}</b>", anchor="left")
    for row, query in enumerate(queries):
        top = row * pitch
        for number, line in enumerate(textwrap.wrap(said.texts[query][0], 23, max_lines=5, placeholder="…")):
            add_text(sheet, 0, top + 0.12 + number * LINE / CELL, literal(line), anchor="left", size=12)
        for column, item in enumerate(photos[row]):
            verdict = verdict_of(said.titles[item] == said.titles[query], classes[item] == classes[query])
            add_photo(sheet, ASKED + column, top, catalogue.images[int(item)], verdict)
        add_photo(sheet, right, top, catalogue.images[int(query)])
        for number, text in enumerate(first[found[row]]):
            owners = said.owner[wordings == wordings[text]]
            verdict = verdict_of(query in owners, (classes[owners] == classes[query]).any())
            y, (colour, _, mark) = top + 0.12 + number * LINE / CELL, VERDICTS[verdict]
            add_text(sheet, right + 1.05, y, f"<b>{mark}</b>", anchor="left", size=12, colour=colour)
            add_text(sheet, right + 1.3, y, shortened(said.flat[text], 34), anchor="left", size=12)
    names = verdict_names("", literal(hierarchy.levels[index])) | {"same": "its own title"}
    sheet.update_layout(title="   ".join(verdict_key(names)))
    return finish(sheet, columns=right + 1.05 + FOUND, rows=len(queries) * pitch, left=20)
