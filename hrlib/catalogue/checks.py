"""Checks of rows and columns that the catalogue's modules share, with the wording of their errors."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.settings import nearest


def as_rows(rows: Any, count: int) -> np.ndarray:
    """Row numbers (int64, any shape) from integers, a slice or a boolean mask (count,).

    Raises:
        HrlibError: Not integers, a mask of another length, or a row outside 0..count-1. Negative rows are refused: in
            the answer of a nearest-neighbour index -1 means "none", not the last row.
    """
    if isinstance(rows, slice):
        return np.arange(count)[rows]
    rows = np.asarray(rows)
    if rows.size == 0:
        return rows.astype(np.int64)
    if rows.dtype == bool:
        if rows.shape != (count,):
            raise HrlibError(f"a mask of shape {rows.shape} for {count} rows: expected ({count},)")
        return np.flatnonzero(rows)
    if rows.dtype.kind not in "iu":
        raise HrlibError(f"rows of type {rows.dtype}: expected integers, a slice or a boolean mask")
    if rows.min() < 0 or rows.max() >= count:
        raise HrlibError(f"rows from {rows.min()} to {rows.max()}: expected 0 to {count - 1}")
    return rows.astype(np.int64)


def require_columns(frame: pd.DataFrame, columns: Sequence[Hashable], role: str) -> None:
    """Raise an HrlibError unless each of `columns` is in the table once; `role` tells the reader what they are for."""
    for column in columns:
        found = int((frame.columns == column).sum())
        if not found:
            raise HrlibError(f"the table has no column {column!r} ({role}); {nearest(column, frame.columns)}")
        if found > 1:
            raise HrlibError(f"the table has {found} columns {column!r} ({role}): expected one: rename the others")
    if len(set(columns)) < len(columns):
        raise HrlibError(f"the same column twice among {', '.join(map(str, columns))} ({role}): expected each once")


def rows_text(rows: Any) -> str:
    """``"1 row (4)"``, ``"9 rows (0, 3, 4, 8, 11, ...)"``: how many, and the first five."""
    rows = np.asarray(rows)
    first = ", ".join(map(str, rows[:5])) + (", ..." if len(rows) > 5 else "")
    return f"{len(rows)} row{'' if len(rows) == 1 else 's'} ({first})"


def is_text(value: Any) -> bool:
    """False for a text, or a list of texts, with half of a surrogate pair in it: Python and JSON can hold one, no file of text can.

    Python also shows so the bytes of a file's name that are no UTF-8.
    """
    try:
        for text in value if isinstance(value, list | tuple) else [value]:
            str(text).encode()
    except UnicodeEncodeError:
        return False
    return True


def require_text(column: pd.Series, name: Hashable) -> None:
    """Raise an HrlibError unless every text of a column can be written."""
    # in other columns are numbers and dates, or pandas' own texts, which are UTF-8
    mixed = column.dtype == object or isinstance(column.dtype, pd.CategoricalDtype)
    odd = [row for row, value in enumerate(column) if not is_text(value)] if mixed else []
    if odd or not is_text(name):
        got = f"holds {column.iloc[odd[0]]!a:.100} in {rows_text(odd)}" if odd else "is a column's name"
        raise HrlibError(
            f"{name!a} {got}: half of a surrogate pair, which is no character; expected text that can be written as UTF-8: "
            "write it anew" + (", or drop those rows" if odd else "")
        )
