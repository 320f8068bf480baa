"""Who asks and what is searched: vectors and labels that fit together, a gallery's classes matched by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from hrlib.errors import HierarchyConflict, HrlibError
from hrlib.evaluation.vectors import Embeddings, same_dimensions, unit_vectors

if TYPE_CHECKING:
    from hrlib.catalogue import Attributes, Hierarchy


@dataclass(frozen=True)
class Search:
    """Q queries and the N gallery items that they search, on one device.

    Attributes:
        queries: (Q, D) and `gallery` (N, D), float32 unit vectors.
        asked: (Q, L) and `found` (N, L), their labels, fine to coarse, in one coding; -1 for a class that no query has.
        own: (Q,) the gallery row that is the query itself; None where no query is in the gallery.
    """

    queries: Tensor
    gallery: Tensor
    asked: np.ndarray
    found: np.ndarray
    own: Tensor | None

    @property
    def available(self) -> int:
        """How many items a query can find."""
        return len(self.gallery) - (self.own is not None)

    def relevant(self) -> np.ndarray:
        """How many items of the gallery have the query's class, its own row left out: (Q, L) int64."""
        counts = [
            np.bincount(there[there >= 0], minlength=here.max() + 1)[here]
            for here, there in zip(self.asked.T, self.found.T, strict=True)
        ]
        itself = 0 if self.own is None else self.found[self.own.cpu().numpy()] == self.asked
        return np.stack(counts, axis=1) - itself


def search(
    embeddings: Embeddings,
    hierarchy: Hierarchy,
    gallery: Embeddings | None = None,
    gallery_hierarchy: Hierarchy | None = None,
    device: torch.device | str | None = None,
    own: np.ndarray | None = None,
) -> Search:
    """What `evaluate` is given, checked: without a gallery the queries search each other.

    Raises:
        HrlibError: embeddings that are not finite or not of unit length, lengths, levels or dimensions that differ, one
            half of a gallery, a single item and no gallery, `own` that are no rows of a gallery.
        HierarchyConflict: a class has different parents in the two hierarchies.
    """
    queries, vectors, itself = searching(embeddings, hierarchy, gallery, gallery_hierarchy, own, device)
    found = hierarchy.labels if gallery is None else _labels_by_name(hierarchy, gallery_hierarchy)
    return Search(queries, vectors, hierarchy.labels, found, itself)


def searching(
    embeddings: Embeddings,
    items: Hierarchy | Attributes,
    gallery: Embeddings | None,
    gallery_items: Hierarchy | Attributes | None,
    own: np.ndarray | None,
    device: torch.device | str | None,
    kind: str = "hierarchy",
) -> tuple[Tensor, Tensor, Tensor | None]:
    """The vectors that ask (Q, D), those that they search (N, D), and the row of each query in these, None where it is not among them.

    Args:
        items: what is known of the queries, `gallery_items` of the gallery; `kind` is what the errors call it: "hierarchy", "attributes".
    """
    queries = _checked(embeddings, items, "embeddings", kind, device)
    if gallery is None and gallery_items is None:
        if own is not None:
            raise HrlibError(
                "own without a gallery: expected none, queries that search each other are left out by their rows"
            )
        if len(queries) == 1:
            raise HrlibError(
                "one embedding and no gallery: there is nothing to be found; give more items, or a gallery"
            )
        return queries, queries, torch.arange(len(queries), device=queries.device)
    if gallery is None or gallery_items is None:
        missing = "gallery" if gallery is None else f"gallery_{kind}"
        raise HrlibError(f"gallery and gallery_{kind} go together: {missing} is missing")
    vectors = same_dimensions(queries, _checked(gallery, gallery_items, "gallery", kind, queries.device))
    return queries, vectors, None if own is None else own_rows(own, len(queries), len(vectors)).to(queries.device)


def own_rows(own: np.ndarray, queries: int, gallery: int, name: str = "own") -> Tensor:
    """The gallery row of each query as a tensor (Q,) int64, if they are that and there is another row to be found; else an HrlibError."""
    rows = np.asarray(own)
    if rows.shape != (queries,) or rows.dtype.kind not in "iu" or not 0 <= rows.min() <= rows.max() < gallery:
        raise HrlibError(
            f"{name}: expected {queries} integers from 0 to {gallery - 1}, the gallery's row of each query, got {rows.dtype} {rows.shape}"
        )
    if gallery == 1:
        raise HrlibError(
            "a gallery of one item, which is the query itself: there is nothing to be found; give a larger one"
        )
    return torch.from_numpy(rows.astype(np.int64))


def _checked(embeddings: Embeddings, items: Hierarchy | Attributes, name: str, kind: str, device) -> Tensor:
    vectors = unit_vectors(embeddings, name, device)
    if len(vectors) != len(items):
        known = "a hierarchy" if kind == "hierarchy" else kind
        raise HrlibError(f"{name}: {len(vectors)} rows for {known} of {len(items)} items: expected one row an item")
    return vectors


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
