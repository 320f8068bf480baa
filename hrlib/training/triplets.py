"""Triplets graded by attribute match, mined offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hrlib.catalogue.attributes import MISSING, Attributes, match
from hrlib.errors import HrlibError
from hrlib.training.bins import GradedBins


@dataclass(frozen=True, eq=False)
class Triplets:
    """Anchors with a candidate from each bin: every two candidates of an anchor make a triplet, the one of the nearer bin is its positive.

    Attributes:
        anchors: (M,) int64.
        candidates: (M, bins) int64, nearest bin first, -1 where the bin is empty for the anchor.
    """

    anchors: np.ndarray
    candidates: np.ndarray

    @cached_property
    def triplets(self) -> np.ndarray:
        """(T, 3) int64: anchor, positive, negative; those of an anchor one after the other."""
        anchor, nearer, farther = self._pairs
        return np.column_stack(
            [self.anchors[anchor], self.candidates[anchor, nearer], self.candidates[anchor, farther]]
        )

    @cached_property
    def bins(self) -> np.ndarray:
        """(T, 2) int64: the bin of the positive and that of the negative, which is farther."""
        return np.column_stack(self._pairs[1:])

    @property
    def empty(self) -> np.ndarray:
        """(bins,) how many anchors had no candidate in each bin: it was passed over."""
        return (self.candidates < 0).sum(axis=0)

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        nearer, farther = np.triu_indices(self.candidates.shape[1], 1)
        there = self.candidates >= 0
        anchor, pair = np.nonzero(there[:, nearer] & there[:, farther])
        return anchor, nearer[pair], farther[pair]


class GradedTripletMiner:
    """Draws, for an anchor, an item from each bin of attribute match: same product, match >= .75, .5-.75, .25-.5, < .25, other category.

    Nadkarni, Dasararaju, Visually Similar Products Retrieval for Shopsy, 2022, arXiv 2210.04560, mine triplets offline, with candidates at
    several levels by the percentage of attributes matched, so that the relative order in the data is learned. The number of levels and
    where they lie are not published: these bins are chosen here. `hrlib.training.bins` says in which bin a pair is.

    It needs time by the square of the number of different combinations of values (44,072 fashion products: 5,045). An item of which too few
    attributes are known has only the first and the last bin. edges=() leaves one bin of matches: with products alone, or categories
    alone, those are then triplets by product and by category.

    Args:
        attributes: of N items.
        products: (N,) ints; items with the same are bin 0. -1: of no other's product. None: bin 0 is empty.
        categories: (N,) ints; items with another are the last bin, whatever matches. -1: unknown. None: the last bin is empty.
        edges: between the bins of matches, falling.
        minimum_overlap: attributes that must be known in both items; a pair with fewer is in no bin of matches.
        seed: of the drawing.

    Raises:
        HrlibError: no items, products or categories that are not an int an item, edges that do not fall or lie outside 0..1, an overlap
            outside 1..A.

    Example:
        >>> import numpy as np
        >>> from hrlib import Attributes
        >>> colours = Attributes(("hue", "tone"), np.array([[0, 0], [0, 0], [0, 1], [1, 1]]), (("red", "blue"), ("dark", "light")))
        >>> GradedTripletMiner(colours).counts[0].tolist()
        [0, 1, 1, 0, 1, 0]
    """

    def __init__(
        self,
        attributes: Attributes,
        *,
        products: np.ndarray | None = None,
        categories: np.ndarray | None = None,
        edges: Sequence[float] = (0.75, 0.5, 0.25),
        minimum_overlap: int = 2,
        seed: int = 0,
    ):
        if len(attributes) == 0:
            raise HrlibError("no items to draw triplets from: the attributes are of none")
        if list(edges) != sorted(set(edges), reverse=True) or not all(0 < edge <= 1 for edge in edges):
            raise HrlibError(
                f"edges are {tuple(edges)}: expected falling shares above 0 and up to 1, such as (.75, .5, .25)"
            )
        match(
            attributes.codes[:0], attributes.codes[:0], minimum_overlap
        )  # its error says what is wrong with the overlap
        self.attributes, self.edges, self.seed = attributes, tuple(edges), seed
        self._bins = GradedBins(
            attributes.codes,
            _ints("products", products, len(attributes)),
            _ints("categories", categories, len(attributes)),
            tuple(edges),
            minimum_overlap,
        )

    def __len__(self) -> int:
        return len(self.attributes)

    @cached_property
    def counts(self) -> np.ndarray:
        """How many items lie in each bin around each item, itself left out: (N, bins) int64."""
        return self._bins.counts(np.arange(len(self)))

    def epoch(self, number: int) -> Triplets:
        """All items as anchors, in order, each with an item drawn from each bin: a function of (seed, number) alone."""
        return self.draw(np.arange(len(self)), number)

    def draw(self, anchors: np.ndarray, number: int) -> Triplets:
        """These anchors (M,), of which some may be there twice, each with an item drawn from each bin: a function of them and (seed, number)."""
        rng = np.random.default_rng([self.seed, number])
        return Triplets(anchors, self._bins.draw(anchors, rng))

    def among(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Of each of some items (M,), one of the others in each bin, all of the bin equally likely: positions (M, bins), -1 where it is empty."""
        bins = self._bins.between(rows)
        chance = rng.random(bins.shape)
        there = bins[:, None] == np.arange(self._bins.n_bins)[:, None]  # (M, bins, M)
        return np.where(there.any(axis=2), np.where(there, chance[:, None], -1).argmax(axis=2), -1)


def _ints(name: str, values: np.ndarray | None, items: int) -> np.ndarray:
    """The products or categories as int64 (N,); -1 everywhere for None."""
    if values is None:
        return np.full(items, MISSING)
    values = np.asarray(values)
    if values.shape != (items,) or values.dtype.kind not in "iu" or values.min() < MISSING:
        raise HrlibError(
            f"{name} of shape {values.shape} and type {values.dtype}: expected {items} integers, one an item, -1 where there is none"
        )
    return values.astype(np.int64)
