"""Batches of graded triplets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hrlib.errors import HrlibError
from hrlib.training.triplets import GradedTripletMiner, Triplets


class GradedTripletBatches:
    """Batches of anchors, each with its candidates, for `fit(..., batches=)` and `GradedTripletLoss`.

    A batch is {"rows": (B,) items, "triplets": (T, 3) positions in the batch of anchor, positive, negative, "bins": (T, 2) of the positive and of
    the negative}; the miner's items are the training catalogue's. An anchor and its candidates, drawn from all items, are six or seven photos. The
    candidates are anchors in their turn, with candidates drawn from the batch: that costs no photo, and makes of some two hundred triplets
    over a thousand. B is at most `batch_size`, and less only where the next anchor would not fit. An item that is in a batch more than once is
    augmented in different ways.

    An epoch has as many batches as `ClassBalancedBatches` of the same size, so about as many photos, and therefore a fifth or sixth of the
    items as anchors. Anchors come in shuffled rounds, an epoch being the next part of a round. Items with candidates in fewer than two bins
    make no triplet and are no anchors. Every epoch is a function of (seed, epoch) alone.

    Args:
        miner: where anchors and candidates come from, and the seed.
        batch_size: photos a batch, at most.

    Raises:
        HrlibError: a batch that an anchor with its candidates does not fit into, or no anchors.
    """

    def __init__(self, miner: GradedTripletMiner, batch_size: int):
        photos = 1 + (miner.counts > 0).sum(axis=1)
        self.anchors = np.flatnonzero(photos > 2)
        if len(self.anchors) == 0:
            raise HrlibError(
                f"none of {len(miner)} items has others in two bins, as a triplet needs: give products or categories, lower the "
                "minimum_overlap or set other edges"
            )
        if batch_size < photos.max():
            raise HrlibError(
                f"batch_size is {batch_size}: expected at least {photos.max()}, an anchor with a candidate from each bin"
            )
        self.miner, self.batch_size, self.photos = miner, batch_size, photos

    def __len__(self) -> int:
        """Batches an epoch: as many as the items fill, at least one."""
        return max(1, round(len(self.miner) / self.batch_size))

    def epoch(self, number: int) -> Iterator[dict[str, np.ndarray]]:
        """The batches of epoch `number`."""
        anchors = self._order(number)
        filled = self.photos[anchors].cumsum()
        ends = [0]
        for _ in range(len(self)):
            before = filled[ends[-1] - 1] if ends[-1] else 0
            ends.append(int(np.searchsorted(filled, before + self.batch_size, side="right")))
        drawn = self.miner.draw(anchors[: ends[-1]], number)
        rng = np.random.default_rng([self.miner.seed, number, 2])
        for start, end in zip(ends[:-1], ends[1:], strict=True):
            photos = np.column_stack([drawn.anchors[start:end], drawn.candidates[start:end]])
            yield self._batch(photos, rng)

    def _batch(self, photos: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Anchors, each before its candidates (M, 1 + bins), as a batch in which every photo has candidates."""
        there = photos >= 0
        rows, places = photos[there], np.where(there, there.cumsum().reshape(there.shape) - 1, -1)
        candidates = self.miner.among(rows, rng)
        candidates[places[:, 0]] = places[:, 1:]
        local = Triplets(np.arange(len(rows)), candidates)
        return {"rows": rows, "triplets": local.triplets, "bins": local.bins}

    def _order(self, number: int) -> np.ndarray:
        """Anchors enough for the batches of an epoch: a round's next part and what follows it, or several rounds."""
        wanted, there = len(self) * self.batch_size, self.photos[self.anchors].sum()
        parts = max(1, there // wanted)
        turn, part = divmod(number, parts)
        rng = np.random.default_rng([self.miner.seed, turn, 1])  # not the generator that draws candidates
        rounds = [rng.permutation(self.anchors) for _ in range(-(-wanted // there))]
        return np.roll(np.concatenate(rounds), -(part * len(self.anchors) // parts))
