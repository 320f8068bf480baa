"""Mined triplets as pictures: an anchor, and the candidate of each bin with what matches."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from hrlib.catalogue.attributes import MISSING
from hrlib.errors import HrlibError
from hrlib.explore.photo_sheet import PITCH, add_photo, add_text, finish
from hrlib.explore.theme import figure

if TYPE_CHECKING:
    from hrlib.catalogue import Attributes, Catalogue
    from hrlib.training import GradedTripletMiner

WIDTH = 1.45  # columns apart, in cells: room for a bin's name


def bin_names(miner: GradedTripletMiner) -> list[str]:
    """What each of the miner's bins is called, nearest first."""
    edges = [f"{edge:g}" for edge in miner.edges]
    between = [f"{low} – {high}" for high, low in itertools.pairwise(edges)]
    matches = [f"≥ {edges[0]}", *between, f"< {edges[-1]}"] if edges else ["any match"]
    return ["same product", *matches, "other category"]


def graded_gallery(
    catalogue: Catalogue, attributes: Attributes, miner: GradedTripletMiner, anchors: Sequence[int], number: int = 0
) -> go.Figure:
    """Some anchors on the left, and right of each the items that the miner draws from its bins, nearest first.

    Below a photo is how many of the attributes known in both agree; an empty place is an empty bin.

    Args:
        catalogue: the miner's items, which `attributes` describe.
        anchors: rows of the catalogue.
        number: of the epoch that is drawn.

    Raises:
        HrlibError: no anchors, rows that are not there, attributes of other items.
    """
    anchors = np.asarray(anchors)
    if not anchors.size or anchors.dtype.kind not in "iu" or not 0 <= anchors.min() <= anchors.max() < len(catalogue):
        raise HrlibError(f"anchors {anchors.tolist()}: expected one or more rows from 0 to {len(catalogue) - 1}")
    if not len(catalogue) == len(attributes) == len(miner):
        raise HrlibError(
            f"{len(catalogue)} items, attributes of {len(attributes)}, a miner of {len(miner)}: expected the same items"
        )
    candidates = miner.draw(anchors, number).candidates
    sheet = figure(title="An anchor, and an item drawn from each bin")
    for column, name in enumerate(["anchor", *bin_names(miner)]):
        add_text(sheet, column * WIDTH + 0.45, -0.25, f"<b>{name}</b>", size=11)
    for line, (anchor, drawn) in enumerate(zip(anchors, candidates, strict=True)):
        add_photo(sheet, 0, line * PITCH, catalogue.images[int(anchor)])
        for column, item in enumerate(drawn, start=1):
            if item == MISSING:
                add_text(sheet, column * WIDTH + 0.45, line * PITCH + 0.45, "empty", size=11)
                continue
            add_photo(sheet, column * WIDTH, line * PITCH, catalogue.images[int(item)])
            known = (attributes.codes[anchor] != MISSING) & (attributes.codes[item] != MISSING)
            same = known & (attributes.codes[anchor] == attributes.codes[item])
            add_text(sheet, column * WIDTH + 0.45, line * PITCH + 1.05, f"{same.sum()} of {known.sum()}", size=11)
    return finish(sheet, columns=WIDTH * (candidates.shape[1] + 1), rows=len(anchors) * PITCH, left=20)
