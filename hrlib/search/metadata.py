"""Metadata as they are given and as they are returned: columns of values of one type each, any of which may be missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError

# what pandas calls the types that a column can have: "text", "integer", "float" or "boolean"; also "empty", a column of
# which no value has been seen yet: it takes the type of the first that comes
_INFERRED = {
    "string": "text",
    "integer": "integer",
    "floating": "float",
    "mixed-integer-float": "float",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Values:
    """Values of one column: (N,) objects, None where missing, all of one type: text, integer, float, boolean or empty."""

    kind: str
    values: np.ndarray


def as_columns(metadata: pd.DataFrame | Mapping[str, Sequence] | None, rows: int) -> dict[str, Values]:
    """Metadata as they are given to `upsert`, checked: columns of `rows` values of one type each."""
    if metadata is None:
        return {}
    if not isinstance(metadata, pd.DataFrame | Mapping):
        raise HrlibError(f"metadata is a {type(metadata).__name__}: expected a DataFrame, or a mapping of columns")
    columns = {}
    for name in metadata:
        if not isinstance(name, str) or not name:
            raise HrlibError(f"metadata: column {name!r}: expected a name, a string that is not empty")
        _check_value(name, name)
        if list(metadata).count(name) > 1:
            raise HrlibError(f"metadata: two columns are called {name!r}: expected names that differ")
        columns[name] = as_values(name, metadata[name], rows)
    return columns


def as_values(name: str, given: Any, rows: int) -> Values:
    """The values of column `name`, their type found out."""
    if isinstance(given, str | bytes) or not hasattr(given, "__len__"):
        raise HrlibError(f"metadata: column {name!r} is {given!r}: expected a list of {rows} values, one an item")
    if len(given) != rows or getattr(given, "ndim", 1) != 1:
        raise HrlibError(f"metadata: column {name!r} has {len(given)} values for {rows} items: expected one an item")
    values = np.empty(rows, object)
    values[:] = list(given)
    missing = pd.isna(values)
    values[missing] = None
    if missing.all():
        return Values("empty", values)
    inferred = pd.api.types.infer_dtype(values[~missing])
    if inferred not in _INFERRED:
        raise HrlibError(
            f"metadata: column {name!r} holds {inferred} values, e.g. {values[~missing][0]!r}: expected text, integers, floats "
            "or booleans, one type a column; write dates as text (2024-05-31) or numbers"
        )
    kind = _INFERRED[inferred]
    convert = {"text": str, "integer": int, "float": float, "boolean": bool}[kind]
    values[~missing] = [convert(value) for value in values[~missing]]
    for value in values[~missing] if kind in ("text", "integer") else ():
        _check_value(name, value)
    return Values(kind, values)


def _check_value(name: str, value: str | int) -> None:
    if isinstance(value, int):
        if not -(2**63) < value < 2**63:
            raise HrlibError(f"metadata: column {name!r}: {value} is no integer of 64 bits (-2**63 means missing)")
    else:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise HrlibError(f"metadata: column {name!r}: {value!r} is no valid text ({error.reason})") from None


def frame(columns: Mapping[str, Values], index: Sequence) -> pd.DataFrame:
    """Columns as the table that `Store.get` gives."""
    dtypes = {"text": object, "integer": "Int64", "float": "float64", "boolean": "boolean", "empty": object}
    index = pd.Index(list(index), dtype=object, name="id")
    return pd.DataFrame(
        {name: pd.Series(list(c.values), dtype=dtypes[c.kind], index=index) for name, c in columns.items()}, index=index
    )
