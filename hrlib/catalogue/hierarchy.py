"""A hierarchy of classes: columns of integer labels, fine to coarse, with their names and parents."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from hrlib.catalogue.checks import as_rows, require_columns, require_text, rows_text
from hrlib.errors import HierarchyConflict, HrlibError
from hrlib.settings import nearest

Names = tuple[tuple[str, ...], ...]


def _no_conflicts() -> pd.DataFrame:
    return pd.DataFrame({"row": np.zeros(0, np.int64), "level": [], "was": [], "became": []})


@dataclass(frozen=True, eq=False, repr=False)
class Hierarchy:
    """N rows labelled on L levels, fine to coarse; every class has one parent on the next coarser level.

    Made by `from_frame`, `subset` and `select`, which check that it is a tree. Rows are positions, 0..N-1.

    Attributes:
        levels: the L names of the levels, fine to coarse: ("product", "category", "department").
        labels: (N, L) int64; column l holds labels 0..C_l-1.
        names: names[l][c] is the name of class c of level l.
        parents: L-1 arrays; parents[l], (C_l,) int64, holds for each class of level l its label on level l+1.
        conflicts: the labels that on_conflict="majority" changed (row, level, was, became); otherwise empty.
    """

    levels: tuple[str, ...]
    labels: np.ndarray
    names: Names
    parents: tuple[np.ndarray, ...]
    conflicts: pd.DataFrame = field(default_factory=_no_conflicts)

    @classmethod
    def from_frame(
        cls, frame: Any, levels: Sequence[Hashable] | None = None, on_conflict: Literal["raise", "majority"] = "raise"
    ) -> Hierarchy:
        """The hierarchy in the columns of a table.

        Labels follow the sorted names (numbers by value, everything else as text): they do not depend on the order of
        the rows, and a column that holds exactly 0..C-1 keeps its values.

        Args:
            frame: a row an item; a DataFrame or what makes one.
            levels: its columns, fine to coarse; None takes all of them, in order.
            on_conflict: a class with several parents is refused ("raise"), or gets the parent that most of its rows
                have, of equals the first by name ("majority"); the rows changed by that are listed in `conflicts`.

        Raises:
            HrlibError: no rows or levels, no such column, a level named twice, a value that is missing, blank or no text.
            HierarchyConflict: a class has several parents, and on_conflict is "raise".
        """
        if on_conflict not in ("raise", "majority"):
            raise HrlibError(f"on_conflict is {on_conflict!r}; expected 'raise' or 'majority'")
        try:
            frame = pd.DataFrame(frame)
        except Exception as error:  # pandas raises all kinds
            raise HrlibError(
                f"a {type(frame).__name__} that makes no table ({error}); expected a row an item"
            ) from error
        columns = list(frame.columns) if levels is None else [levels] if isinstance(levels, str) else list(levels)
        require_columns(frame, columns, "a level")
        if not len(frame) or not columns:
            raise HrlibError(f"a hierarchy of {len(frame)} rows, {len(columns)} levels; expected at least one of each")
        encoded = [_encode(frame[column], column) for column in columns]
        given, names = np.stack([codes for codes, _ in encoded], axis=1), tuple(texts for _, texts in encoded)
        parents = tuple(itertools.starmap(_majority_parents, itertools.pairwise(given.T)))
        labels = given.copy()
        for level, parent in enumerate(parents):
            labels[:, level + 1] = parent[labels[:, level]]
        titles = tuple(str(column) for column in columns)
        if on_conflict == "raise":
            _refuse_two_parents(given, parents, titles, names)
        return cls(titles, *_compact(labels, names, parents), _changes(given, labels, titles, names))

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        counts = " < ".join(f"{count:,} {level}" for level, count in zip(self.levels, self.n_classes, strict=True))
        return f"Hierarchy({len(self):,} rows: {counts})"

    @property
    def depth(self) -> int:
        """L, the number of levels."""
        return len(self.levels)

    @property
    def n_classes(self) -> tuple[int, ...]:
        """The number of classes C_l of each level."""
        return tuple(len(names) for names in self.names)

    @property
    def ancestors(self) -> np.ndarray:
        """(C_0, L) int64: for each class of the finest level its label on every level."""
        columns = [np.arange(self.n_classes[0])]
        for parent in self.parents:
            columns.append(parent[columns[-1]])
        return np.stack(columns, axis=1)

    def index(self, level: str | int) -> int:
        """The position of a level given by name or by position (-1 is the coarsest); HrlibError where there is none."""
        if isinstance(level, str):
            if level not in self.levels:
                raise HrlibError(f"no level {level!r}; {nearest(level, self.levels)}")
            return self.levels.index(level)
        position = operator.index(level)
        if not -self.depth <= position < self.depth:
            raise HrlibError(f"no level {position}; expected 0 to {self.depth - 1} ({', '.join(self.levels)})")
        return position % self.depth

    def column(self, level: str | int) -> np.ndarray:
        """(N,) int64: the labels of one level."""
        return self.labels[:, self.index(level)]

    def path(self, row: int) -> tuple[str, ...]:
        """The names of a row's classes, coarse to fine: ("apparel", "hoodie", "product 17")."""
        labels = self.labels[as_rows(row, len(self))]
        return tuple(names[label] for names, label in zip(self.names, labels, strict=True))[::-1]

    def frame(self) -> pd.DataFrame:
        """The names, a row an item and a column a level."""
        columns = zip(self.levels, self.names, self.labels.T, strict=True)
        return pd.DataFrame({level: np.array(names, dtype=object)[labels] for level, names, labels in columns})

    def lca_height(self, a: Any, b: Any) -> np.ndarray:
        """The height of the lowest common ancestor of rows a and b (they broadcast): 0 = one class, L = the root."""
        return lca_height(self.labels[as_rows(a, len(self))], self.labels[as_rows(b, len(self))])

    def subset(self, rows: Any) -> Hierarchy:
        """Some rows (integers, repeats allowed, a slice or a mask), relabelled: classes without a row are gone."""
        rows = as_rows(rows, len(self)).reshape(-1)
        if not len(rows):
            raise HrlibError(f"a subset of no rows, out of {len(self)}; expected at least one")
        conflicts = self.conflicts
        if len(conflicts):
            kept = pd.DataFrame({"row": rows, "now": np.arange(len(rows))}).merge(conflicts, on="row")
            conflicts = kept.drop(columns="row").rename(columns={"now": "row"})
        return Hierarchy(self.levels, *_compact(self.labels[rows], self.names, self.parents), conflicts)

    def select(self, levels: Sequence[str | int]) -> Hierarchy:
        """The same rows with only some levels, given fine to coarse."""
        kept = [self.index(level) for level in ([levels] if isinstance(levels, (str, int)) else levels)]
        if not kept or kept != sorted(set(kept)):
            raise HrlibError(f"levels {list(levels)}; expected some of {list(self.levels)}, each once, in this order")
        parents = []
        for fine, coarse in itertools.pairwise(kept):
            parents.append(self.parents[fine])
            for parent in self.parents[fine + 1 : coarse]:
                parents[-1] = parent[parents[-1]]
        titles, names = zip(*((self.levels[level], self.names[level]) for level in kept), strict=True)
        conflicts = self.conflicts[self.conflicts["level"].isin(titles)].reset_index(drop=True)
        return Hierarchy(titles, np.ascontiguousarray(self.labels[:, kept]), names, tuple(parents), conflicts)


def lca_height(labels_a: np.ndarray, labels_b: np.ndarray) -> np.ndarray:
    """The smallest level on which two labellings (..., L) agree, L where they agree on none; shape (...), int64."""
    shape = np.broadcast_shapes(labels_a.shape, labels_b.shape)
    height = np.full(shape[:-1], shape[-1], dtype=np.int64)
    for level in reversed(range(shape[-1])):  # a level at a time: no temporary of the size pairs x L
        height[labels_a[..., level] == labels_b[..., level]] = level
    return height


def _encode(column: pd.Series, name: Hashable) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels (N,) int64 in the order of the sorted distinct values, and those values as text."""
    require_text(column, name)
    try:
        codes, values = pd.factorize(column)
    except TypeError as error:  # lists, dictionaries
        raise HrlibError(f"{name!r} holds values that are no names ({error}); expected text or numbers") from error
    texts = [str(value) for value in values]
    blank = np.array([not text.strip() for text in texts] + [True])  # the last is for the code -1, a missing value
    missing = np.flatnonzero(blank[codes])
    if len(missing):
        raise HrlibError(f"{name!r} is missing or blank in {rows_text(missing)}: fill it in, or drop those rows")
    ordered = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype)
    keys = list(values) if ordered else texts
    rank = {key: label for label, key in enumerate(sorted(set(keys)))}
    return np.array([rank[key] for key in keys], dtype=np.int64)[codes], tuple(str(key) for key in rank)


def _majority_parents(child: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """(C,) int64: the parent that most rows of each child have, of equals the lowest."""
    last = np.empty(int(child.max()) + 1, dtype=np.int64)
    last[child] = parent
    if (last[child] == parent).all():  # a tree already: no sorting
        return last
    width = int(parent.max()) + 1
    pairs, counts = np.unique(child * width + parent, return_counts=True)
    order = np.lexsort((-counts, pairs // width))  # stable: among equals the lowest parent comes first
    _, first = np.unique(pairs[order] // width, return_index=True)
    return (pairs % width)[order][first]


def _refuse_two_parents(
    given: np.ndarray, parents: Sequence[np.ndarray], levels: tuple[str, ...], names: Names
) -> None:
    for level, parent in enumerate(parents):
        child, actual = given[:, level], given[:, level + 1]
        astray = np.flatnonzero(parent[child] != actual)
        if not len(astray):
            continue
        example = child[astray[0]]
        rows = np.flatnonzero(child == example)
        found, counts = np.unique(actual[rows], return_counts=True)
        found = found[np.argsort(-counts, kind="stable")]
        shares = [f"{names[level + 1][p]!r:.100} in {rows_text(rows[actual[rows] == p])}" for p in found[:5]]
        raise HierarchyConflict(
            f"{levels[level]} {names[level][example]!r:.100} has {len(found)} parents on level {levels[level + 1]!r}: "
            f"{', '.join(shares)}. Classes of this level with several parents: {len(np.unique(child[astray]))}, where "
            f"{rows_text(astray)} disagree with the majority. Expected a tree: give the levels fine to coarse (got "
            f"{', '.join(levels)}), rename classes that only share a name, or pass on_conflict='majority'"
        )


def _changes(given: np.ndarray, labels: np.ndarray, levels: tuple[str, ...], names: Names) -> pd.DataFrame:
    tables = []
    for level, (was, became) in enumerate(zip(given.T, labels.T, strict=True)):
        rows, texts = np.flatnonzero(was != became), np.array(names[level], dtype=object)
        tables.append(
            pd.DataFrame({"row": rows, "level": levels[level], "was": texts[was[rows]], "became": texts[became[rows]]})
        )
    changed = [table for table in tables if len(table)]
    return pd.concat(changed).sort_values("row", kind="stable", ignore_index=True) if changed else _no_conflicts()


def _compact(
    labels: np.ndarray, names: Names, parents: Sequence[np.ndarray]
) -> tuple[np.ndarray, Names, tuple[np.ndarray, ...]]:
    """The same tree without the classes that no row has."""
    used = [np.flatnonzero(np.bincount(column)) for column in labels.T]
    columns = [np.searchsorted(classes, column) for classes, column in zip(used, labels.T, strict=True)]
    kept = tuple(tuple(texts[c] for c in classes) for texts, classes in zip(names, used, strict=True))
    above = (np.searchsorted(used[level + 1], parent[used[level]]) for level, parent in enumerate(parents))
    return np.stack(columns, axis=1), kept, tuple(above)
