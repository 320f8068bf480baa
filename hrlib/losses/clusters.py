"""Clusters of unit vectors: k-means to begin with, and one step of it at a time afterwards."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from hrlib.errors import HrlibError
from hrlib.losses.unit import unit


def k_means(points: Tensor, clusters: int, seed: int = 0) -> Tensor:
    """The centres (K, D) of the best of four runs of scikit-learn's k-means on points (N, D)."""
    from sklearn.cluster import KMeans  # only now: few losses need it

    found = KMeans(clusters, n_init=4, random_state=seed).fit(points.detach().cpu().double().numpy())
    return torch.from_numpy(found.cluster_centers_).to(points)


def assign(points: Tensor, centres: Tensor) -> Tensor:
    """The most similar of the centres (K, D) for each of the unit vectors (N, D), N >= K: (N,) int64, with no centre left empty.

    A centre that no point is nearest to takes the point that is least similar to its own, out of those that leave somebody behind.
    """
    similarity = points @ unit(centres).T
    best, assigned = similarity.max(1)
    counts = torch.bincount(assigned, minlength=len(centres))
    for empty in (counts == 0).nonzero().flatten().tolist():
        worst = int(best.masked_fill(counts[assigned] < 2, torch.inf).argmin())
        counts[assigned[worst]] -= 1
        counts[empty], assigned[worst], best[worst] = 1, empty, torch.inf
    return assigned


def checked_clusters(clusters: int | Sequence[int] | None, levels: int, classes: int) -> tuple[int, ...]:
    """The number of clusters on each discovered level, one a weight after the first, fewer on every level than on the one below."""
    if clusters is None:
        clusters, below = [], classes
        for _ in range(levels - 1):
            below = max(1, min(below - 1, round((3 * below) ** 0.5)))
            clusters.append(below)
    counts = (clusters,) if isinstance(clusters, int) else tuple(clusters)
    if len(counts) != levels - 1 or not counts:
        raise HrlibError(
            f"clusters {counts} for {levels} weights: expected a number for every weight after the first, at least one"
        )
    for finer, coarser in itertools.pairwise((classes, *counts)):
        if not 1 <= coarser < finer:
            raise HrlibError(
                f"clusters are {counts} over {classes} classes: expected fewer on every level than on the one below, and at least 1"
            )
    return counts
