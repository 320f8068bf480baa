"""A hierarchy of classes: columns of integer labels, fine to coarse, with their names and parents."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from hrlib.catalogue.checks import as_rows, require_columns
from hrlib.catalogue.tree import Names, changes, compact, encode, majority_parents, no_conflicts, refuse_two_parents
from hrlib.errors import HrlibError
from hrlib.settings import nearest


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
    conflicts: pd.DataFrame = field(default_factory=no_conflicts)

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
            raise HrlibError(f"on_conflict is {on_conflict!r}: expected 'raise' or 'majority'")
        try:
            frame = pd.DataFrame(frame)
        except Exception as error:  # pandas raises all kinds
            raise HrlibError(
                f"a {type(frame).__name__} that makes no table ({error}): expected a row an item"
            ) from error
        columns = list(frame.columns) if levels is None else [levels] if isinstance(levels, str) else list(levels)
        require_columns(frame, columns, "a level")
        if not len(frame) or not columns:
            raise HrlibError(f"a hierarchy of {len(frame)} rows, {len(columns)} levels: expected at least one of each")
        encoded = [encode(frame[column], column) for column in columns]
        given, names = np.stack([codes for codes, _ in encoded], axis=1), tuple(texts for _, texts in encoded)
        parents = tuple(itertools.starmap(majority_parents, itertools.pairwise(given.T)))
        labels = given.copy()
        for level, parent in enumerate(parents):
            labels[:, level + 1] = parent[labels[:, level]]
        titles = tuple(str(column) for column in columns)
        if on_conflict == "raise":
            refuse_two_parents(given, parents, titles, names)
        return cls(titles, *compact(labels, names, parents), changes(given, labels, titles, names))

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
        return self.ancestors_of(0)

    @property
    def superclass(self) -> int:
        """The position of the level that "superclass" stands for where none is called so: 1, or 0 if there is only one level."""
        return min(1, self.depth - 1)

    def ancestors_of(self, level: str | int) -> np.ndarray:
        """(C, levels from `level` up) int64: for each class of a level its label there and on every coarser one."""
        index = self.index(level)
        columns = [np.arange(self.n_classes[index])]
        for parent in self.parents[index:]:
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
            raise HrlibError(f"no level {position}: expected 0 to {self.depth - 1} ({', '.join(self.levels)})")
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
            raise HrlibError(f"a subset of no rows, out of {len(self)}: expected at least one")
        conflicts = self.conflicts
        if len(conflicts):
            kept = pd.DataFrame({"row": rows, "now": np.arange(len(rows))}).merge(conflicts, on="row")
            conflicts = kept.drop(columns="row").rename(columns={"now": "row"})
        return Hierarchy(self.levels, *compact(self.labels[rows], self.names, self.parents), conflicts)

    def select(self, levels: Sequence[str | int]) -> Hierarchy:
        """The same rows with only some levels, given fine to coarse."""
        kept = [self.index(level) for level in ([levels] if isinstance(levels, (str, int)) else levels)]
        if not kept or kept != sorted(set(kept)):
            raise HrlibError(f"levels {list(levels)}: expected some of {list(self.levels)}, each once, in this order")
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
