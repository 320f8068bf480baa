"""Which superclass is taken for which: where the nearest neighbours of another superclass come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from hrlib.errors import HrlibError
from hrlib.evaluation import neighbours
from hrlib.explore.colours import GREY, colours
from hrlib.explore.photo_sheet import shortened
from hrlib.explore.theme import figure

if TYPE_CHECKING:
    from hrlib.catalogue import Hierarchy
    from hrlib.evaluation.vectors import Embeddings


def mistakes(embeddings: Embeddings, hierarchy: Hierarchy, level: str | int = 1) -> pd.DataFrame:
    """(C, C): how many items of each class (rows) have a nearest neighbour of each class (columns); the diagonal is what is right.

    Args:
        embeddings: (N, D) unit vectors.
        hierarchy: of the N items.
    """
    index = hierarchy.index(level)
    if len(embeddings) != len(hierarchy):
        raise HrlibError(
            f"{len(embeddings)} embeddings for a hierarchy of {len(hierarchy)} items: expected one for each item"
        )
    nearest, _ = neighbours(embeddings, 1)
    labels, count = hierarchy.column(index), hierarchy.n_classes[index]
    pairs = np.bincount(labels * count + labels[nearest[:, 0]], minlength=count * count).reshape(count, count)
    names = list(hierarchy.names[index])
    return pd.DataFrame(pairs, index=pd.Index(names, name="true"), columns=pd.Index(names, name="retrieved"))


def mistake_sankey(embeddings: Embeddings, hierarchy: Hierarchy, level: str | int = 1, most: int = 12) -> go.Figure:
    """The nearest neighbours that are of another class than their query: from the true classes on the left to the retrieved on the right.

    A band is as wide as its mistakes are many; each end says how many they are, on the left also of how many items. Beyond the `most`
    classes with the most mistakes on a side all others are one.

    Args:
        embeddings, hierarchy: see `mistakes`.
        level: whose classes.
        most: classes on a side.
    """
    if most < 1:
        raise HrlibError(f"most is {most}: expected 1 or more classes on a side")
    index = hierarchy.index(level)
    name = hierarchy.levels[index]
    counts = mistakes(embeddings, hierarchy, index).to_numpy()
    sizes, right = counts.sum(1), np.trace(counts)
    wrong = counts - np.diag(np.diag(counts))
    chart = figure(title=_said(right, len(hierarchy), name))
    if not wrong.any():
        return chart.update_xaxes(visible=False).update_yaxes(visible=False).update_layout(height=160)
    left, right_side = _kept(wrong.sum(1), most), _kept(wrong.sum(0), most)
    bands = _folded(wrong, left, right_side)
    shades = colours(hierarchy, index)
    texts, tints = [], []
    for side, kept in enumerate((left, right_side)):
        totals = bands.sum(1 - side)
        for place, total in enumerate(totals):
            label = kept[place] if place < len(kept) else None
            what = (
                f"{len(counts) - len(kept)} others" if label is None else shortened(hierarchy.names[index][label], 24)
            )
            of = sizes[label] if label is not None else sizes.sum() - sizes[kept].sum()
            texts.append(f"{what}  {total} of {of}" if side == 0 else f"{what}  {total}")
            tints.append(GREY if label is None else shades[label])
    source, target = np.nonzero(bands)
    chart.add_sankey(
        node={"label": texts, "color": tints, "pad": 12, "thickness": 16, "line": {"width": 0}},
        link={
            "source": source,
            "target": target + len(bands),
            "value": bands[source, target],
            "color": [_faint(tints[node]) for node in source],
        },
        valueformat="d",
    )
    nodes = max(len(bands), bands.shape[1])
    return chart.update_layout(height=140 + 34 * nodes, margin={"l": 10, "r": 10, "t": 60, "b": 16})


def _said(right: int, items: int, level: str) -> str:
    share = f"{right / items:.0%} of {items:,} nearest neighbours are of the same {shortened(level, 24)}"
    return share + (": no mistakes to draw" if right == items else "; true (left) and retrieved (right) of the others")


def _kept(totals: np.ndarray, most: int) -> np.ndarray:
    """The classes with the most mistakes, in their own order; all that have any, where `most` and one more are enough."""
    ranked = np.argsort(-totals, kind="stable")
    some = int((totals > 0).sum())
    return np.sort(ranked[: some if some <= most + 1 else most])


def _folded(wrong: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The counts of these rows and columns; if others have any, they are one more row or column."""
    rows = np.vstack([wrong[left], wrong.sum(0) - wrong[left].sum(0)])
    both = np.column_stack([rows[:, right], rows.sum(1) - rows[:, right].sum(1)])
    return both[: len(left) + bool(both[-1].any()), : len(right) + bool(both[:, -1].any())]


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.45)"
