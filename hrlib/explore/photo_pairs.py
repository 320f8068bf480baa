"""Pairs of photos that look the same, side by side, as the report of a catalogue finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go

from hrlib.explore.photo_sheet import PITCH, add_photo, add_text, finish, shortened
from hrlib.explore.theme import VERDICTS, figure

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

ACROSS = 4  # pairs beside each other
WIDE = 2.8  # cells that a pair takes, with the space behind it
TEXT = 0.26  # cells that a line of text takes


def photo_pairs(catalogue: Catalogue, pairs: pd.DataFrame, title: str = "") -> go.Figure:
    """Each pair as two photos, with their similarity and their class below, both classes where they differ.

    Args:
        catalogue: of the N items.
        pairs: a row a pair, with the columns row, other (0..N-1) and similarity.
        title: of the figure, escaped.
    """
    sheet, names = figure(title=shortened(title, 110)), catalogue.hierarchy.names[0]
    label = catalogue.hierarchy.column(0)
    high = PITCH + 2 * TEXT
    for place, pair in enumerate(pairs.itertuples()):
        x, y = WIDE * (place % ACROSS), high * (place // ACROSS)
        same = label[pair.row] == label[pair.other]
        for column, row in enumerate((pair.row, pair.other)):
            add_photo(sheet, x + column, y, catalogue.images[int(row)])
        classes = [label[pair.row]] if same else [label[pair.row], label[pair.other]]
        lines = [f"{pair.similarity:.2f}, {'one class' if same else 'two classes'}", *(names[one] for one in classes)]
        for line, text in enumerate(lines):
            colour = None if same or line else VERDICTS["other"][0]
            add_text(sheet, x, y + 1.05 + line * TEXT, shortened(text, 24), anchor="left", size=12, colour=colour)
    rows = -(-len(pairs) // ACROSS)
    return finish(sheet, columns=WIDE * min(ACROSS, max(len(pairs), 3)), rows=rows * high, left=20)
