"""Where photos agree with words: the similarity of a word with the cells of a photo, drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from hrlib.catalogue.checks import as_rows
from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, unit_vectors
from hrlib.explore.photo_sheet import add_photo, add_text, finish, shortened
from hrlib.explore.theme import VERDICTS, figure

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

VEIL = 0.85  # how dark the cell is that agrees least
SIDE, APART, BELOW = 0.9, 1.05, 1.25  # of a photo, and from photo to photo, across and down, in cells
PIXELS = 112  # of a cell


def word_map(
    catalogue: Catalogue,
    image_locals: Embeddings,
    words: Sequence[str],
    vectors: Embeddings,
    items: Sequence[int],
) -> go.Figure:
    """A row for each of some photos: as it is, then once for each word under a veil that is the darker the less a cell agrees with the word.

    Agreement is the cosine of the word's vector and the cell's. The scale is one for the whole figure, its ends are in the title; the range within
    a photo stands below it, and a frame is around the cell that agrees most. Light and dark alone tell, and not a hue.

    Args:
        catalogue: of the N items.
        image_locals: (N, P, D) unit vectors, the P cells of each photo row by row of a square grid: hr.embed(ImageLocals(model), catalogue).
        words: W of them, or longer texts.
        vectors: (W, D) unit vectors, model.encode_texts(words).
        items: rows of the catalogue.

    Raises:
        HrlibError: no items or rows that are not there, no words, other numbers of vectors than of words and items, cells that make no square.
    """
    rows = as_rows(items, len(catalogue)).reshape(-1)
    shape = tuple(image_locals.shape)
    grid = round(shape[1] ** 0.5) if len(shape) == 3 else 0
    if len(shape) != 3 or shape[0] != len(catalogue) or not grid or grid**2 != shape[1]:
        raise HrlibError(
            f"image_locals of shape {shape} for a catalogue of {len(catalogue)}: expected (N, P, D), P the cells of a square grid such as 4 x 4"
        )
    said = unit_vectors(vectors, "vectors", "cpu").numpy()
    if isinstance(words, str) or not len(rows) or not len(words) or said.shape != (len(words), shape[2]):
        raise HrlibError(
            f"{len(rows)} items, words {words!r} and vectors {said.shape}: expected one item or more, a list of one word or more, and a vector "
            f"of {shape[2]} dimensions for each"
        )
    cells = unit_vectors(image_locals[rows].reshape(-1, shape[2]), "image_locals", "cpu").numpy()
    agreement = (cells @ said.T).reshape(len(rows), grid, grid, len(words))
    low, high = float(agreement.min()), float(agreement.max())
    sheet = figure(title=f"Similarity of cell and word: {low:.2f} dark, {high:.2f} clear")
    for column, word in enumerate(("photo", *(shortened(word, 15) for word in words))):
        add_text(sheet, column * APART + SIDE / 2, -0.13, f"<b>{word}</b>" if column else word)
    for line, row in enumerate(rows):
        pixels, top = catalogue.images[int(row)], line * BELOW
        add_photo(sheet, 0, top, pixels)
        for column in range(len(words)):
            left, here = (column + 1) * APART, agreement[line, :, :, column]
            add_photo(sheet, left, top, pixels)
            _veil(sheet, left, top, pixels.shape, here, low, high)
            add_text(sheet, left + SIDE / 2, top + 1.02, f"{here.min():.2f} to {here.max():.2f}", size=11)
    return finish(sheet, columns=(len(words) + 1) * APART, rows=len(rows) * BELOW, left=20, cell=PIXELS)


def _veil(
    sheet: go.Figure, left: float, top: float, shape: tuple[int, ...], here: np.ndarray, low: float, high: float
) -> None:
    """Cells (grid, grid) over the photo of this shape (H, W, 3) in the box whose upper left corner is there: it keeps its sides' ratio."""
    high_side = SIDE * shape[0] / max(shape[:2]) / len(here)
    wide_side = SIDE * shape[1] / max(shape[:2]) / len(here)
    best = np.unravel_index(here.argmax(), here.shape)
    for at in sorted(np.ndindex(here.shape), key=best.__eq__):  # the frame last, above its neighbours
        dark = VEIL * (high - float(here[at])) / (high - low) if high > low else 0.0
        x, y = left + at[1] * wide_side, top + at[0] * high_side
        line = {"color": VERDICTS["near"][0], "width": 3} if at == best else {"width": 0}
        sheet.add_shape(
            type="rect", x0=x, x1=x + wide_side, y0=y, y1=y + high_side, fillcolor=f"rgba(0,0,0,{dark:.3f})", line=line
        )
