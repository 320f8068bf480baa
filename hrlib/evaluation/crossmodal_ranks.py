"""Ranks in another modality's gallery, chunk by chunk: how many negatives stand before the first positive, and ranking the first anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from hrlib import progress
from hrlib.errors import HrlibError
from hrlib.settings import whole_number

Rerank = Callable[[np.ndarray, np.ndarray], "np.ndarray | Tensor"]  # image rows (B,), text rows (B, K) -> scores (B, K)
Again = Callable[[np.ndarray, np.ndarray], np.ndarray]  # query rows (c,), gallery rows (c, K) -> scores (c, K)

TIE = 1e-6  # similarities as close as this are equal: float32 products of equal vectors differ by that much with their place in the matrix
CELLS = 2 << 20  # queries x gallery compared at once: about 30 MB
PAIRS = 1024  # scored at once by `rerank`


def ranks_of(
    queries: Tensor,
    gallery: Tensor,
    asked: np.ndarray,
    there: np.ndarray,
    *,
    top: int,
    chunk: int | None,
    rerank: Again | None,
) -> np.ndarray:
    """The rank of each query (Q,) float64: 1 + the negatives that are as similar as its best positive or more, NaN without a positive.

    Args:
        queries: (Q, D) unit vectors; gallery: (G, D).
        asked: (Q,) int64, the title of each query; there: (G,). The same title is a positive.
        top, rerank: the first `top` are ranked anew by the scores (c, K) that `rerank` gives for query rows (c,) and gallery rows (c, K).
        chunk: queries at a time; None: as many as make `CELLS`.
    """
    step = max(1, CELLS // len(gallery)) if chunk is None else whole_number("chunk", chunk, what="or None")
    asked, there = (torch.from_numpy(titles).to(queries.device) for titles in (asked, there))
    ranks = np.full(len(queries), np.nan)
    for start in progress.bar(range(0, len(queries), step), desc="rank", unit="chunk", leave=False, delay=2):
        rows = slice(start, min(start + step, len(queries)))
        scores = queries[rows] @ gallery.T
        positive = asked[rows, None] == there
        scores = torch.where(positive, scores - TIE, scores)
        found = _rank(scores, positive)
        if rerank is not None:
            candidates = scores.topk(min(top, len(gallery)), dim=1).indices
            again = torch.from_numpy(rerank(np.arange(rows.start, rows.stop), candidates.cpu().numpy()))
            right = positive.gather(1, candidates).cpu()
            found = torch.where(right.any(dim=1), _rank(again, right), found.cpu())
        ranks[rows] = torch.where(positive.any(dim=1).cpu(), found.double().cpu(), torch.nan)
    return ranks


def _rank(scores: Tensor, positive: Tensor) -> Tensor:
    """1 + the negatives that score at least as high as the best positive: (c,) int64."""
    best = scores.masked_fill(~positive, -torch.inf).amax(dim=1, keepdim=True)
    return 1 + ((scores >= best) & ~positive).sum(dim=1)


def image_pairs(rerank: Rerank) -> Again:
    """New scores of the texts (c, K) found for images (c,)."""
    return partial(_scores, rerank)


def text_pairs(rerank: Rerank) -> Again:
    """New scores of the images (c, K) found for texts (c,): asked a pair a row."""

    def again(texts: np.ndarray, images: np.ndarray) -> np.ndarray:
        pairs = np.repeat(texts, images.shape[1])[:, None]
        return _scores(rerank, images.reshape(-1), pairs).reshape(images.shape)

    return again


def _scores(rerank: Rerank, images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """`rerank` of images (B,) and texts (B, K), some at a time."""
    step, parts = max(1, PAIRS // texts.shape[1]), []
    for start in range(0, len(images), step):
        part = slice(start, start + step)
        got = rerank(images[part], texts[part])
        got = got.detach().float().cpu().numpy() if isinstance(got, Tensor) else np.asarray(got, np.float64)
        if got.shape != texts[part].shape or not np.isfinite(got).all():
            raise HrlibError(
                f"rerank gave scores of shape {got.shape}, {int((~np.isfinite(got)).sum())} of them not finite, for image rows "
                f"{images[part].shape} and text rows {texts[part].shape}: expected a finite score for each text row"
            )
        parts.append(got)
    return np.concatenate(parts)


def codes_of(titles: ArrayLike | None, count: int, name: str = "titles") -> np.ndarray:
    """Integers or names as codes from 0 (count,) int64; None: each its own. Else an HrlibError."""
    if titles is None:
        return np.arange(count)
    codes = pd.factorize(pd.Series(titles))[0] if np.ndim(titles) == 1 else np.zeros(0, np.int64)
    if len(codes) != count or (codes < 0).any():
        raise HrlibError(
            f"{name} of shape {np.shape(titles)}, {int((codes < 0).sum())} of them missing: expected one for each of {count} items"
        )
    return codes.astype(np.int64)
