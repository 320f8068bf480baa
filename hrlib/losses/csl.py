"""Cross-Scale Learning (CSL), the loss of Dynamic Metric Learning: one reference for the margins of all levels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.losses.proxy import check_batch
from hrlib.losses.unit import cosines


class CrossScaleLoss(nn.Module):
    """Sun et al., Dynamic Metric Learning, CVPR 2021, arXiv 2103.11781.

    A sample's similarity to the proxy p_y of its finest class is the reference of every level; from it each level keeps the proxies of that
    level's other classes away, by a margin that grows from fine to coarse:

        L = sum_l mean over x of log(1 + sum_{p: class of p on level l is not x's} e^{scale (s(x, p) - s(x, p_y) + m_l)})

    Each level is so the softmax with a margin of CosFace, and one level is CosFace itself. That the reference within the class is that of the
    finest scale is the article's idea (2H: read in summaries of it); the formula, the sum over levels, scale 32 and the margins .25, .35, .45
    of three levels are those of the implementation that HAPPIER (Ramzi et al., ECCV 2022) compares with. U: the article's own equation, margins
    and initial proxies, and margins for other than three levels, which go on in steps of .1 here. Uniform initial proxies: as in HAPPIER.

    Args:
        hierarchy: of the training items; its finest classes get a proxy each.
        dim: dimensions of the embeddings.
        margins: one a level, fine to coarse; the hierarchy's levels beyond the last are not used. None: .25, .35, .45, ... for all levels.
        scale: of the cosines.
    """

    def __init__(self, hierarchy: Hierarchy, dim: int, margins: Sequence[float] | None = None, scale: float = 32.0):
        super().__init__()
        margins = [0.25 + 0.1 * level for level in range(hierarchy.depth)] if margins is None else list(margins)
        if not 1 <= len(margins) <= hierarchy.depth:
            raise HrlibError(
                f"{len(margins)} margins for a hierarchy of {hierarchy.depth} levels ({', '.join(hierarchy.levels)}): "
                f"expected 1 (CosFace) to {hierarchy.depth}, fine to coarse"
            )
        if hierarchy.n_classes[0] < 2:
            raise HrlibError("the hierarchy has one class: CSL compares with the other classes and needs at least 2")
        self.margins, self.scale = margins, scale
        self.register_buffer("ancestors", torch.from_numpy(hierarchy.ancestors[:, : len(margins)].copy()))
        self.proxies = nn.Parameter(torch.empty(len(self.ancestors), dim).uniform_(-1, 1) / math.sqrt(dim))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of `embeddings` (B, D) whose finest classes are `labels` (B,): a scalar."""
        check_batch(embeddings, labels, *self.proxies.shape)
        s = cosines(embeddings, self.proxies) * self.scale
        reference = s.gather(1, labels[:, None]).squeeze(1)
        terms = []
        for margin, classes in zip(self.margins, self.ancestors.T, strict=True):
            own = classes[labels, None] == classes
            # the lowest number rather than -inf: a level with one class then has the loss 0 and the gradient 0
            other = s.masked_fill(own, torch.finfo(s.dtype).min).logsumexp(1)
            terms.append(F.softplus(other - reference + margin * self.scale).mean())
        return torch.stack(terms).sum()
