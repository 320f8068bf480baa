"""The hierarchical proxy loss (HPL): one proxy a class at every level of a hierarchy, the coarse ones calculated from the fine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.losses.proxy import BASES, BaseLoss, check_labels
from hrlib.losses.unit import unit
from hrlib.settings import nearest


class HierarchicalProxyLoss(nn.Module):
    """L = sum_l w_l base(x, y_l; P_l) (Yang et al., WACV 2022, arXiv 2103.13538), over a hierarchy that is given.

    Only the finest proxies are parameters. The proxy of a coarse class is the mean of its members' normalised proxies, so that it
    follows them at every step. One weight is the flat loss: the very same code with one level.

    Args:
        hierarchy: of the training items; its finest classes get a proxy each.
        dim: dimensions of the embeddings.
        base: "proxy-anchor", "proxy-nca", "proxy-nca++", or a function of (embeddings, labels, proxies) that returns a scalar.
        weights: one a level, fine to coarse; the hierarchy's levels beyond the last weight are not used. 0 leaves a level out.
            The article does not print its weights: 0.3 was chosen on validation classes of fashion product groups.
        coarse_gradient: whether the gradient of a coarse level flows through the mean to the fine proxies (True), or only to the
            embeddings (False).
        **base_settings: handed to the base at every level, such as alpha=16.

    Example:
        >>> import pandas as pd, torch
        >>> from hrlib import Hierarchy
        >>> table = pd.DataFrame({"class": ["mug", "pan", "boot"], "superclass": ["kitchen", "kitchen", "footwear"]})
        >>> loss = HierarchicalProxyLoss(Hierarchy.from_frame(table), dim=8, weights=(1.0, 0.3))
        >>> [tuple(p.shape) for p in loss.level_proxies()]
        [(3, 8), (2, 8)]
        >>> loss(torch.randn(4, 8), torch.tensor([0, 1, 2, 2])).shape
        torch.Size([])
    """

    def __init__(
        self,
        hierarchy: Hierarchy,
        dim: int,
        base: str | BaseLoss = "proxy-anchor",
        weights: Sequence[float] = (1.0, 0.3),
        *,
        coarse_gradient: bool = True,
        **base_settings: float,
    ):
        super().__init__()
        self.weights = _checked_weights(weights, hierarchy)
        self.levels = hierarchy.levels[: len(self.weights)]
        self.base = partial(_base(base), **base_settings)
        self.coarse_gradient = coarse_gradient
        ancestors = torch.from_numpy(hierarchy.ancestors[:, : len(self.weights)].copy())
        self.register_buffer("ancestors", ancestors)
        # the authors' initialisation of Proxy-Anchor; only the directions matter to the loss, the length sets how fast they turn
        self.proxies = nn.Parameter(nn.init.kaiming_normal_(torch.empty(len(ancestors), dim), mode="fan_out"))

    def level_proxies(self) -> list[Tensor]:
        """The proxies of each level, fine to coarse: (C_l, D), the coarse ones as sums of unit vectors (their direction is the mean's)."""
        fine = unit(self.proxies)
        members = fine if self.coarse_gradient else fine.detach()
        coarse = [
            members.new_zeros(int(parent.max()) + 1, members.shape[1]).index_add(0, parent, members)
            for parent in self.ancestors.T[1:]
        ]
        return [self.proxies, *coarse]

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of `embeddings` (B, D) whose finest classes are `labels` (B,): a scalar."""
        check_labels(labels, len(embeddings), len(self.ancestors))
        terms = [
            weight * self.base(embeddings, self.ancestors[labels, level], proxies)
            # not strict: a hierarchy that is discovered has no coarse levels before its warm-up is over
            for level, (weight, proxies) in enumerate(zip(self.weights, self.level_proxies(), strict=False))
            if weight
        ]
        return torch.stack(terms).sum()

    def extra_repr(self) -> str:
        """Levels, weights and the number of proxies, for `print(loss)`."""
        counts = ", ".join(
            f"{name}: {int(self.ancestors[:, level].max()) + 1} proxies x {self.weights[level]:g}"
            for level, name in enumerate(self.levels)
        )
        return f"{self.base.func.__name__}, {counts}"


def _base(base: str | BaseLoss) -> BaseLoss:
    if callable(base):
        return base
    if base not in BASES:
        raise HrlibError(
            f"no base loss is called {base!r}; {nearest(base, BASES)}, or a function of (embeddings, labels, proxies)"
        )
    return BASES[base]


def _checked_weights(weights: Sequence[float], hierarchy: Hierarchy) -> tuple[float, ...]:
    weights = tuple(float(weight) for weight in weights)
    if not 1 <= len(weights) <= hierarchy.depth:
        raise HrlibError(
            f"{len(weights)} weights for a hierarchy of {hierarchy.depth} levels ({', '.join(hierarchy.levels)}): "
            f"expected one a level, fine to coarse, or fewer; weights=(1.0,) is the flat loss"
        )
    if not all(0 <= weight < float("inf") for weight in weights) or not any(weights):
        raise HrlibError(f"weights are {weights}: expected finite numbers of 0 or more, at least one above 0")
    return weights
