"""Text-to-image and image-to-text retrieval: whether what belongs together is found among the first k."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike

from hrlib.errors import HrlibError
from hrlib.evaluation.crossmodal_ranks import Rerank, codes_of, image_pairs, ranks_of, text_pairs
from hrlib.evaluation.vectors import Embeddings, same_dimensions, unit_vectors
from hrlib.settings import whole_number

DIRECTIONS = ("text to image", "image to text")
MEAN = "mean"


def evaluate_crossmodal(
    images: Embeddings,
    texts: Embeddings,
    owner: ArrayLike | None = None,
    *,
    titles: ArrayLike | None = None,
    ks: Sequence[int] = (1, 5, 10),
    rerank: Rerank | None = None,
    top: int = 32,
    chunk: int | None = None,
    device: torch.device | str | None = None,
) -> pd.DataFrame:
    """How well texts find their images and images their texts: a row a direction and one of their means, a column a metric.

    A text and an image belong together (are positives of each other) where the text is the image's own, or where their items have the same
    title. The rank of a query is 1 + the gallery's negatives that are as similar to it as its most similar positive, or more: ties count
    against us, so that a space in which all is one point finds nothing. Similarities within 1e-6 are ties. The columns:

    * `recall@k`: the share of queries with a rank of at most k (a positive among the first k; with several positives it is also called the hit
      rate, and is what the literature of image-text retrieval gives as R@k);
    * `mean_recall`: the mean of these over the ks;
    * `median_rank`;
    * `queries`: their number. An image without a text, of its own or by its title, is in the gallery, but no query.

    The row "mean" has the means of both directions; its `queries` are all of them.

    Args:
        images: (N, D) unit vectors, numpy or torch, any float type. texts: (M, D).
        owner: (M,) the row of `images` that each text belongs to (`Captions.owner`, for the texts `Captions.flat`). None: text i belongs to image i.
        titles: (N,) integers or names: items with the same one share their texts (`Captions.titles`). None: each item has its own.
        ks: for `recall@k`. Where the gallery has fewer than k items, it says nothing: it is NaN, with a warning.
        rerank: called with image rows (B,) and text rows (B, K), and gives scores (B, K), higher is better: the first `top` of each query's
            ranking are ranked anew by it, the others stay behind them. From image to text a call has B images with K = `top` texts each, from
            text to image B pairs (K = 1); no call has more than max(1024, `top`) pairs. Equal scores count against us, too.
        top: how many are ranked anew; of a smaller gallery all.
        chunk: queries at a time; None: as many as make `CELLS`. Memory is O(chunk x gallery).
        device: where to compute; None: where the embeddings are.

    Raises:
        HrlibError: embeddings that are no finite unit vectors, dimensions that differ, owners that are no rows of the images, titles that are
            not one an image, ks or a top that are no positive integers, scores of another shape or not finite, no query with a positive.
    """
    ranks = crossmodal_per_query(
        images, texts, owner, titles=titles, ks=ks, rerank=rerank, top=top, chunk=chunk, device=device
    )
    rows = {}
    for direction in DIRECTIONS:
        known = ranks.loc[direction].dropna(subset="rank")
        row = known.drop(columns=["item", "rank"]).mean()
        rows[direction] = dict(row) | {"median_rank": known["rank"].median(), "queries": len(known)}
    table = pd.DataFrame(rows).T
    table.loc[MEAN] = table.mean()
    table.loc[MEAN, "queries"] = table.loc[list(DIRECTIONS), "queries"].sum()
    return table.astype({"queries": int})


def crossmodal_per_query(
    images: Embeddings,
    texts: Embeddings,
    owner: ArrayLike | None = None,
    *,
    titles: ArrayLike | None = None,
    ks: Sequence[int] = (1, 5, 10),
    rerank: Rerank | None = None,
    top: int = 32,
    chunk: int | None = None,
    device: torch.device | str | None = None,
) -> pd.DataFrame:
    """The ranks of `evaluate_crossmodal` and what comes of them, for `paired_bootstrap`: a row a query, indexed by direction and query.

    The queries are the rows of the texts (text to image), then those of the images (image to text). Columns: `item`, the image that the query is
    or belongs to; `rank`; `recall@k`, 1.0 or 0.0; `mean_recall`, their mean. NaN where a query has no positive.

    The mean over both directions has a value an item, the texts of an item being averaged first:
    `table.groupby(["direction", "item"]).mean().groupby("item").mean()["mean_recall"]`. Resample titles: `paired_bootstrap(a, b, groups=titles)`.

    Arguments and errors are those of `evaluate_crossmodal`.
    """
    seen, said = unit_vectors(images, "images", device), unit_vectors(texts, "texts", device)
    same_dimensions(seen, said)
    own = _owners(owner, len(seen), len(said))
    of_image = codes_of(titles, len(seen))
    ks = _positive(ks, "ks")
    top = whole_number("top", top)
    again = (None, None) if rerank is None else (text_pairs(rerank), image_pairs(rerank))
    settings = {"top": top, "chunk": chunk}
    ranks = [
        ranks_of(said, seen, of_image[own], of_image, rerank=again[0], **settings),
        ranks_of(seen, said, of_image, of_image[own], rerank=again[1], **settings),
    ]
    if np.isnan(np.concatenate(ranks)).all():
        raise HrlibError("no text belongs to an image: expected at least one pair")
    parts = [_table(ranks[0], own, len(seen), ks), _table(ranks[1], np.arange(len(seen)), len(said), ks)]
    return pd.concat(parts, keys=DIRECTIONS, names=["direction", "query"])


def _table(ranks: np.ndarray, items: np.ndarray, gallery: int, ks: Sequence[int]) -> pd.DataFrame:
    table = pd.DataFrame({"item": items, "rank": ranks})
    for k in ks:
        if k > gallery:
            warnings.warn(f"recall@{k} of a gallery of {gallery} items says nothing: it is NaN", stacklevel=4)
        table[f"recall@{k}"] = np.where(np.isnan(ranks) | (k > gallery), np.nan, ranks <= k)
    table["mean_recall"] = table[[f"recall@{k}" for k in ks]].mean(axis=1)
    return table.rename_axis("query")


def _owners(owner: ArrayLike | None, images: int, texts: int) -> np.ndarray:
    if owner is None and images != texts:
        raise HrlibError(
            f"{images} images and {texts} texts: expected as many, or owner, the row of the image of each text"
        )
    own = np.arange(images) if owner is None else np.asarray(owner)
    if own.shape != (texts,) or own.dtype.kind not in "iu" or own.min() < 0 or own.max() >= images:
        raise HrlibError(
            f"owner has shape {own.shape} of {own.dtype}: expected ({texts},) integers from 0 to {images - 1}, the row of the image of each text"
        )
    return own.astype(np.int64)


def _positive(numbers: Sequence[int], name: str) -> list[int]:
    bad = [n for n in numbers if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1]
    if bad or not len(numbers):
        raise HrlibError(f"{name}: {list(numbers)}, expected integers of 1 or more")
    return list(dict.fromkeys(int(n) for n in numbers))
