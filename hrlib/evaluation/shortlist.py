"""The few best of a long gallery, exactly, with most of the work in bf16.

A product of bf16 vectors differs from the true one by at most `e`, which is known from what the rounding took from the
vectors (Cauchy-Schwarz). So whatever is among the true k best scores within 2 e of the k-th best in bf16. All items
above that line, some dozens, are scored again in float32. A query with more of them than `LIMIT` allows, as where all
embeddings are nearly the same, is left to the exact ranking.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor

from hrlib.evaluation.keys import keys_of, smallest
from hrlib.precision import bf16_pays

LIMIT = 16  # at most a 16th of the gallery is scored again: from a fifth on, float32 products of all are as quick
ROUNDING = 2.0**-8  # of bf16, relative
WORK = 1 << 17  # components of a gallery (N x D) from which on the bf16 products are worth their overhead


def pays(gallery: Tensor, top: int) -> bool:
    """Whether the `top` best of this gallery are found sooner through a shortlist."""
    return (
        gallery.device.type == "cpu"
        and gallery.numel() >= WORK
        and top * 64 <= len(gallery)
        and bf16_pays(gallery.device)
    )


class Shortlist:
    """A gallery (N, D) float32, ready to be searched for the `top` best of many queries."""

    def __init__(self, gallery: Tensor, top: int):
        self.gallery, self.top = gallery, top
        # less their mean, they are shorter and lose less; all of a query's products change by the same amount
        centred = gallery - gallery.mean(dim=0)
        self.rough = centred.bfloat16()
        self.lost = float(torch.linalg.vector_norm(centred - self.rough.float(), dim=1).max())
        self.length = float(torch.linalg.vector_norm(self.rough.float(), dim=1).max())

    def ranked_keys(self, queries: Tensor, own: Tensor | None) -> tuple[Tensor | None, Tensor]:
        """The keys of the `top` best of each query (c, top), and the queries whose keys are missing: too many to list.

        None for the keys where that is most of the queries.
        """
        scores, bound = self.rough_scores(queries)
        if own is not None:
            scores[torch.arange(len(own)), own] = -torch.inf
        listed = np.flatnonzero(self._above_the_line(scores, bound))
        edges = np.arange(len(queries) + 1) * len(self.gallery)
        counts = np.diff(np.searchsorted(listed, edges))
        missed = (counts == 0) | (counts * LIMIT > len(self.gallery))
        if 2 * missed.sum() > len(missed):
            return None, torch.from_numpy(np.flatnonzero(missed))
        if missed.any():
            listed, counts = listed[np.repeat(~missed, counts)], np.where(missed, 0, counts)
        columns = listed - np.repeat(edges[:-1], counts)
        return self._ranked(queries, columns, counts), torch.from_numpy(np.flatnonzero(missed))

    def rough_scores(self, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Products in bf16 (c, N), of the centred gallery, and by how much each query's can be wrong (c,).

        The bound is for the sums before they are rounded to bf16 once more, by `ROUNDING` of themselves at most. It
        holds two float32 sums of D terms: that of these products, and that of the scores which the ranking compares.
        """
        rough = queries.bfloat16()
        with torch.autocast("cpu", enabled=False):
            scores = torch.mm(rough, self.rough.T)
        length = torch.linalg.vector_norm(queries, dim=1)
        lost = torch.linalg.vector_norm(queries - rough.float(), dim=1)
        sums = 4 * queries.shape[1] * 2.0**-24
        return scores, (lost * self.length + length * self.lost) * 1.001 + sums * length

    def _above_the_line(self, scores: Tensor, bound: Tensor) -> np.ndarray:
        """Which items may be among the `top` best: (c, N) bool. Rows without any: no line can be drawn."""
        bits = scores.view(torch.int16).numpy()  # of positive floats, in the order of the floats; negative ones below
        at = bits.shape[1] - self.top
        kth = np.partition(bits, at, axis=1)[:, at].copy()
        kth = torch.from_numpy(kth).view(torch.bfloat16).double()
        line = (kth / (1 + ROUNDING) - 2 * bound.double()) * (1 - ROUNDING)
        usable = (kth > 0) & (line > 0)
        # towards zero: the bits of the bf16 number at or below the line
        low = (line.float().view(torch.int32) >> 16).short().numpy()
        low = np.where(usable.numpy(), low, np.iinfo(np.int16).max)
        return bits >= low[:, None]

    def _ranked(self, queries: Tensor, columns: np.ndarray, counts: np.ndarray) -> Tensor:
        """The keys of the `top` best of the listed items, counts[r] of them for query r; without any, no meaning."""
        scores = _products_at(queries, self.gallery, np.concatenate([[0], np.cumsum(counts)]), columns)
        keys = np.full((len(counts), max(counts.max(), self.top)), np.iinfo(np.int64).max)
        keys[np.arange(keys.shape[1]) < counts[:, None]] = keys_of(scores, torch.from_numpy(columns)).numpy()
        return smallest(torch.from_numpy(keys), self.top)


def _products_at(queries: Tensor, gallery: Tensor, starts: np.ndarray, columns: np.ndarray) -> Tensor:
    """The products of query r with the gallery rows columns[starts[r]:starts[r + 1]], for all r, in one row."""
    # one dot product a pair, so that duplicates in the gallery have equal scores, and no copy of the rows
    with warnings.catch_warnings(), torch.autocast("cpu", enabled=False):
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta state")
        pairs = torch.sparse_csr_tensor(
            torch.from_numpy(starts.astype(np.int32)),
            torch.from_numpy(columns.astype(np.int32)),
            torch.zeros(len(columns)),
            size=(len(queries), len(gallery)),
            check_invariants=False,
        )
        return torch.sparse.sampled_addmm(pairs, queries, gallery.T, beta=0.0).values()
