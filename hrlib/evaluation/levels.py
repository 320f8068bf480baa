"""The metrics of one level, from which ranks are relevant: Recall@k, R-precision, MAP@R and the severity of mistakes.

The definitions are those of Musgrave, Belongie and Lim, "A metric learning reality check", ECCV 2020 (R-precision,
MAP@R), and of Bertinetto et al., "Making better mistakes", CVPR 2020 (severity).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def level_metrics(relevant: Tensor, count: Tensor, heights: Tensor, ks: Sequence[int]) -> Tensor:
    """The metrics of c queries at one level (c, len(ks) + 3), float64: recall@k of each k, R-precision, MAP@R, severity.

    NaN where a query has nothing relevant; severity also where the first hit is right.

    Args:
        relevant: (c, n) bool, whether the item at each rank is relevant, down to the largest count and the largest k
            or further; overwritten.
        count: (c,) how many relevant items each query has in the gallery.
        heights: (c,) the height of the lowest common ancestor of query and first hit.
        ks: for recall@k.
    """
    none = torch.where(count > 0, 0.0, torch.nan).double()
    recalls = [relevant[:, :k].any(dim=1) + none for k in ks]
    severity = torch.where(relevant[:, 0], torch.nan, heights.double()) + none
    ranks = torch.arange(1, max(1, int(count.max())) + 1, device=count.device)
    inside = relevant[:, : len(ranks)]
    inside &= ranks <= count[:, None]
    hits = inside.cumsum(dim=1, dtype=torch.int32)
    r_precision = hits[:, -1].double() / count  # 0 / 0 = NaN: nothing is relevant
    precisions = hits.double().div_(ranks).mul_(inside)
    map_at_r = precisions.cumsum_(dim=1)[:, -1] / count  # added rank by rank, as the formula is written
    return torch.stack([*recalls, r_precision, map_at_r, severity], dim=1)


def agreement(asked: Tensor, found: Tensor, ranked: Tensor) -> Tensor:
    """On how many levels each query and the item at each rank agree: (c, n) int8.

    In a tree they agree on a level and all coarser ones, or not: a number says which.

    Args:
        asked: (L, c) labels of the queries and `found` (L, N) of the gallery, fine to coarse.
        ranked: (c, n) int64 gallery rows by rank.
    """
    if ranked.shape[1] * 4 < found.shape[1]:  # only some: look each up
        levels = torch.zeros(ranked.shape, dtype=torch.int8, device=ranked.device)
        for here, there in zip(asked, found, strict=True):
            levels += there[ranked] == here[:, None]
        return levels
    levels = torch.zeros(len(ranked), found.shape[1], dtype=torch.int8, device=ranked.device)
    for here, there in zip(asked, found, strict=True):
        levels += there == here[:, None]
    return levels.gather(1, ranked)
