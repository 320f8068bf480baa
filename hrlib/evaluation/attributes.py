"""Retrieval measured by how many attributes match: graded relevance (NDCG@k), and precision@k of each attribute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import torch

from hrlib.catalogue.attributes import MISSING, Attributes, match
from hrlib.errors import HrlibError
from hrlib.evaluation.gallery import Search, searching
from hrlib.evaluation.keys import gallery_rows
from hrlib.evaluation.ranking import CELLS, ranked_chunks
from hrlib.evaluation.tables import checked_ks, means, query_table
from hrlib.evaluation.vectors import Embeddings

ALL = "all attributes"  # the row, or the first level of the columns, of the metrics of all attributes together


def evaluate_attributes(
    embeddings: Embeddings,
    attributes: Attributes,
    *,
    gallery: Embeddings | None = None,
    gallery_attributes: Attributes | None = None,
    own: np.ndarray | None = None,
    ks: Sequence[int] = (10,),
    minimum_overlap: int = 1,
    chunk: int | None = None,
    device: torch.device | str | None = None,
) -> pd.DataFrame:
    """How well items find those with the same attributes: a row an attribute and a row "all attributes", a column a metric.

    Every item is a query. Without a `gallery` the queries search each other, a query's own row left out; equal similarities are ranked in row
    order. The columns are means over the queries of

    * `precision@k`, of each attribute: the share of the first k hits that have the query's value. Hits whose value is missing are left out;
      a query counts nowhere if its own value is missing, or that of all k hits;
    * `ndcg@k`, of all attributes: `sum_{i <= k} g_i / log2(1 + i)`, divided by the highest that any order of the gallery has. The gain g_i of
      the hit at rank i is the share of attributes that agree, among those known in both (`hrlib.catalogue.attributes.match`), and 0 where
      fewer than `minimum_overlap` are. A query counts nowhere if nothing in the gallery has a gain;
    * `queries`: the number of those that count.

    NDCG with a discount by log2 is Järvelin and Kekäläinen's, Cumulated gain-based evaluation of IR techniques, 2002, with the discount
    log2(1 + rank) that is usual today; that the gain is the share itself was chosen here.

    Args:
        embeddings: (N, D) unit vectors, numpy or torch, any float type; similarities are compared in float32.
        attributes: of these N items.
        gallery: (G, D) unit vectors to be searched instead of the queries themselves.
        gallery_attributes: of the G items, the same columns. Values are matched by name.
        own: (Q,) the gallery's row of each query, which is left out: the same item, described alike, by another vector such as of a degraded photo.
        ks: where the gallery has fewer than k items, metrics at k are NaN, with a warning.
        minimum_overlap: attributes that must be known in both items of a pair.
        chunk: queries at a time; by default as many as take some 200 MB in all. Memory is O(chunk x gallery).
        device: where to rank; None: where the embeddings are.

    Raises:
        HrlibError: embeddings that are not finite or not of unit length, lengths, columns or dimensions that differ, ks that are not positive
            integers or none, an overlap outside 1..A, a single item and no gallery, an attribute called "all attributes".
    """
    table = graded_per_query(
        embeddings,
        attributes,
        gallery=gallery,
        gallery_attributes=gallery_attributes,
        own=own,
        ks=ks,
        minimum_overlap=minimum_overlap,
        chunk=chunk,
        device=device,
    )
    return means(table)


def graded_per_query(
    embeddings: Embeddings,
    attributes: Attributes,
    *,
    gallery: Embeddings | None = None,
    gallery_attributes: Attributes | None = None,
    own: np.ndarray | None = None,
    ks: Sequence[int] = (10,),
    minimum_overlap: int = 1,
    chunk: int | None = None,
    device: torch.device | str | None = None,
) -> pd.DataFrame:
    """The metrics of `evaluate_attributes` for each query: a row a query, columns (attribute, metric), float64. For `paired_bootstrap`.

    The last columns are ("all attributes", "ndcg@10") and so on. NaN where the query does not count. Arguments and errors are those of
    `evaluate_attributes`.
    """
    if ALL in attributes.columns:
        raise HrlibError(f"an attribute is called {ALL!r}, as the row of all of them is: rename it")
    asking = _search(embeddings, attributes, gallery, gallery_attributes, own, device)
    ks = checked_ks(ks, asking.available, ("ndcg", "precision"))
    if not ks:
        raise HrlibError("ks are (): expected one or more integers, such as (10,)")
    values = np.concatenate(list(_measured(asking, ks, minimum_overlap, chunk)))
    columns = [(column, f"precision@{k}") for k in ks for column in attributes.columns]
    columns += [(ALL, f"ndcg@{k}") for k in ks]
    beyond = [f"{metric}@{k}" for metric in ("ndcg", "precision") for k in ks if k > asking.available]
    return query_table(values, columns, "attribute", [*attributes.columns, ALL], beyond)


def _search(
    embeddings: Embeddings,
    attributes: Attributes,
    gallery: Embeddings | None,
    gallery_attributes: Attributes | None,
    own: np.ndarray | None,
    device: torch.device | str | None,
) -> Search:
    """A gallery's value that no query has is coded above all of theirs: it is known, and agrees with none."""
    queries, vectors, itself = searching(embeddings, attributes, gallery, gallery_attributes, own, device, "attributes")
    found = attributes.codes if gallery is None else gallery_attributes.codes_like(attributes)
    return Search(queries, vectors, attributes.codes, found, itself)


def _measured(asking: Search, ks: Sequence[int], minimum_overlap: int, chunk: int | None) -> Iterator[np.ndarray]:
    """The values of one chunk of queries after the other: precision@k, for each k of all attributes, then NDCG@k."""
    patterns, pattern = np.unique(asking.asked, axis=0, return_inverse=True)
    best = _highest(patterns, asking.found, ks, minimum_overlap, asking.own is not None, chunk)[pattern.reshape(-1)]
    for rows, keys in ranked_chunks(asking.queries, asking.gallery, own=asking.own, top=max(ks), chunk=chunk):
        asked, found = asking.asked[rows][:, None], asking.found[gallery_rows(keys).cpu().numpy()]
        known = (asked != MISSING) & (found != MISSING)  # (c, k, A)
        same = known & (asked == found)
        count = known.sum(axis=2)
        gains = np.divide(same.sum(axis=2), np.maximum(count, 1), dtype=np.float32) * (count >= minimum_overlap)
        with np.errstate(invalid="ignore"):  # 0 / 0 = NaN: the query does not count
            precisions = [same[:, :k].sum(axis=1) / known[:, :k].sum(axis=1) for k in ks]
            yield np.column_stack([*precisions, _dcg(gains, ks) / best[rows]])


def _highest(
    patterns: np.ndarray, found: np.ndarray, ks: Sequence[int], minimum_overlap: int, itself: bool, chunk: int | None
) -> np.ndarray:
    """The highest DCG@k of queries with these codes (P, A) in a gallery with those (N, A): (P, len(ks)).

    Items that are described alike have the same gain, so that of each description only the first k are needed. `itself`: the query is one of
    the gallery. Nothing has a higher gain than it, so that leaving it out is leaving out the best.
    """
    top = max(ks) + itself
    kept, counts = np.unique(found, axis=0, return_counts=True)
    kept = kept.repeat(np.minimum(counts, top), axis=0)
    top, chunk = min(top, len(kept)), chunk or max(1, CELLS // len(kept))
    parts = []
    for start in range(0, len(patterns), chunk):
        gains = np.nan_to_num(match(patterns[start : start + chunk], kept, minimum_overlap), copy=False)
        gains = np.partition(gains, len(kept) - top, axis=1)[:, len(kept) - top :]
        parts.append(_dcg(-np.sort(-gains, axis=1)[:, int(itself) :], ks))
    return np.concatenate(parts)


def _dcg(gains: np.ndarray, ks: Sequence[int]) -> np.ndarray:
    """The discounted sums of gains by rank (c, n) down to each k, or to n where that is less: (c, len(ks)) float64."""
    sums = np.cumsum(gains / np.log2(np.arange(2, gains.shape[1] + 2)), axis=1)
    return sums[:, [min(k, gains.shape[1]) - 1 for k in ks]]
