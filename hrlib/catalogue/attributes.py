"""Attributes of items: columns of integer codes in which a missing value is -1, and how well two items match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hrlib.catalogue.checks import as_rows, require_columns
from hrlib.errors import HrlibError

MISSING = -1


@dataclass(frozen=True, eq=False, repr=False)
class Attributes:
    """N items described by A attributes; unlike the levels of a hierarchy they are independent, and a value may be missing.

    Attributes:
        columns: the A names: ("gender", "baseColour", "season").
        codes: (N, A) int64; column a holds 0..V_a-1, or -1 where nobody filled it in.
        names: names[a][v] is value v of attribute a.
    """

    columns: tuple[str, ...]
    codes: np.ndarray
    names: tuple[tuple[str, ...], ...]

    @classmethod
    def from_frame(cls, frame: Any, columns: Sequence[str], like: Attributes | None = None) -> Attributes:
        """The attributes in some columns of a table, such as `catalogue.items`. None, NaN and blank texts are missing values.

        Codes follow the sorted names of the values, as texts. Whole numbers are named alike in every type: in a column with missing values pandas
        makes floats of integers.

        Args:
            frame: a row an item.
            columns: which columns; levels of the hierarchy may be among them.
            like: attributes with the same columns whose values keep their codes; values that are new here get the codes after them.

        Raises:
            HrlibError: no columns, no such column, one that is named twice, or other columns than those of `like`.
        """
        frame, columns = pd.DataFrame(frame), [columns] if isinstance(columns, str) else list(columns)
        require_columns(frame, columns, "an attribute")
        if not columns:
            raise HrlibError("attributes in no column: expected one or more")
        if like is not None and like.columns != tuple(columns):
            raise HrlibError(
                f"attributes {', '.join(columns)} like others of {', '.join(like.columns)}: expected the same columns"
            )
        known = like.names if like is not None else ((),) * len(columns)
        coded = [_encode(frame[column], names) for column, names in zip(columns, known, strict=True)]
        codes = np.stack([codes for codes, _ in coded], axis=1)
        return cls(tuple(columns), codes, tuple(names for _, names in coded))

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        known = (self.codes != MISSING).mean(axis=0) if len(self) else np.zeros(len(self.columns))
        parts = [
            f"{column}: {len(names)} values, {share:.0%} known"
            for column, names, share in zip(self.columns, self.names, known, strict=True)
        ]
        return f"Attributes({len(self):,} items; {'; '.join(parts)})"

    @property
    def n_values(self) -> tuple[int, ...]:
        """How many values each attribute has."""
        return tuple(len(names) for names in self.names)

    def subset(self, rows: Any) -> Attributes:
        """Some items (integers, a slice or a mask), in the given order; the values keep their codes."""
        return Attributes(self.columns, self.codes[as_rows(rows, len(self)).reshape(-1)], self.names)

    def select(self, columns: Sequence[str]) -> Attributes:
        """Some of the attributes, in the given order."""
        require_columns(pd.DataFrame(columns=list(self.columns)), columns, "an attribute")
        at = [self.columns.index(column) for column in columns]
        return Attributes(tuple(columns), self.codes[:, at], tuple(self.names[a] for a in at))

    def codes_like(self, other: Attributes) -> np.ndarray:
        """The codes (N, A) in the coding of `other`, matched by the names of the values; one that `other` does not have is its n_values.

        Raises:
            HrlibError: other columns than those of `other`.
        """
        if self.columns != other.columns:
            raise HrlibError(
                f"attributes {', '.join(self.columns)} and {', '.join(other.columns)}: expected the same; choose them with select(columns)"
            )
        columns = []
        for codes, ours, theirs in zip(self.codes.T, self.names, other.names, strict=True):
            code = {name: v for v, name in enumerate(theirs)}
            columns.append(
                np.array([*(code.get(name, len(theirs)) for name in ours), MISSING])[codes]
            )  # codes -1: the last
        return np.stack(columns, axis=1)


def match(a: np.ndarray, b: np.ndarray, minimum_overlap: int = 1) -> np.ndarray:
    """The share of attributes that agree, among those known in both: (N, M) float32, NaN where fewer than `minimum_overlap` are.

    Args:
        a: codes (N, A), -1 where missing.
        b: codes (M, A).
        minimum_overlap: attributes that must be known in both for a pair to be compared.

    Raises:
        HrlibError: codes that are not (N, A) and (M, A), or an overlap outside 1..A.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise HrlibError(f"codes of shapes {a.shape} and {b.shape}: expected (N, A) and (M, A)")
    if not 1 <= minimum_overlap <= a.shape[1]:
        raise HrlibError(f"minimum_overlap is {minimum_overlap}: expected 1 to {a.shape[1]}, the number of attributes")
    known = np.zeros((len(a), len(b)), np.uint8)
    same = np.zeros_like(known)
    for ours, theirs in zip(a.T, b.T, strict=True):
        both = (ours != MISSING)[:, None] & (theirs != MISSING)
        known += both
        same += both & (ours[:, None] == theirs)
    share = np.divide(same, known, dtype=np.float32, where=known > 0, out=np.full(known.shape, np.nan, np.float32))
    share[known < minimum_overlap] = np.nan
    return share


def _name(value: Any) -> str | None:
    """What a value is called; None where it is missing."""
    if pd.isna(value):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip() or None


def _encode(column: pd.Series, known: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The codes (N,) of a column and the names of its values, those in `known` first."""
    texts = column.map(_name)
    names = known + tuple(sorted(set(texts.dropna()) - set(known)))
    code = {name: v for v, name in enumerate(names)}
    return texts.map(lambda text: code.get(text, MISSING)).to_numpy(np.int64), names
