"""Tables of retrieval metrics at every level of a hierarchy, and of the whole of it: means, and a row a query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hrlib.errors import HrlibError
from hrlib.evaluation.gallery import Search, search
from hrlib.evaluation.hierarchical import hierarchical_metrics
from hrlib.evaluation.keys import gallery_rows
from hrlib.evaluation.levels import agreement, level_metrics
from hrlib.evaluation.ranking import ranked_chunks
from hrlib.evaluation.tables import checked_ks, means, query_table
from hrlib.evaluation.vectors import Embeddings

if TYPE_CHECKING:
    from hrlib.catalogue import Hierarchy

WHOLE = "all levels"  # the row, or the level of columns, of the metrics of the whole hierarchy


def evaluate(
    embeddings: Embeddings,
    hierarchy: Hierarchy,
    *,
    gallery: Embeddings | None = None,
    gallery_hierarchy: Hierarchy | None = None,
    own: np.ndarray | None = None,
    ks: Sequence[int] = (1, 5, 10),
    hierarchical: bool = False,
    chunk: int | None = None,
    device: torch.device | str | None = None,
) -> pd.DataFrame:
    """How well items find those of their own class: a row a level (fine to coarse), a column a metric.

    Every item is a query. Relevant is what has the query's class at the level in question. Without a `gallery` the
    queries search each other, and a query's own row (not its first hit: there may be duplicates) is left out. Equal
    similarities are ranked in row order. With R relevant items and `rel_i` = 1 where rank i is relevant, the columns
    are means over the queries of:

    * `recall@k`: 1 where any of the first k is relevant;
    * `r_precision`: the share of relevant ones among the first R;
    * `map@r`: `1/R sum_{i <= R} P@i rel_i`, P@i = the share of relevant ones among the first i;
    * `severity`: the height of the lowest common ancestor of query and first hit, over the queries whose first hit is
      wrong at this level (1 = the parent of the finest class ... number of levels = the root); NaN where none is wrong.
      Lower is better;
    * `queries`: their number. A query without any relevant item counts nowhere; where no query has one, the row is NaN.

    With `hierarchical` each level also has

    * `ap`: `1/R sum_i P@i rel_i` over the whole ranking, the average precision;

    and a last row "all levels" has metrics of the whole hierarchy. There an item is worth more, the more levels it
    shares with the query: `lev` of them, 0 to L (the root does not count as one), and n_l items share exactly l.
    Relevant is what shares any, R items.

    * `h-ap`: `sum_k Hrank(k) / k` over the relevant items' ranks k, divided by the sum of their `rel = (lev/L) /
      n_lev`; `Hrank(k) = rel(k) + sum_{j before k} min(rel_j, rel_k)`. With one level it is `ap`. It is 1 where the
      items come by falling rel: nearest in the hierarchy first, unless `n_{l+1} / n_l > (l+1) / l`, as for a class of
      four whose superclass has one item more. Then no ranking by the hierarchy reaches 1;
    * `ndcg`: over the whole ranking, with gain `2^lev - 1` and discount `log2(1 + rank)`, as a share of the best;
    * `asi`: the mean over k = 1 ... R of `1/k sum_l min(n_l in the top k, n_l in the ideal top k)`, l = 1 ... L; the
      ideal list has all items by falling lev;
    * `ahd@k`: the mean height of the lowest common ancestor over the first k hits, right ones (0) and wrong ones.
      Lower is better.

    For these the gallery is ranked whole, which takes one and a half to two times as long as the table without.

    Args:
        embeddings: (N, D) unit vectors, numpy or torch, any float type; similarities are compared in float32.
        hierarchy: of these N items.
        gallery: (G, D) unit vectors to be searched instead of the queries themselves.
        gallery_hierarchy: of the G items, with the same levels. Classes are matched by name.
        own: (N,) the gallery's row of each query, which is left out, where the gallery holds the queries' own items: of photos
            as users send them the clean ones (see `robustness`). None: no query is in the gallery.
        ks: for `recall@k` and `ahd@k`. Where the gallery has fewer than k items, they say nothing: they are NaN, with
            a warning (an error would throw away the evaluation of a long run for one column).
        hierarchical: whether to add the metrics named above.
        chunk: queries at a time; by default as many as take some 200 MB in all. Memory is O(chunk x gallery).
        device: where to compute; None: where the embeddings are.

    Raises:
        HrlibError: embeddings that are not finite or not of unit length (the rows are named), lengths, levels or
            dimensions that differ, ks that are not positive integers, a single item and no gallery, `own` that are no rows of the gallery, a level that is
            called "all levels" with `hierarchical`.
        HierarchyConflict: a class has different parents in the two hierarchies.
    """
    table = per_query(
        embeddings,
        hierarchy,
        gallery=gallery,
        gallery_hierarchy=gallery_hierarchy,
        own=own,
        ks=ks,
        hierarchical=hierarchical,
        chunk=chunk,
        device=device,
    )
    return means(table)


def per_query(
    embeddings: Embeddings,
    hierarchy: Hierarchy,
    *,
    gallery: Embeddings | None = None,
    gallery_hierarchy: Hierarchy | None = None,
    own: np.ndarray | None = None,
    ks: Sequence[int] = (1, 5, 10),
    hierarchical: bool = False,
    chunk: int | None = None,
    device: torch.device | str | None = None,
) -> pd.DataFrame:
    """The metrics of `evaluate` for each query: a row a query, columns (level, metric), float64. For
    `paired_bootstrap`. With `hierarchical` the last columns are ("all levels", "h-ap") and so on.

    NaN: everything where the query has no relevant item at that level (or at any: "all levels"); severity also where
    the first hit is right. Arguments and errors are those of `evaluate`.
    """
    if hierarchical and WHOLE in hierarchy.levels:
        raise HrlibError(f"a level is called {WHOLE!r}, as the row of the whole hierarchy is: rename the level")
    asking = search(embeddings, hierarchy, gallery, gallery_hierarchy, device, own)
    at_k = ["recall", "ahd"] if hierarchical else ["recall"]
    ks = checked_ks(ks, asking.available, at_k)
    metrics = [*(f"recall@{k}" for k in ks), "r_precision", "map@r", "severity"]
    columns = [(level, metric) for level in hierarchy.levels for metric in metrics]
    if hierarchical:
        columns += [(level, "ap") for level in hierarchy.levels]
        columns += [(WHOLE, metric) for metric in ("h-ap", "ndcg", "asi", *(f"ahd@{k}" for k in ks))]
    values = np.concatenate(list(_measured(asking, ks, hierarchical, chunk)))
    beyond = [f"{metric}@{k}" for metric in at_k for k in ks if k > asking.available]
    return query_table(values, columns, "level", [*hierarchy.levels, WHOLE], beyond)  # each level's ap to it


def _measured(asking: Search, ks: Sequence[int], hierarchical: bool, chunk: int | None) -> Iterator[np.ndarray]:
    """The values of one chunk of queries after the other: of each level, then with `hierarchical` those."""
    device = asking.queries.device
    asked, found, counts = (_level_rows(x, device) for x in (asking.asked, asking.found, asking.relevant()))
    depths = [max(int(count.max()), *ks, 1) for count in counts]  # how far down the ranking each level looks
    top = None if hierarchical else max(depths)
    for rows, keys in ranked_chunks(asking.queries, asking.gallery, own=asking.own, top=top, chunk=chunk):
        agreeing = agreement(asked[:, rows], found, gallery_rows(keys))
        heights = len(asked) - agreeing[:, 0]
        values = [
            level_metrics(agreeing[:, :depth] >= len(asked) - height, count, heights, ks)
            for height, (count, depth) in enumerate(zip(counts[:, rows], depths, strict=True))
        ]
        values = torch.cat(values, dim=1).cpu().numpy()
        if hierarchical:
            at_least = counts[:, rows].flip(0).T.long().cpu().numpy()
            values = np.column_stack([values, hierarchical_metrics(agreeing.cpu().numpy(), at_least, ks)])
        yield values


def _level_rows(x: np.ndarray, device: torch.device) -> Tensor:
    """(N, L) as (L, N) int32: half the memory to read at random."""
    return torch.from_numpy(np.ascontiguousarray(x.T, dtype=np.int32)).to(device)
