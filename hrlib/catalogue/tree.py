"""From columns of names to a tree of classes: labels, parents, and what is wrong where it is none."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from hrlib.catalogue.checks import require_text, rows_text
from hrlib.errors import HierarchyConflict, HrlibError

Names = tuple[tuple[str, ...], ...]


def no_conflicts() -> pd.DataFrame:
    """The table of `changes` without a row."""
    return pd.DataFrame({"row": np.zeros(0, np.int64), "level": [], "was": [], "became": []})


def encode(column: pd.Series, name: Hashable) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels (N,) int64 in the order of the sorted distinct values, and those values as text."""
    require_text(column, name)
    try:
        codes, values = pd.factorize(column)
    except TypeError as error:  # lists, dictionaries
        raise HrlibError(f"{name!r} holds values that are no names ({error}): expected text or numbers") from error
    texts = [str(value) for value in values]
    blank = np.array([not text.strip() for text in texts] + [True])  # the last is for the code -1, a missing value
    missing = np.flatnonzero(blank[codes])
    if len(missing):
        raise HrlibError(f"{name!r} is missing or blank in {rows_text(missing)}: fill it in, or drop those rows")
    ordered = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype)
    keys = list(values) if ordered else texts
    rank = {key: label for label, key in enumerate(sorted(set(keys)))}
    return np.array([rank[key] for key in keys], dtype=np.int64)[codes], tuple(str(key) for key in rank)


def majority_parents(child: np.ndarray, parent: np.ndarray) -> np.ndarray:
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


def refuse_two_parents(given: np.ndarray, parents: Sequence[np.ndarray], levels: tuple[str, ...], names: Names) -> None:
    """Raise a HierarchyConflict where rows (N, L) as given disagree with the parents of their classes; it names a class and its rows."""
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


def changes(given: np.ndarray, labels: np.ndarray, levels: tuple[str, ...], names: Names) -> pd.DataFrame:
    """A row for each label that is another one than was given: row, level, was, became."""
    tables = []
    for level, (was, became) in enumerate(zip(given.T, labels.T, strict=True)):
        rows, texts = np.flatnonzero(was != became), np.array(names[level], dtype=object)
        tables.append(
            pd.DataFrame({"row": rows, "level": levels[level], "was": texts[was[rows]], "became": texts[became[rows]]})
        )
    changed = [table for table in tables if len(table)]
    return pd.concat(changed).sort_values("row", kind="stable", ignore_index=True) if changed else no_conflicts()


def compact(
    labels: np.ndarray, names: Names, parents: Sequence[np.ndarray]
) -> tuple[np.ndarray, Names, tuple[np.ndarray, ...]]:
    """The same tree without the classes that no row has."""
    used = [np.flatnonzero(np.bincount(column)) for column in labels.T]
    columns = [np.searchsorted(classes, column) for classes, column in zip(used, labels.T, strict=True)]
    kept = tuple(tuple(texts[c] for c in classes) for texts, classes in zip(names, used, strict=True))
    above = (np.searchsorted(used[level + 1], parent[used[level]]) for level, parent in enumerate(parents))
    return np.stack(columns, axis=1), kept, tuple(above)
