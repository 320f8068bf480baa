"""New items in a picture that has no formula: UMAP's and t-SNE's."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hrlib.evaluation import neighbours
from hrlib.evaluation.vectors import repeated_rows

NEAR = 1e-6  # squared distances of unit vectors in float32 below this are 0 and rounding


def among_nearest(new: Tensor, old: Tensor, coordinates: np.ndarray, k: int) -> np.ndarray:
    """The mean of the coordinates of the k nearest originals, weighted by one over the squared distance in the space.

    Shepard's interpolation (1968). umap-learn and openTSNE start from a mean of the nearest, too, when they `transform`. A mean lies
    amid its neighbours: a new item that is unlike all originals is drawn among them all the same. An item that equals an original,
    bit by bit, gets its point (where several originals are equal, the first's).

    Args:
        new: (M, D) and old (N, D): unit vectors, float32; coordinates: (N, 2), of the old ones.

    Returns:
        (M, 2) float32.
    """
    found, similarity = neighbours(new, k, gallery=old)
    weights = 1.0 / np.maximum(2.0 - 2.0 * similarity.astype(np.float64), NEAR)
    weights /= weights.sum(axis=1, keepdims=True)
    placed = np.einsum("mk,mkd->md", weights, coordinates[found])
    # looked up, since norms are unit only up to a tolerance: an item need not be most similar to itself
    rows, first = (x.numpy() for x in repeated_rows(torch.cat([old, new])))
    known = (rows >= len(old)) & (first < len(old))
    placed[rows[known] - len(old)] = coordinates[first[known]]
    return placed.astype(np.float32)
