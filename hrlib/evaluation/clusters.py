"""How far discovered clusters agree with a hierarchy that is known."""

from __future__ import annotations

import numpy as np


def purity(found: np.ndarray, truth: np.ndarray) -> float:
    """The share of classes whose cluster's majority has their own superclass (Manning et al., 2008, section 16.3); labels (N,) each.

    It grows with the number of clusters and is 1 for clusters of one. The NMI grows too, though less: read both beside those of shuffled clusters.
    """
    table = np.zeros((int(found.max()) + 1, int(truth.max()) + 1), np.int64)
    np.add.at(table, (found, truth), 1)
    return float(table.max(1).sum() / len(found))
