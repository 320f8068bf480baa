"""The hierarchical proxy loss over a hierarchy that nobody wrote down: found by clustering the classes while they are trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.losses.clusters import assign, checked_clusters, k_means
from hrlib.losses.hierarchical import HierarchicalProxyLoss
from hrlib.losses.proxy import BaseLoss, check_batch
from hrlib.losses.unit import unit


class DiscoveredHierarchyLoss(HierarchicalProxyLoss):
    """L = sum_l w_l base(x, y_l; P_l), the coarse levels discovered by online clustering (Yang et al., WACV 2022, arXiv 2103.13538).

    1. For `warmup` iterations the loss is flat. (The article starts from a model that is trained at the finest level; here a few iterations
       did better, see below.)
    2. k-means assigns every finest class to a cluster, and with more levels the clusters are clustered in turn. The coarse proxies are the
       averages of the fine ones assigned to them.
    3. Every `every` iterations each class goes to the cluster that is nearest now; a cluster that all its classes have left gets the class
       that lies worst in its own.
    4. And so on to the end; once nothing moves any more the steps of 3 change nothing (`report` says what moved).

    Args:
        hierarchy: of the training items. Only its finest level is used to train.
        dim, base, **base_settings: as of `HierarchicalProxyLoss`.
        weights: one a level, fine to coarse: 1 + the number of discovered levels.
        clusters: how many on each discovered level, fine to coarse: 100, or (200, 20); None: the root of three times as many as the level below has
            (52 over 886 classes, where 50 was measured).
        warmup, every: in iterations (batches), counted in training mode.
        coarse: "average", the mean of the members as they are at each iteration; or "recalculated", only every `every` iterations, which
            carries no gradient to the fine proxies. "average" with coarse_gradient=False is between the two.
        cluster_by: what stands for a class in 2 and 3: its proxy, as in the article ("proxies"); or the running mean of its embeddings
            ("embeddings"), which says sooner and better what looks alike.
        momentum: of that running mean, a batch at a time.
        seed: of k-means.

    The article prints no weights, number of clusters, warm-up or T. The defaults here were measured (notebook 04 says how, and what did
    not help). Assignments, iteration and proxies are buffers and parameters: they are in every checkpoint.

    Example:
        >>> import pandas as pd, torch
        >>> from hrlib import Hierarchy
        >>> classes = Hierarchy.from_frame(pd.DataFrame({"class": list("abcdef")}))
        >>> loss = DiscoveredHierarchyLoss(classes, dim=8, clusters=2, warmup=1)
        >>> batch = torch.randn(4, 8), torch.tensor([0, 1, 2, 5])
        >>> [(loss(*batch).item() > 0, len(loss.level_proxies())) for _ in range(2)]
        [(True, 1), (True, 2)]
    """

    def __init__(
        self,
        hierarchy: Hierarchy,
        dim: int,
        base: str | BaseLoss = "proxy-anchor",
        weights: Sequence[float] = (1.0, 0.3),
        *,
        clusters: int | Sequence[int] | None = None,
        warmup: int = 8,
        every: int = 8,
        coarse: Literal["average", "recalculated"] = "average",
        coarse_gradient: bool = True,
        cluster_by: Literal["proxies", "embeddings"] = "embeddings",
        momentum: float = 0.7,
        seed: int = 0,
        **base_settings: float,
    ):
        finest = hierarchy.select(hierarchy.levels[:1])
        self.clusters = checked_clusters(clusters, len(weights), finest.n_classes[0])
        if warmup < 0 or every < 1 or not 0 <= momentum < 1:
            raise HrlibError(
                f"warmup={warmup}, every={every}, momentum={momentum}: expected iterations, warmup of 0 or more, every of 1 or more, and a "
                "momentum from 0 to below 1"
            )
        if coarse not in ("average", "recalculated") or cluster_by not in ("proxies", "embeddings"):
            raise HrlibError(
                f"coarse={coarse!r}, cluster_by={cluster_by!r}: expected 'average' or 'recalculated', and 'proxies' or 'embeddings'"
            )
        super().__init__(finest, dim, base, _checked_first(weights), coarse_gradient=coarse_gradient, **base_settings)
        self.weights = tuple(map(float, weights))
        self.levels = (*finest.levels, *cluster_levels(self.clusters))
        self.warmup, self.every, self.coarse, self.seed = warmup, every, coarse, seed
        classes = finest.n_classes[0]
        self.ancestors = torch.stack(
            [torch.arange(classes), *[torch.zeros(classes, dtype=torch.int64)] * len(self.clusters)], 1
        )
        self.register_buffer("iteration", torch.zeros((), dtype=torch.int64))
        self.register_buffer("moved", torch.full((), -1.0))  # -1: nothing has been assigned anew yet
        self.cluster_by, self.momentum = cluster_by, momentum
        if cluster_by == "embeddings":
            self.register_buffer("means", torch.zeros(classes, dim))
        if coarse == "recalculated":
            for number, count in enumerate(self.clusters):
                self.register_buffer(f"coarse_{number}", torch.zeros(count, dim))
        self.given = hierarchy.ancestors[:, 1] if hierarchy.depth > 1 else None

    @property
    def discovered(self) -> bool:
        """Whether the warm-up is over and there are coarse levels."""
        return int(self.iteration) > self.warmup

    def level_proxies(self) -> list[Tensor]:
        """The proxies of each level, fine to coarse (C_l, D); during the warm-up only the finest."""
        if not self.discovered:
            return [self.proxies]
        if self.coarse == "average":
            return super().level_proxies()
        return [self.proxies, *(getattr(self, f"coarse_{number}") for number in range(len(self.clusters)))]

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of `embeddings` (B, D) whose finest classes are `labels` (B,): a scalar. Counts an iteration in training mode."""
        if self.training and torch.is_grad_enabled():
            check_batch(embeddings, labels, *self.proxies.shape)
            self.iteration += 1
            self._follow(embeddings, labels)
            since = int(self.iteration) - 1 - self.warmup
            if since >= 0 and since % self.every == 0:
                self._update(first=since == 0)
        return super().forward(embeddings, labels)

    def hierarchy(self, given: Hierarchy) -> Hierarchy:
        """The discovered hierarchy over the rows of `given` (the training items): its finest level, then the clusters."""
        if not self.discovered:
            raise HrlibError(
                f"nothing is discovered before iteration {self.warmup + 1}; this loss has seen {int(self.iteration)}"
            )
        if given.n_classes[0] != len(self.ancestors):
            raise HrlibError(
                f"{given.n_classes[0]} classes, and a loss over {len(self.ancestors)}: give the training items' hierarchy"
            )
        frame = given.frame()[[given.levels[0]]]
        rows = self.ancestors.cpu().numpy()[given.column(0)]
        for level, (name, count) in enumerate(zip(self.levels[1:], self.clusters, strict=True), 1):
            frame[name] = [f"cluster {label:0{len(str(count - 1))}d}" for label in rows[:, level]]
        return Hierarchy.from_frame(frame)

    def report(self) -> dict[str, float]:
        """For a run's history: the share of classes that the last update moved, and the normalised mutual information of the first
        discovered level and the hierarchy's own second one, where it has one (it is only looked at, never trained on)."""
        if not self.discovered:
            return {}
        report = {"moved": float(self.moved)} if self.moved >= 0 else {}
        if self.given is not None:
            from sklearn.metrics import normalized_mutual_info_score  # only now: few losses need it

            report["nmi"] = float(normalized_mutual_info_score(self.given, self.ancestors[:, 1].cpu().numpy()))
        return report

    @torch.no_grad()
    def _follow(self, embeddings: Tensor, labels: Tensor) -> None:
        """Move the running means of the batch's classes towards their embeddings here; a class's first batch sets it."""
        if self.cluster_by == "embeddings":
            here = torch.zeros_like(self.means).index_add_(0, labels, unit(embeddings))
            present = torch.bincount(labels, minlength=len(here))[:, None] > 0
            moved = torch.lerp(unit(here), self.means, self.momentum * (self.means != 0).any(1, keepdim=True))
            self.means.copy_(torch.where(present, unit(moved), self.means))

    @torch.no_grad()
    def _update(self, first: bool) -> None:
        """Steps 2 and 3, level by level: the centres of one level are the points of the next."""
        fine = unit(self.proxies)
        points, before = fine, self.ancestors[:, 1].clone()
        if self.cluster_by == "embeddings":  # a class that no batch has held yet is where its proxy is
            points = torch.where((self.means != 0).any(1, keepdim=True), self.means, fine)
        columns = [torch.arange(len(points), device=points.device)]
        for number, count in enumerate(self.clusters):
            if first:
                centres = k_means(points, count, self.seed + number)
            else:  # of the members as they are now: the embedding space has moved on since the last update
                parents = torch.empty(len(points), dtype=torch.int64, device=points.device)
                parents[self.ancestors[:, number]] = self.ancestors[:, number + 1]
                centres = points.new_zeros(count, points.shape[1]).index_add_(0, parents, points)
            assigned = assign(points, centres)
            columns.append(assigned[columns[-1]])
            points = unit(torch.zeros_like(centres).index_add_(0, assigned, points))
            if self.coarse == "recalculated":
                getattr(self, f"coarse_{number}").zero_().index_add_(0, columns[-1], fine)
        self.ancestors.copy_(torch.stack(columns, 1))
        self.moved.fill_(-1.0 if first else (before != self.ancestors[:, 1]).float().mean())


def cluster_levels(clusters: Sequence[int]) -> tuple[str, ...]:
    """The names of discovered levels: "cluster", or with several "200 clusters", "20 clusters"."""
    return ("cluster",) if len(clusters) == 1 else tuple(f"{count} clusters" for count in clusters)


def _checked_first(weights: Sequence[float]) -> tuple[float, ...]:
    if not (all(0 <= float(weight) < float("inf") for weight in weights) and weights[0]):
        raise HrlibError(
            f"weights are {tuple(weights)}: expected finite numbers of 0 or more, the first above 0 (the warm-up trains on it alone)"
        )
    return (float(weights[0]),)
