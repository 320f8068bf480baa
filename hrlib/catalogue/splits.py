"""Dividing things into parts at random but evenly over their groups, drawing classes, and the parts that a data set's authors made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hrlib.catalogue.checks import rows_text
from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError

PARTS = ("train", "val", "test", "query", "gallery")  # the order in which an official split is given


def divide(groups: np.ndarray, fractions: Sequence[float], seed: int) -> np.ndarray:
    """The part (M,) of each of M things; their groups (M, K), fine to coarse, are divided about as `fractions` say."""
    shares = np.array(fractions, dtype=float)
    if len(shares) < 2 or not (shares > 0).all() or abs(shares.sum() - 1) > 1e-6:
        raise HrlibError(f"fractions {fractions}: expected two or more, each above 0, that sum to 1")
    order = _shuffled_within(groups, np.random.default_rng(seed))
    # Sainte-Lague: turn k of a part is due at time (k + 1/2) / share, so that every run of turns, and therefore every
    # group, is divided nearly as the whole is. Halves alternate.
    turns = [(np.arange(int(share * len(order)) + len(shares) + 1) + 0.5) / share for share in shares]
    owner = np.repeat(np.arange(len(shares)), [len(due) for due in turns])
    part = np.empty(len(order), dtype=np.int64)
    part[order] = owner[np.argsort(np.concatenate(turns), kind="stable")][: len(order)]
    return part


def sample_rows(
    hierarchy: Hierarchy, n: int, seed: int = 0, split: pd.Series | None = None, photos: int | None = None
) -> np.ndarray:
    """The rows, in order, of n random finest classes, spread in proportion over the superclasses and the parts of a split.

    Args:
        hierarchy: of N rows.
        n: how many classes.
        split: the part of each row (N,): where the parts have classes of their own, each part gives its share of the n.
        photos: at most so many random rows a class; None takes all.

    Raises:
        HrlibError: n is not from 1 to the number of classes.
    """
    total, rng = hierarchy.n_classes[0], np.random.default_rng(seed)
    if not 1 <= n <= total:
        raise HrlibError(f"sample of {n} classes out of {total}: expected 1 to {total}")
    groups, classes = hierarchy.ancestors[:, 1:], hierarchy.column(0)
    if split is not None:
        codes = pd.factorize(split, sort=True)[0]
        lowest = np.full(total, codes.max())
        np.minimum.at(lowest, classes, codes)
        groups = np.column_stack([groups, lowest])
    order = _shuffled_within(groups, rng)
    chosen = np.zeros(total, dtype=bool)
    chosen[order[(2 * np.arange(n) + 1) * total // (2 * n)]] = True  # n evenly spaced places
    rows = np.flatnonzero(chosen[classes])
    if photos is not None:
        turn = pd.Series(rng.permutation(len(rows))).groupby(classes[rows]).rank().to_numpy()
        rows = rows[turn <= photos]
    return rows


def official_parts(column: pd.Series) -> dict[str, np.ndarray]:
    """The rows of each part that a column names: train, val, test, query, gallery in this order, then others by name."""
    if column.isna().any():
        raise HrlibError(
            f"{column.name!r} is missing in {rows_text(np.flatnonzero(column.isna()))}: expected a part a row"
        )
    rank = {part: place for place, part in enumerate(PARTS)}
    parts = sorted(column.unique(), key=lambda part: (rank.get(part, len(rank)), str(part)))
    return {part: np.flatnonzero(column == part) for part in parts}


def _shuffled_within(groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random order of M things that keeps every group of (M, K) groups, fine to coarse, together."""
    keys = [rng.permutation(len(groups))]
    keys += [rng.permutation(column.max() + 1)[column] for column in groups.T]
    return np.lexsort(keys)
