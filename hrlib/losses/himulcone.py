"""HiMulConE: hierarchical multi-label contrastive learning with a penalty a level and the hierarchy constraint."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.losses.proxy import check_batch
from hrlib.losses.unit import cosines


class HiMulConELoss(nn.Module):
    """Zhang et al., Use All The Labels, CVPR 2022, arXiv 2204.13207: supervised contrast at every level of the hierarchy.

    With the levels l = 1 (finest) .. L, P_l(i) the samples of the batch whose lowest common ancestor with i is on level l, and A_l the anchors
    that have any:

        SupCon_l = mean over i in A_l of -1/|P_l(i)| sum_{p in P_l(i)} log( e^{s(i, p)/T} / sum_{a != i} e^{s(i, a)/T} )
        M_l      = max(SupCon_l, M_{l-1}), M_0 = -inf: a coarser level never has a lower loss than a finer one (the constraint)
        loss     = 1/L sum_l e^{1/l} M_l: the finest level has the greatest penalty

    Taken from the authors' code (loss type "hmce", T = .07, penalty `torch.exp` of 1/l in their training script), where the constraint is
    between the losses of whole levels. U: the article's own equations, which as summarised elsewhere take that maximum between pairs. Two
    changes, both so that the order of the batch does not matter: after each level the authors keep the first sample of each class as the only
    one; here all stay, as P_l already leaves out the pairs of finer levels. And an anchor without a positive is left out instead of giving nan,
    as is a level without anchors.

    Args:
        hierarchy: of the training items, fine to coarse.
        dim: dimensions of the embeddings.
        temperature: T.
        constraint: whether coarser levels are held above finer ones (False: HiMulCon, with M_l = SupCon_l).
    """

    def __init__(self, hierarchy: Hierarchy, dim: int, temperature: float = 0.07, constraint: bool = True):
        super().__init__()
        if not temperature > 0:
            raise HrlibError(f"temperature is {temperature}: expected a number above 0")
        self.dim, self.temperature, self.constraint = dim, temperature, constraint
        self.register_buffer("ancestors", torch.from_numpy(hierarchy.ancestors.copy()))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of `embeddings` (B, D) whose finest classes are `labels` (B,): a scalar; 0 where no two samples share a class."""
        check_batch(embeddings, labels, len(self.ancestors), self.dim)
        itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        s = cosines(embeddings, embeddings) / self.temperature
        log_p = s - s.masked_fill(itself, torch.finfo(s.dtype).min).logsumexp(1, keepdim=True)
        total, highest, nearer = 0 * s.sum(), None, itself
        for level, classes in enumerate(self.ancestors[labels].T, start=1):
            same = classes[:, None] == classes
            positive, nearer = same & ~nearer, same
            counts = positive.sum(1)
            if not counts.any():
                continue
            value = (-(log_p * positive).sum(1)[counts > 0] / counts[counts > 0]).mean()
            highest = value if highest is None or not self.constraint else torch.maximum(value, highest)
            total = total + math.exp(1 / level) * highest
        return total / self.ancestors.shape[1]
