"""The codes of a codebook as pictures: the photos and the titles that are nearest to each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from hrlib.errors import HrlibError
from hrlib.evaluation.codes import code_counts
from hrlib.evaluation.ranking import neighbours
from hrlib.explore.photo_sheet import add_photo, add_text, finish, shortened
from hrlib.explore.theme import figure

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

ROW, TITLE = 1.12, 40  # rows apart, in cells; characters of a title


def code_gallery(
    catalogue: Catalogue,
    titles: Sequence[str],
    codes: np.ndarray,
    images: np.ndarray,
    texts: np.ndarray,
    chosen: Sequence[int] | int = 8,
    photos: int = 6,
    lines: int = 4,
) -> go.Figure:
    """A row a code: to how many photos and texts it is the nearest code, its nearest photos, and its nearest titles.

    A title that several items have is shown once.

    Args:
        catalogue: of the N photos.
        titles: the M texts.
        codes: (K, D) unit vectors, such as `CodebookLoss.codebook()` has them.
        images, texts: (N, D) and (M, D), embeddings of the photos and of the texts.
        chosen: codes, from 0 to K - 1; or how many, of those that are nearest to the most photos.
        photos, lines: how many a code.

    Raises:
        HrlibError: as many photos, texts and embeddings as there must be are not there, or codes that do not exist.
    """
    if len(images) != len(catalogue) or len(texts) != len(titles):
        raise HrlibError(
            f"embeddings of {len(images)} photos and {len(texts)} texts, a catalogue of {len(catalogue)} and {len(titles)} titles: expected as many"
        )
    counts = code_counts(codes, images), code_counts(codes, texts)
    if isinstance(chosen, int):
        chosen = np.argsort(-counts[0], kind="stable")[: max(chosen, 0)]
    chosen = np.asarray(chosen)
    if not chosen.size or chosen.dtype.kind not in "iu" or not 0 <= chosen.min() <= chosen.max() < len(codes):
        raise HrlibError(f"codes {chosen.tolist()}: expected one or more from 0 to {len(codes) - 1}")
    # titles repeat: more of them than are shown
    few = min(photos, len(images)), min(10 * lines, len(texts))
    nearest = [neighbours(codes[chosen], k, gallery=x)[0] for k, x in zip(few, (images, texts), strict=True)]
    sheet = figure(title="Codes: their nearest photos and their nearest titles")
    for row, (code, own, told) in enumerate(zip(chosen, *nearest, strict=True)):
        top = row * ROW
        add_text(sheet, 0, top + 0.25, f"<b>code {code}</b>", anchor="right", shift=-10)
        for line, (count, kind) in enumerate(zip((counts[0][code], counts[1][code]), ("photos", "texts"), strict=True)):
            add_text(sheet, 0, top + 0.5 + 0.22 * line, f"{count:,} {kind}", anchor="right", size=11, shift=-10)
        for column, item in enumerate(own):
            add_photo(sheet, column, top, catalogue.images[int(item)])
        different = list(dict.fromkeys(titles[int(text)] for text in told))[:lines]
        for line, title in enumerate(different):
            add_text(sheet, few[0] + 0.1, top + 0.9 * (line + 0.5) / lines, shortened(title, TITLE), "left", size=11)
    return finish(sheet, columns=few[0] + 4.4, rows=len(chosen) * ROW, left=90)
