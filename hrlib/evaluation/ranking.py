"""Exact nearest neighbours in chunks of queries: the ranking that every metric rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from hrlib import progress
from hrlib.errors import HrlibError

UNIT_TOLERANCE = (
    1e-3  # of a norm in float32 and float64; ten times that in 16 bits, whose rounding alone can move a norm by 4e-3
)
CELLS = (
    3 << 20
)  # queries x gallery items ranked at once, by default: some 100 MB at the peak, 300 MB where most is relevant


def unit_vectors(
    embeddings: np.ndarray | Tensor, name: str = "embeddings", device: torch.device | str | None = None
) -> Tensor:
    """`embeddings` (N, D), numpy or torch, any float type, as a float32 tensor: checked to be finite unit vectors.

    They are checked, not normalised: norms within `UNIT_TOLERANCE` of 1 are used as they are.

    Args:
        name: what the errors call them.
        device: where to; None leaves a tensor where it is, an array on the processor.

    Raises:
        HrlibError: not two-dimensional floats, empty, or rows that are not finite or not of unit length; the first rows
            are named.
    """
    x = embeddings.detach() if isinstance(embeddings, Tensor) else np.asarray(embeddings)
    floating = x.is_floating_point() if isinstance(x, Tensor) else np.issubdtype(x.dtype, np.floating)
    if x.ndim != 2 or not floating or 0 in x.shape:
        raise HrlibError(f"{name}: got shape {tuple(x.shape)} of {x.dtype}, expected (N, D) floats, N and D at least 1")
    tolerance = UNIT_TOLERANCE * (10 if x.dtype.itemsize == 2 else 1)
    x = x if isinstance(x, Tensor) else torch.from_numpy(np.require(x, np.float32, ["C", "W"]))
    x = x.to(device=device, dtype=torch.float32).contiguous()
    if len(bad := (~x.isfinite().all(dim=1)).nonzero().flatten()):
        raise HrlibError(
            f"{name}: {len(bad)} of {len(x)} rows hold NaN or infinity (row {_first(bad)}): expected finite unit "
            "vectors; look for a diverged training run, or an overflow in float16"
        )
    norms = torch.linalg.vector_norm(x, dim=1)
    if len(bad := ((norms - 1).abs() > tolerance).nonzero().flatten()):
        raise HrlibError(
            f"{name}: {len(bad)} of {len(x)} rows are not of unit length (row {_first(bad)}; the norm of row "
            f"{int(bad[0])} is {float(norms[bad[0]]):.4g}): expected norms within {tolerance:g} of 1; divide each row "
            "by its norm, e.g. torch.nn.functional.normalize(embeddings, dim=1)"
        )
    return x


def ranked_chunks(
    queries: Tensor, gallery: Tensor, *, own: Tensor | None = None, top: int | None = None, chunk: int | None = None
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """The gallery ranked for one chunk of queries after the other: best first, equal similarities in row order.

    Equal means equal in float32, as the matrix library rounds the products. (With MKL, duplicates in the gallery are;
    the last bit of a similarity can depend on the size of the chunk.) Memory is O(chunk x gallery).

    Args:
        queries: (Q, D) and `gallery` (N, D), from `unit_vectors`, on one device.
        own: (Q,) the gallery row that is the query itself, which is left out of its ranking; None where no query is in
            the gallery.
        top: how many ranks are wanted; None, or more than there are, gives all: N, or N - 1 with `own`.
        chunk: queries at a time; None takes as many as make `CELLS`.

    Yields:
        The rows of the chunk as a slice; their similarities to the whole gallery (c, N), in gallery order, own ones at
        -inf; the gallery rows by rank (c, top), int32. The similarities are overwritten by the next chunk.
    """
    if chunk is not None and (not isinstance(chunk, int) or chunk < 1):
        raise HrlibError(f"chunk is {chunk!r}: expected an integer of 1 or more, or None")
    available = len(gallery) - (own is not None)
    top = available if top is None else min(top, available)
    chunk = max(2, CELLS // len(gallery)) if chunk is None else chunk
    buffer = queries.new_empty(min(max(chunk, 2), max(len(queries), 2)), len(gallery))
    starts = range(0, len(queries), chunk)
    for start in progress.bar(starts, desc="rank", unit="chunk", leave=False, delay=2):
        rows = slice(start, min(start + chunk, len(queries)))
        scores = _products(queries[rows], gallery, buffer)
        if own is not None:
            scores.scatter_(1, own[rows, None], -torch.inf)
        yield rows, scores, _ranked(scores, top)


def neighbours(
    embeddings: np.ndarray | Tensor,
    k: int,
    gallery: np.ndarray | Tensor | None = None,
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
    indices, similarities = np.empty((len(own), k), np.int64), np.empty((len(own), k), np.float32)
    for part, scores, order in ranked_chunks(
        x[own], searched, own=own if gallery is None else None, top=k, chunk=chunk
    ):
        indices[part] = order.cpu()
        similarities[part] = scores.gather(1, order.long()).cpu()
    return indices, similarities


def same_dimensions(queries: Tensor, gallery: Tensor) -> Tensor:
    """The gallery, if its vectors have as many dimensions as the queries'; else an HrlibError."""
    if gallery.shape[1] != queries.shape[1]:
        raise HrlibError(
            f"the gallery has {gallery.shape[1]} dimensions and the queries {queries.shape[1]}: expected the same; "
            "embed both with one model"
        )
    return gallery


def _products(queries: Tensor, gallery: Tensor, buffer: Tensor) -> Tensor:
    # A query alone would be multiplied by the vector kernel, which rounds differently from column to column: duplicates
    # in the gallery would no longer be equal. So it gets company.
    padded = queries if len(queries) > 1 else queries.expand(2, -1)
    with torch.autocast(queries.device.type, enabled=False):
        return torch.mm(padded, gallery.T, out=buffer[: len(padded)])[: len(queries)]


def _ranked(scores: Tensor, top: int) -> Tensor:
    """Columns of `scores` (c, N) by falling score, equal ones in order: (c, top) int32."""
    if scores.device.type == "cpu":
        return torch.from_numpy(_ranked_by_keys(scores.numpy(), top))
    return _ranked_by_torch(scores, top)


def _ranked_by_keys(scores: np.ndarray, top: int) -> np.ndarray:
    # Score and column as one integer: no two are equal, so any sort is stable and any partition exact. numpy has both
    # vectorised for int64: ten times quicker than a stable argsort, as quick as topk, which leaves ties to chance.
    bits = np.subtract(np.float32(0), scores).view(np.int32)  # 0 - x rather than -x: it makes -0.0 equal to 0.0
    bits ^= (bits >> 31) & 0x7FFFFFFF  # now ordered as the floats were
    keys = bits.astype(np.int64)
    keys <<= 32
    keys |= np.arange(keys.shape[1])
    if 0 < top < keys.shape[1] // 2:
        keys.partition(top - 1, axis=1)
        keys = keys[:, :top].copy()
    keys.sort(axis=1)
    return keys[:, :top].astype(np.int32)  # the lower half: the column


def _ranked_by_torch(scores: Tensor, top: int) -> Tensor:
    return scores.sort(dim=1, descending=True, stable=True).indices[:, :top].int()  # quick on a GPU


def _first(rows: Tensor, n: int = 5) -> str:
    return ", ".join(map(str, rows[:n].tolist())) + (", ..." if len(rows) > n else "")
