"""The items around an anchor in bins, nearest first, by product, by the share of attributes that match, and by category.

Bins of a pair, the first that applies:

0                     the same product
len(edges) + 2        another category, whatever the match
none                  fewer attributes known in both than the minimum overlap
1 ... len(edges) + 1  by the share that matches: at least edges[0], at least edges[1], ..., less than all edges
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hrlib.catalogue.attributes import MISSING, match

PAIRS = 2**21  # combinations x items that are looked at together: about 100 MB


class GradedBins:
    """Counts the items in each bin around an anchor, and draws from them exactly and uniformly.

    There are far fewer combinations of values than items (44,072 fashion products have 5,045), so the bins are those of pairs of combinations,
    computed a chunk at a time and never kept. A chunk lays all items in a row, nearest bin first; an item is drawn by its rank there. The
    anchor's own product, the anchor with it, is not in that row: its items are stepped over.

    Args:
        codes: (N, A) attributes, -1 where missing.
        products: (N,) ints, -1 where an item shares its product with no other.
        categories: (N,) ints, -1 where unknown: such a pair is not of another category.
        edges: falling shares between the bins of matches.
        minimum_overlap: attributes that must be known in both for the match to count.
    """

    def __init__(
        self,
        codes: np.ndarray,
        products: np.ndarray,
        categories: np.ndarray,
        edges: Sequence[float],
        minimum_overlap: int,
    ):
        self.edges, self.minimum_overlap, self.n_bins = edges, minimum_overlap, len(edges) + 3
        described, combination, self.size = np.unique(
            np.column_stack([codes, categories]), axis=0, return_inverse=True, return_counts=True
        )
        self.codes, self.category, self.combination = described[:, :-1], described[:, -1], combination.reshape(-1)
        self.start = _before(self.size)
        alone = products.max(initial=0) + 1 + np.arange(len(codes))
        products = np.unique(np.where(products == MISSING, alone, products), return_inverse=True)[1]
        self.by_product = np.argsort(products, kind="stable")
        self.product_size = np.bincount(products)
        self.product, self.product_start = products, _before(self.product_size)
        self.place = np.empty_like(products)  # of an item among those of its product
        self.place[self.by_product] = np.arange(len(products)) - self.product_start[products[self.by_product]]
        # a cell: the items of one combination and one product; they lie one after the other in self.items
        self.items = np.lexsort((products, self.combination))
        pairs = np.stack([self.combination, products])[:, self.items]
        first = np.flatnonzero(np.append(True, (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)))
        self.cell_combination, self.cell_product = pairs[:, first]
        self.cell_size = np.diff(first, append=len(products))
        self.cell_place = first - self.start[self.cell_combination]  # items of the combination before it
        self.cell = np.empty_like(products)
        self.cell[self.items] = np.repeat(np.arange(len(first)), self.cell_size)
        self.cells_by_product = np.argsort(self.cell_product, kind="stable")
        self.cells_of = np.bincount(self.cell_product)
        self.cells_start = _before(self.cells_of)

    def counts(self, anchors: np.ndarray) -> np.ndarray:
        """How many items lie in each bin around each anchor (M,), itself left out: (M, bins) int64."""
        counts = np.empty((len(anchors), self.n_bins), np.int64)
        for view, mine, cell in self._views(anchors):
            counts[mine] = view.counts[cell]
        return counts

    def draw(self, anchors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """An item from each bin around each anchor (M,), all of the bin equally likely: (M, bins) int64, -1 where it is empty."""
        drawn = np.full((len(anchors), self.n_bins), -1)
        shares = rng.random(drawn.shape)  # before any chunk, so that they depend on nothing but the anchors' number
        for view, mine, cell in self._views(anchors):
            counts = view.counts[cell]
            nth = (shares[mine] * counts).astype(np.int64)
            who, bins = np.nonzero(counts)
            same = bins == 0
            found = np.empty(len(who), np.int64)
            found[same] = self._of_product(anchors[mine[who[same]]], nth[who, bins][same])
            found[~same] = view.items(cell[who[~same]], bins[~same], nth[who, bins][~same])
            drawn[mine[who], bins] = found
        return drawn

    def between(self, rows: np.ndarray) -> np.ndarray:
        """The bin of every pair of some items (M,): (M, M) uint8; `n_bins` for none, as of an item with itself."""
        combinations, own = np.unique(self.combination[rows], return_inverse=True)
        bins = self._pairs(combinations, combinations)[own][:, own]
        products = self.product[rows]
        bins[products[:, None] == products] = 0
        bins[rows[:, None] == rows] = self.n_bins
        return bins

    def _pairs(self, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        """The bin of each combination of `theirs` (d,) as each of `ours` (c,) sees it, products aside: (c, d) uint8; `n_bins` for none."""
        share = match(self.codes[ours], self.codes[theirs], self.minimum_overlap)
        bins = np.ones(share.shape, np.uint8)
        for edge in self.edges:
            bins += share < np.float32(edge)
        bins[np.isnan(share)] = self.n_bins
        mine, other = self.category[ours, None], self.category[theirs]
        bins[(mine != other) & (mine != MISSING) & (other != MISSING)] = self.n_bins - 1
        return bins

    def _of_product(self, anchors: np.ndarray, nth: np.ndarray) -> np.ndarray:
        """The nth other item of each anchor's product."""
        nth = nth + (nth >= self.place[anchors])
        return self.by_product[self.product_start[self.product[anchors]] + nth]

    def _views(self, anchors: np.ndarray) -> Iterator[tuple[_View, np.ndarray, np.ndarray]]:
        """Chunk by chunk: the view, the positions in `anchors` that it is for, and the number in the view of each one's cell."""
        ordered = np.argsort(self.combination[anchors], kind="stable")
        combinations, first = np.unique(self.combination[anchors][ordered], return_index=True)
        step = max(1, PAIRS // len(self.items))
        for at in range(0, len(combinations), step):
            mine = ordered[first[at] : first[at + step] if at + step < len(first) else None]
            cells, cell = np.unique(self.cell[anchors[mine]], return_inverse=True)
            yield _View(self, combinations[at : at + step], cells), mine, cell


class _View:
    """All items as some combinations (c,) see them, nearest bin first, without the products of some cells (k,) of these combinations.

    counts: (k, bins) items in each bin around each cell's items.
    """

    def __init__(self, index: GradedBins, combinations: np.ndarray, cells: np.ndarray):
        self.index, self.row = index, np.searchsorted(combinations, index.cell_combination[cells])
        bins, total = index._pairs(combinations, np.arange(len(index.codes))), index.n_bins + 1
        self.order = bins.argsort(axis=1, kind="stable")
        sizes = index.size[self.order]
        ends = sizes.cumsum(axis=1)
        ranks = np.empty_like(ends)
        np.put_along_axis(ranks, self.order, ends - sizes, axis=1)
        self.ends = (ends + np.arange(len(ends))[:, None] * len(index.items)).reshape(-1)
        seen = _sums(np.arange(len(bins))[:, None], bins, index.size, (len(bins), total))

        # the cells that are of the same product as one of `cells`: blocks of ranks to step over
        product = index.cell_product[cells]
        several = index.cells_of[product]
        of = np.repeat(np.arange(len(cells)), several)
        within = np.arange(len(of)) - _before(several)[of]
        block = index.cells_by_product[index.cells_start[product][of] + within]
        at = self.row[of], index.cell_combination[block]
        rank, size = ranks[at] + index.cell_place[block], index.cell_size[block]
        self.counts = (seen[self.row] - _sums(of, bins[at], size, (len(cells), total)))[:, :-1]
        self.first = self.counts.cumsum(axis=1) - self.counts
        self.counts[:, 0] = index.product_size[product] - 1

        by_rank = np.lexsort((rank, of))
        self.skipped = np.append(0, size[by_rank].cumsum())  # by the blocks of all cells, one cell after the other
        self.skipped_before = self.skipped[_before(several)]
        # rank at which a block would lie if its own cell's blocks before it were gone; kept apart by cell
        self.blocks = rank[by_rank] - self.skipped[:-1] + self.skipped_before[of] + of * (len(index.items) + 1)

    def items(self, cell: np.ndarray, bins: np.ndarray, nth: np.ndarray) -> np.ndarray:
        """The nth item (M,) in a bin from 1 on around each of these cells."""
        index, everything = self.index, len(self.index.items)
        rank = self.first[cell, bins] + nth
        passed = np.searchsorted(self.blocks, rank + cell * (everything + 1), side="right")
        rank = rank + self.skipped[passed] - self.skipped_before[cell] + self.row[cell] * everything
        at = np.searchsorted(self.ends, rank, side="right")
        combination = self.order.reshape(-1)[at]
        return index.items[index.start[combination] + rank - (self.ends[at] - index.size[combination])]


def _before(sizes: np.ndarray) -> np.ndarray:
    """How much comes before each: the sum of the sizes up to it."""
    return np.cumsum(sizes) - sizes


def _sums(row: np.ndarray, bins: np.ndarray, sizes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The sizes added up by row and bin: int64 of that shape."""
    row, bins, sizes = np.broadcast_arrays(row, bins, sizes)
    sums = np.bincount((row * shape[1] + bins).reshape(-1), sizes.reshape(-1), minlength=shape[0] * shape[1])
    return sums.astype(np.int64).reshape(shape)
