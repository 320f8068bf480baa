"""Triplets graded by attribute match: the margin grows with the distance between the bins."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.losses.unit import cosines

AVERAGES = ("violated", "all")


def graded_excess(embeddings: Tensor, triplets: Tensor, bins: Tensor, *, margin: float) -> Tensor:
    """d2(a, p) - d2(a, n) + margin (bin_n - bin_p) of each triplet: (T,) fp32; a triplet above 0 violates its margin.

    Args:
        embeddings: (B, D); squared distances are those of the unit vectors, 0..4.
        triplets: (T, 3) int64, positions in the batch of anchor, positive, negative.
        bins: (T, 2) int64, the bin of the positive and that of the negative, which is farther.

    Raises:
        HrlibError: other shapes.
    """
    if embeddings.ndim != 2 or triplets.ndim != 2 or triplets.shape[1] != 3 or bins.shape != (len(triplets), 2):
        raise HrlibError(
            f"embeddings {tuple(embeddings.shape)}, triplets {tuple(triplets.shape)}, bins {tuple(bins.shape)}: expected (B, D), (T, 3) and "
            "(T, 2), as `GradedTripletBatches` makes them"
        )
    s = cosines(embeddings, embeddings)
    anchor, positive, negative = triplets.unbind(1)
    # d2 = 2 - 2s between unit vectors
    return 2 * (s[anchor, negative] - s[anchor, positive]) + margin * (bins[:, 1] - bins[:, 0])


def graded_triplet(
    embeddings: Tensor,
    triplets: Tensor,
    bins: Tensor,
    *,
    margin: float = 0.1,
    average: Literal["violated", "all"] = "violated",
) -> Tensor:
    """The mean of max(0, d2(a, p) - d2(a, n) + margin (bin_n - bin_p)): a scalar; see `GradedTripletLoss`. Arguments as of `graded_excess`."""
    return _mean(graded_excess(embeddings, triplets, bins, margin=margin).relu(), average)


class GradedTripletLoss(nn.Module):
    """The mean of max(0, d2(a, p) - d2(a, n) + margin (bin_n - bin_p)) over the triplets of `GradedTripletBatches`.

    Nadkarni, Dasararaju, Visually Similar Products Retrieval for Shopsy, 2022, arXiv 2210.04560, rank candidates at several levels by the
    percentage of attributes matched; the margin and its form are not published. Chosen here: squared distances between unit vectors, as
    FaceNet and "triplet-semi-hard" have them (twice the difference of cosines), and a margin that grows by the same amount with each bin.
    FaceNet's is .2 for its only step; .1 a step asks for .1 to .5 with six bins.

    Args:
        margin: a step between bins, in squared distance (0..4).
        average: over the "violated" triplets, as pytorch-metric-learning does for "triplet-semi-hard": triplets drawn ahead are soon mostly
            in order, and the mean over "all" would fade with them.

    Raises:
        HrlibError: a margin that is not above 0, or another average.
    """

    inputs = ("embeddings", "triplets", "bins")

    def __init__(self, margin: float = 0.1, average: Literal["violated", "all"] = "violated"):
        super().__init__()
        if not margin > 0 or average not in AVERAGES:
            raise HrlibError(
                f"margin={margin!r}, average={average!r}: expected a margin above 0 and one of {', '.join(AVERAGES)}"
            )
        self.margin, self.average = margin, average
        self.register_buffer("violated", torch.zeros((), dtype=torch.int64))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def forward(self, embeddings: Tensor, triplets: Tensor, bins: Tensor) -> Tensor:
        """The loss of `embeddings` (B, D): a scalar; 0, attached to the graph, without triplets."""
        excess = graded_excess(embeddings, triplets, bins, margin=self.margin)
        if self.training:
            self.violated += (excess > 0).sum()
            self.seen += len(excess)
        return _mean(excess.relu(), self.average)

    def report(self) -> dict[str, float]:
        """The share of triplets since the last report that violated their margin."""
        share = (self.violated / self.seen.clamp(min=1)).item()
        self.violated.zero_()
        self.seen.zero_()
        return {"violated": share}


def _mean(hinges: Tensor, average: str) -> Tensor:
    count = (hinges > 0).sum() if average == "violated" else hinges.new_tensor(len(hinges))
    return hinges.sum() / count.clamp(min=1)
