"""Retrieval metrics at every level of a hierarchy: Recall@k, R-precision, MAP@R and the severity of mistakes.

The definitions are those of Musgrave, Belongie and Lim, "A metric learning reality check", ECCV 2020 (R-precision,
MAP@R), and of Bertinetto et al., "Making better mistakes", CVPR 2020 (severity).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hrlib.errors import HierarchyConflict, HrlibError
from hrlib.evaluation.ranking import ranked_chunks, same_dimensions, unit_vectors

if TYPE_CHECKING:
    from hrlib.catalogue import Hierarchy

Embeddings = np.ndarray | Tensor


def evaluate(
    embeddings: Embeddings,
    hierarchy: Hierarchy,
    *,
    gallery: Embeddings | None = None,
    gallery_hierarchy: Hierarchy | None = None,
    ks: Sequence[int] = (1, 5, 10),
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

    Args:
        embeddings: (N, D) unit vectors, numpy or torch, any float type; similarities are computed in float32.
        hierarchy: of these N items.
        gallery: (G, D) unit vectors to be searched instead of the queries themselves.
        gallery_hierarchy: of the G items, with the same levels. Classes are matched by name.
        ks: for `recall@k`. Where the gallery has fewer than k items, `recall@k` says nothing: it is NaN, with a warning
            (an error would throw away the evaluation of a long run for one column).
        chunk: queries at a time; by default as many as fit about 100 MB (300 MB where most items are relevant). Memory
            is O(chunk x gallery).
        device: where to compute; None: where the embeddings are.

    Raises:
        HrlibError: embeddings that are not finite or not of unit length (the rows are named), lengths, levels or
            dimensions that differ, ks that are not positive integers, a single item and no gallery.
        HierarchyConflict: a class has different parents in the two hierarchies.
    """
    table = per_query(
        embeddings, hierarchy, gallery=gallery, gallery_hierarchy=gallery_hierarchy, ks=ks, chunk=chunk, device=device
    )
    rows = {
        level: {**table[level].mean(), "queries": int(table[level]["r_precision"].count())}
        for level in hierarchy.levels
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("level").astype({"queries": int})


def per_query(
    embeddings: Embeddings,
    hierarchy: Hierarchy,
    *,
    gallery: Embeddings | None = None,
    gallery_hierarchy: Hierarchy | None = None,
    ks: Sequence[int] = (1, 5, 10),
    chunk: int | None = None,
    device: torch.device | str | None = None,
) -> pd.DataFrame:
    """The metrics of `evaluate` for each query: a row a query, columns (level, metric), float64. For
    `paired_bootstrap`.

    NaN: everything where the query has no relevant item at that level; severity also where the first hit is right.
    Arguments and errors are those of `evaluate`.
    """
    queries = _checked(embeddings, hierarchy, "embeddings", device)
    itself = gallery is None and gallery_hierarchy is None
    searched, labels = (
        (queries, hierarchy.labels) if itself else _searched(queries, hierarchy, gallery, gallery_hierarchy)
    )
    available = len(searched) - itself
    if not available:
        raise HrlibError("one embedding and no gallery: there is nothing to be found; give more items, or a gallery")
    ks = _checked_ks(ks, available)

    asked, found = (_level_rows(x, queries.device) for x in (hierarchy.labels, labels))
    counts = _level_rows(_relevant_counts(hierarchy.labels, labels) - itself, queries.device)
    depths = [max(int(count.max()), *ks, 1) for count in counts]  # how far down the ranking each level looks
    own = torch.arange(len(queries), device=queries.device) if itself else None
    parts = []
    for rows, _, order in ranked_chunks(queries, searched, own=own, top=max(depths), chunk=chunk):
        heights = _heights(found[:, order[:, 0]] == asked[:, rows])
        levels = []
        for here, there, count, depth in zip(asked[:, rows], found, counts[:, rows], depths, strict=True):
            ranked = order[:, :depth]
            relevant = there.index_select(0, ranked.reshape(-1)).view(ranked.shape) == here[:, None]
            levels.append(_metrics(relevant, count, heights, ks))
        parts.append(torch.cat(levels, dim=1).cpu().numpy())
    metrics = [f"recall@{k}" for k in ks] + ["r_precision", "map@r", "severity"]
    columns = pd.MultiIndex.from_product([hierarchy.levels, metrics], names=["level", "metric"])
    table = pd.DataFrame(np.concatenate(parts), columns=columns)
    table.loc[:, [column for column in columns if column[1] in [f"recall@{k}" for k in ks if k > available]]] = np.nan
    return table


def _level_rows(x: np.ndarray, device: torch.device) -> Tensor:
    """(N, L) as (L, N) int32: half the memory to read at random."""
    return torch.from_numpy(np.ascontiguousarray(x.T, dtype=np.int32)).to(device)


def _metrics(relevant: Tensor, count: Tensor, heights: Tensor, ks: Sequence[int]) -> Tensor:
    """The metrics of c queries at one level (c, len(ks) + 3): recall@k of each k, R-precision, MAP@R, severity.

    From relevance by rank (c, n), which is overwritten, the number of relevant items (c,) and the heights of the first
    hits (c,).
    """
    none = torch.where(count > 0, 0.0, torch.nan).double()
    recalls = [relevant[:, :k].any(dim=1) + none for k in ks]
    severity = torch.where(relevant[:, 0], torch.nan, heights.double()) + none
    ranks = torch.arange(1, max(1, int(count.max())) + 1, device=count.device)
    inside = relevant[:, : len(ranks)]
    inside &= ranks <= count[:, None]
    hits = inside.cumsum(dim=1, dtype=torch.int32)
    r_precision = hits[:, -1].double() / count  # 0 / 0 = NaN: nothing is relevant
    precisions = hits.double().div_(ranks).mul_(inside)
    map_at_r = precisions.cumsum_(dim=1)[:, -1] / count  # added rank by rank, as the formula is written
    return torch.stack([*recalls, r_precision, map_at_r, severity], dim=1)


def _heights(agree: Tensor) -> Tensor:
    """Heights (c,) of the lowest common ancestor, where `agree` (L, c) says on which levels the labels are the same."""
    return torch.where(agree.any(dim=0), agree.int().argmax(dim=0), len(agree))


def _relevant_counts(asked: np.ndarray, found: np.ndarray) -> np.ndarray:
    """How many gallery items have the query's class: (Q, L), from labels (Q, L) and (G, L), -1 for a class unknown."""
    counts = [
        np.bincount(there[there >= 0], minlength=here.max() + 1)[here]
        for here, there in zip(asked.T, found.T, strict=True)
    ]
    return np.stack(counts, axis=1)


def _searched(
    queries: Tensor, hierarchy: Hierarchy, gallery: Embeddings | None, gallery_hierarchy: Hierarchy | None
) -> tuple[Tensor, np.ndarray]:
    """A separate gallery's vectors and its labels in the coding of the queries' `hierarchy`."""
    if gallery is None or gallery_hierarchy is None:
        missing = "gallery" if gallery is None else "gallery_hierarchy"
        raise HrlibError(f"gallery and gallery_hierarchy go together: {missing} is missing")
    vectors = _checked(gallery, gallery_hierarchy, "gallery", queries.device)
    return same_dimensions(queries, vectors), _labels_by_name(hierarchy, gallery_hierarchy)


def _labels_by_name(hierarchy: Hierarchy, gallery: Hierarchy) -> np.ndarray:
    """The gallery's labels (G, L) in the coding of `hierarchy`; -1 for a class that it does not have."""
    if gallery.levels != hierarchy.levels:
        raise HrlibError(
            f"the queries' levels are {', '.join(hierarchy.levels)} and the gallery's {', '.join(gallery.levels)}: "
            "expected the same; choose them with hierarchy.select(levels)"
        )
    codes = []
    for ours, theirs in zip(hierarchy.names, gallery.names, strict=True):
        code = {name: c for c, name in enumerate(ours)}
        codes.append(np.array([code.get(name, -1) for name in theirs]))
    for level, parents in enumerate(hierarchy.parents):
        _refuse_other_parents(hierarchy, gallery, level, codes[level], parents)
    return np.stack([code[labels] for code, labels in zip(codes, gallery.labels.T, strict=True)], axis=1)


def _refuse_other_parents(hierarchy: Hierarchy, gallery: Hierarchy, level: int, code: np.ndarray, parents: np.ndarray):
    for theirs in np.flatnonzero(code >= 0):
        above = hierarchy.names[level + 1][parents[code[theirs]]]
        above_there = gallery.names[level + 1][gallery.parents[level][theirs]]
        if above != above_there:
            raise HierarchyConflict(
                f"{hierarchy.levels[level]} {gallery.names[level][theirs]!r} belongs to {above!r} among the queries "
                f"and to {above_there!r} in the gallery: expected one tree; rename one of the two classes"
            )


def _checked(embeddings: Embeddings, hierarchy: Hierarchy, name: str, device: torch.device | str | None) -> Tensor:
    vectors = unit_vectors(embeddings, name, device)
    if len(vectors) != len(hierarchy.labels):
        raise HrlibError(
            f"{name}: {len(vectors)} rows for a hierarchy of {len(hierarchy.labels)} items: expected one row an item"
        )
    return vectors


def _checked_ks(ks: Sequence[int], available: int) -> tuple[int, ...]:
    ks = tuple(ks)
    if not all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= 1 for k in ks) or len(
        set(ks)
    ) < len(ks):
        raise HrlibError(f"ks are {ks}: expected different integers of 1 or more, such as (1, 5, 10)")
    if too_many := [k for k in ks if k > available]:
        warnings.warn(
            f"{', '.join(f'recall@{k}' for k in too_many)} will be NaN: a query has only {available} items to search; "
            f"give ks up to {available}, or a larger gallery",
            stacklevel=3,
        )
    return ks
