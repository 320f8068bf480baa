"""The metrics of a whole hierarchy, from the level of agreement at each rank: AP, H-AP, NDCG, ASI and AHD@k.

`lev` of an item is the number of levels, 0 to L, on which it and the query have the same class. The L levels are those
of the `Hierarchy`; the root above them, in which all items agree, does not count. Items that agree on no level are part
of the ranking and are worth nothing.

H-AP, ASI and NDCG as in Ramzi et al., "Hierarchical average precision training for pertinent image retrieval", ECCV
2022; ASI is of Sun et al., "Dynamic metric learning", CVPR 2021; AHD@k of Bertinetto et al., CVPR 2020.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def hierarchical_metrics(agreement: np.ndarray, at_least: np.ndarray, ks: Sequence[int]) -> np.ndarray:
    """The metrics of c queries (c, L + 3 + len(ks)), float64: AP of each level, fine to coarse, H-AP, NDCG, ASI, AHD@k.

    NaN where nothing is relevant: for AP no item has the query's class on that level, for the others on any level.

    Args:
        agreement: (c, n) int8, `lev` of the item at each rank: of the whole ranking.
        at_least: (c, L) how many items of the ranking agree on l levels or more, l = 1 ... L.
        ks: for AHD@k.
    """
    exactly = at_least - np.pad(at_least[:, 1:], ((0, 0), (0, 1)))
    counts, discounts = _sums_over_hits(agreement, at_least)
    none = np.where(at_least[:, :1] > 0, 0.0, np.nan)
    heights = [(at_least.shape[1] - agreement[:, :k]).mean(axis=1) for k in ks]
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 = NaN: nothing is relevant
        precisions = _average_precisions(counts, at_least)
        whole = [_h_ap(counts, exactly), _ndcg(discounts, at_least, agreement.shape[1]), _asi(agreement, at_least)]
    return np.column_stack([precisions, np.column_stack([*whole, *heights]) + none])


def _sums_over_hits(agreement: np.ndarray, at_least: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What AP, H-AP and NDCG are made of, summed over the ranks k at which an item agrees on exactly m levels.

    (c, L, L): of the number of items that agree on exactly l, up to and with k, divided by k, at [:, m - 1, l - 1].
    (c, L): of the discounts 1 / log2(1 + k), at [:, m - 1].
    """
    c, depth = at_least.shape
    hits = np.flatnonzero(agreement != 0)
    level, query = agreement.reshape(-1)[hits], np.repeat(np.arange(c), at_least[:, 0])
    index = hits - query * agreement.shape[1]  # k - 1
    cell = query * depth + (level - 1)
    ends = np.cumsum(at_least[:, 0])
    ranks, discount = np.arange(1, agreement.shape[1] + 1), _discounts(agreement.shape[1])
    discounts = np.bincount(cell, weights=discount[index], minlength=c * depth).reshape(c, depth)
    reciprocal = (1 / ranks)[index]
    counts = np.empty((c, depth, depth))
    for at in range(depth):
        running = np.concatenate([[0], np.cumsum(level == at + 1)])
        running = running[1:] - running[ends - at_least[:, 0]][query]
        counts[:, :, at] = np.bincount(cell, weights=running * reciprocal, minlength=c * depth).reshape(c, depth)
    return counts, discounts


def _average_precisions(counts: np.ndarray, at_least: np.ndarray) -> np.ndarray:
    """AP of each level (c, L), fine to coarse: the mean over its relevant items of the precision at their rank."""
    depth = at_least.shape[1]
    return np.column_stack([counts[:, at:, at:].sum(axis=(1, 2)) / at_least[:, at] for at in reversed(range(depth))])


def _h_ap(counts: np.ndarray, exactly: np.ndarray) -> np.ndarray:
    """H-AP (c,): sum over the items with rel > 0 of Hrank(k) / k, divided by sum rel.

    rel = (l / L) / |items at exactly l| of an item that agrees on exactly l levels (alpha = 1), and Hrank(k) = rel(k) +
    sum_{j before k} min(rel_j, rel_k). The size of a level is counted in the gallery, the query left out.
    """
    depth = exactly.shape[1]
    rel = np.where(exactly > 0, np.arange(1, depth + 1) / depth / np.maximum(exactly, 1), 0.0)
    h_ranks = np.minimum(rel[:, :, None], rel[:, None, :]) * counts
    return h_ranks.sum(axis=(1, 2)) / (rel * exactly).sum(axis=1)


def _ndcg(discounts: np.ndarray, at_least: np.ndarray, n: int) -> np.ndarray:
    """NDCG (c,) of the whole ranking: gain 2^lev - 1, discount log2(1 + rank), over that of the items by falling lev."""
    gains = 2.0 ** np.arange(1, at_least.shape[1] + 1) - 1
    ideal = np.concatenate([[0], np.cumsum(_discounts(n))])[at_least]  # of all ranks down to the last at l or more
    ideal -= np.pad(ideal[:, 1:], ((0, 0), (0, 1)))
    return (discounts @ gains) / (ideal @ gains)


def _asi(agreement: np.ndarray, at_least: np.ndarray) -> np.ndarray:
    """ASI (c,): the mean over k = 1 ... R of 1/k sum_l min(n_l in the top k, n_l in the ideal top k), l = 1 ... L.

    n_l counts the items at exactly l; the ideal list has the items by falling lev; R = all that agree on any level.
    """
    relevant = at_least[:, :1]
    k = np.arange(1, max(1, int(relevant.max())) + 1)
    top, both = agreement[:, : len(k)], np.zeros((len(agreement), len(k)))
    for at in range(at_least.shape[1]):
        found = np.cumsum(top == at + 1, axis=1, dtype=np.int32)
        better = at_least[:, at + 1 : at + 2] if at + 1 < at_least.shape[1] else 0
        both += np.minimum(found, np.clip(k - better, 0, at_least[:, at : at + 1] - better))
    both /= k
    both[k > relevant] = 0
    return both.sum(axis=1) / relevant[:, 0]


def _discounts(n: int) -> np.ndarray:
    return 1 / np.log2(np.arange(2, n + 2))
