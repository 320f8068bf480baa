"""Exact nearest neighbours in chunks of queries: the ranking that every metric rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from hrlib import progress
from hrlib.errors import HrlibError
from hrlib.evaluation import shortlist
from hrlib.evaluation.keys import gallery_rows, ranked_keys, similarities
from hrlib.evaluation.vectors import Embeddings, repeated_rows, same_dimensions, unit_vectors
from hrlib.settings import whole_number

CELLS = 6 << 20  # queries x gallery items multiplied at once, by default: 25 MB
RANKED = 1 << 20  # of those, ranked at once: 60 MB at the peak, with what the metrics make of them 200 MB at most


def ranked_chunks(
    queries: Tensor, gallery: Tensor, *, own: Tensor | None = None, top: int | None = None, chunk: int | None = None
) -> Iterator[tuple[slice, Tensor]]:
    """The gallery ranked for one chunk of queries after the other: best first, equal similarities in row order.

    Equal means equal in float32, as the products are rounded. Duplicates in the gallery are equal. (The last bit of a
    similarity can depend on the size of the chunk, and on whether the few best are looked for or many: a long gallery's
    few best are found through a `shortlist` in bf16, which loses none of them.) Memory is O(chunk x gallery).

    Args:
        queries: (Q, D) and `gallery` (N, D), from `unit_vectors`, on one device.
        own: (Q,) the gallery row that is the query itself, which is left out of its ranking; None where no query is in
            the gallery.
        top: how many ranks are wanted; None, or more than there are, gives all: N, or N - 1 with `own`.
        chunk: queries at a time; None takes as many as make `CELLS`.

    Yields:
        The rows of the chunk, or a part of it, as a slice, and the keys by rank (c, top): see `keys.gallery_rows` and
        `keys.similarities`.
    """
    available = len(gallery) - (own is not None)
    top = available if top is None else min(top, available)
    chunk = max(1, CELLS // len(gallery)) if chunk is None else whole_number("chunk", chunk, what="or None")
    rough = shortlist.Shortlist(gallery, top) if shortlist.pays(gallery, top) else None
    exact = _Products(gallery, min(chunk, len(queries)))
    starts = range(0, len(queries), chunk)
    for start in progress.bar(starts, desc="rank", unit="chunk", leave=False, delay=2):
        rows = slice(start, min(start + chunk, len(queries)))
        asked, itself = queries[rows], None if own is None else own[rows]
        keys, missed = (None, ()) if rough is None else rough.ranked_keys(asked, itself)
        if keys is None:
            rough, scores, step = None, exact.scores(asked, itself), max(1, RANKED // len(gallery))
            for at in range(0, len(asked), step):
                part = scores[at : at + step]
                yield slice(start + at, start + at + len(part)), ranked_keys(part, top)
            continue
        if len(missed):
            keys[missed] = ranked_keys(exact.scores(asked[missed], None if itself is None else itself[missed]), top)
        yield rows, keys


def neighbours(
    embeddings: Embeddings,
    k: int,
    gallery: Embeddings | None = None,
    *,
    rows: np.ndarray | None = None,
    chunk: int | None = None,
    device: torch.device | str | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest items of each query, exactly.

    Args:
        embeddings: (N, D) unit vectors. The queries; without a `gallery` also what is searched, each query's own row
            left out.
        k: neighbours a query, at most the size of the gallery (less one without a `gallery`).
        gallery: (G, D) unit vectors to be searched instead.
        rows: (Q,) which rows of `embeddings` are the queries; None for all.
        chunk: queries at a time (see `ranked_chunks`).
        device: where to compute; None: where the embeddings are.

    Returns:
        Gallery rows (Q, k) int64 and cosine similarities (Q, k) float32, best first, equal ones in row order.

    Raises:
        HrlibError: bad embeddings, a k out of range, different dimensions, rows that do not exist.
    """
    x = unit_vectors(embeddings, device=device)
    searched = x if gallery is None else same_dimensions(x, unit_vectors(gallery, "gallery", x.device))
    chosen = np.arange(len(x)) if rows is None else np.asarray(rows)
    if (
        chosen.ndim != 1
        or chosen.dtype.kind not in "iu"
        or (len(chosen) and not 0 <= chosen.min() <= chosen.max() < len(x))
    ):
        raise HrlibError(
            f"rows: expected integers from 0 to {len(x) - 1} in one dimension, got {chosen.dtype} {chosen.shape}"
        )
    available = len(searched) - (gallery is None)
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= available:
        raise HrlibError(f"k is {k!r}: expected an integer from 1 to {available}, the items that a query can find")
    own = torch.from_numpy(chosen.astype(np.int64)).to(x.device)
    indices, scores = np.empty((len(own), k), np.int64), np.empty((len(own), k), np.float32)
    for part, keys in ranked_chunks(x[own], searched, own=own if gallery is None else None, top=k, chunk=chunk):
        scores[part] = similarities(keys).cpu()
        indices[part] = gallery_rows(keys).cpu()
    return indices, scores


class _Products:
    """The similarities of up to `most` queries to a gallery (N, D), in one buffer."""

    def __init__(self, gallery: Tensor, most: int):
        self.gallery, self.most = gallery, most
        self.repeated, self.first = repeated_rows(gallery)
        self.buffer = gallery.new_empty(0, len(gallery))

    def scores(self, queries: Tensor, own: Tensor | None) -> Tensor:
        """(c, N), own ones at -inf; the next call overwrites them."""
        if not len(self.buffer):
            self.buffer = self.gallery.new_empty(self.most, len(self.gallery))
        with torch.autocast(queries.device.type, enabled=False):
            scores = torch.mm(queries, self.gallery.T, out=self.buffer[: len(queries)])
        # matrix kernels round differently at the edges of their tiles: without this, duplicates would not be equal
        if len(self.repeated):
            scores[:, self.repeated] = scores[:, self.first]
        if own is not None:
            scores.scatter_(1, own[:, None], -torch.inf)
        return scores
