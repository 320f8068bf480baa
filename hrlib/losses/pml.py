"""Losses of pytorch-metric-learning behind the same call as ours: loss(embeddings, labels)."""

from __future__ import annotations

import torch
from pytorch_metric_learning.losses import CrossBatchMemory
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.losses.proxy import check_batch
from hrlib.losses.unit import unit


class PeerLoss(nn.Module):
    """A loss of pytorch-metric-learning, with its miner if the method has one.

    It always computes in fp32, whatever the embeddings are: under bf16 autocast the library would turn the loss's own parameters into bf16.
    A batch without a pair or a triplet has the loss zero, attached to the graph.

    Args:
        loss: a loss of the library; its parameters are this module's.
        classes, dim: the number of finest classes and of dimensions, which every batch is checked against.
        miner: a miner of the library, or None.
        scale: the embeddings are handed over with this length instead of their own; None leaves them alone.
    """

    def __init__(
        self, loss: nn.Module, classes: int, dim: int, miner: nn.Module | None = None, scale: float | None = None
    ):
        super().__init__()
        self.loss, self.miner = loss, miner
        self.classes, self.dim, self.scale = classes, dim, scale

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of `embeddings` (B, D) whose finest classes are `labels` (B,): a scalar."""
        check_batch(embeddings, labels, self.classes, self.dim)
        with torch.autocast(embeddings.device.type, enabled=False):
            x = embeddings.float() if self.scale is None else unit(embeddings) * self.scale
            return self.loss(x, labels, self.miner(x, labels) if self.miner else None)


class Memory(CrossBatchMemory):
    """The library's cross-batch memory as its authors use it, and with all of its state in the state_dict.

    As in the authors' code (Wang et al., CVPR 2020) the loss within the batch is kept, and that between the batch and the memory is added to
    it, after the first `start` iterations, in which embeddings still change too quickly to be remembered. The library keeps the position in
    the queue and whether it has been filled as plain attributes, so that a resumed run would start with an empty memory.

    Args:
        loss, dim, size: of the library; the number of embeddings remembered.
        weight: of the part between the batch and the memory.
        start: iterations without it.
    """

    def __init__(self, loss: nn.Module, dim: int, size: int, weight: float, start: int):
        super().__init__(loss, dim, size)
        self.weight, self.start, self.iteration = weight, start, 0

    def forward(self, embeddings: Tensor, labels: Tensor, indices_tuple=None) -> Tensor:
        if len(embeddings) > self.memory_size:
            raise HrlibError(
                f"a batch of {len(embeddings)} does not fit into a memory of {self.memory_size}: "
                "give a memory_size of at least the batch size"
            )
        self.iteration += 1
        within = self.loss(embeddings, labels, indices_tuple)
        if self.iteration <= self.start:
            return within
        return within + self.weight * super().forward(embeddings, labels, indices_tuple)

    def get_extra_state(self) -> Tensor:
        return torch.tensor([self.queue_idx, int(self.has_been_filled), self.iteration])

    def set_extra_state(self, state: Tensor) -> None:
        self.queue_idx, filled, self.iteration = state.tolist()
        self.has_been_filled = bool(filled)


class MergeCentres(nn.Module):
    """SoftTriple's regulariser (Qian et al., ICCV 2019): centres of a class that need not differ are drawn together.

    sum over classes and pairs s < t of their K centres of sqrt(2 - 2 w_s.w_t) / (C K (K - 1)). pytorch-metric-learning's
    `SparseCentersRegularizer` gives the same, from a matrix over all centres of all classes: at 11,318 classes with 10 centres that would be
    51 GB. 1e-5 under the root, as in the authors' code, keeps the gradient of centres that have met finite.
    """

    def __init__(self, centers_per_class: int):
        super().__init__()
        self.centers_per_class = centers_per_class
        self.register_buffer("pairs", torch.triu_indices(centers_per_class, centers_per_class, 1), persistent=False)

    def forward(self, centres: Tensor) -> Tensor:
        """`centres` (C K, D), the K of a class one after the other: a scalar."""
        w = unit(centres).view(-1, self.centers_per_class, centres.shape[1])
        cosine = (w @ w.mT)[:, self.pairs[0], self.pairs[1]]
        return (2 - 2 * cosine.clamp(max=1) + 1e-5).sqrt().mean() / 2
