"""The category of a photo, as its neighbours' classes say it, and results ranked again by it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError


def neighbour_votes(
    similarities: np.ndarray, labels: np.ndarray, n_classes: Sequence[int], temperature: float
) -> list[np.ndarray]:
    """The probabilities of the classes on each level: p_l(c) is the share of exp(s_i / temperature) that the neighbours of class c have.

    Weights of that form are those of the weighted nearest-neighbour classifier of Wu, Xiong, Yu, Lin, CVPR 2018 (non-parametric
    instance discrimination; from memory: temperature .07 there, with 200 neighbours). How many vote is chosen here.

    Args:
        similarities: (N,) cosines of the neighbours.
        labels: (N, L) their classes, fine to coarse; -1 where one is not known, which has no vote on that level.
        n_classes: C_l, the classes of each level.

    Returns:
        L arrays (C_l,) float64; each sums to 1, or is 0 throughout where no neighbour's class is known.
    """
    shifted = (similarities - similarities.max(initial=-np.inf)) / temperature if len(similarities) else similarities
    weights, found = np.exp(shifted.astype(np.float64)), []
    for column, count in zip(labels.T, n_classes, strict=True):
        there = column >= 0
        votes = np.bincount(column[there], weights[there], count)
        found.append(votes / (votes.sum() or 1))
    return found


def classifier_votes(given: np.ndarray, hierarchy: Hierarchy, level: int) -> list[np.ndarray]:
    """A classifier's probabilities (B, C_level) of B photos as `neighbour_votes` gives them: their mean, added up on coarser levels.

    On finer levels than the classifier's nothing is known: 0 throughout.
    """
    votes, count = np.asarray(given, np.float64), hierarchy.n_classes[level]
    good = (
        votes.ndim == 2 and votes.shape[1] == count and len(votes) and np.isfinite(votes).all() and (votes >= 0).all()
    )
    if not good or not np.allclose(votes.sum(axis=1), 1, atol=1e-3):
        raise HrlibError(
            f"the classifier gave {votes.shape}: expected a row a photo with the probabilities of the {count} classes of "
            f"level {hierarchy.levels[level]!r}, in the order of hierarchy.names[{level}], each row summing to 1"
        )
    found: list[np.ndarray] = [np.zeros(size) for size in hierarchy.n_classes]
    found[level] = votes.mean(axis=0)
    for position, parents in enumerate(hierarchy.parents[level:], level):
        found[position + 1] = np.bincount(parents, found[position], hierarchy.n_classes[position + 1])
    return found


def agreement(labels: np.ndarray, votes: Sequence[np.ndarray]) -> np.ndarray:
    """How well the classes of N items, labels (N, L), fit a photo's votes: the mean over the levels of p_l(the item's class), 0..1.

    An item of another class in the right superclass so gets part of it. -1 counts 0. Results are ranked again by
    similarity + weight * agreement. Chosen here.
    """
    columns = [np.append(level, 0.0)[column] for level, column in zip(votes, labels.T, strict=True)]  # -1: the last
    return np.mean(columns, axis=0) if len(labels) else np.zeros(0)
