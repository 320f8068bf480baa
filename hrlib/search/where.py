"""Filters: `where` read into conditions on columns, and the rows of a table that they choose."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.search.table import KINDS, Column, Table
from hrlib.settings import nearest

HELP = 'write {"season": "Summer"}, {"season": ["Summer", "Fall"]} or {"price": (0, 20)} with None for an open end'


@dataclass(frozen=True)
class OneOf:
    """Items whose value of a column is one of some."""

    column: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Between:
    """Items whose value of a column is from `low` to `high`, both included; None is an open end. Text goes by code point."""

    column: str
    low: Any
    high: Any


Condition = OneOf | Between


def parse(where: Mapping[str, Any] | None, kinds: Mapping[str, str]) -> list[Condition]:
    """`where` as conditions, all of which must hold; their values are Python's own (str, int, float, bool).

    Args:
        where: see `Store`. None or {} chooses everything.
        kinds: name to type of the columns that there are: a key of `table.KINDS`.

    Raises:
        HrlibError: a column that is not there (near ones are named), or a value that its type can never have.
    """
    if where is None:
        return []
    if not isinstance(where, Mapping):
        raise HrlibError(f"where is {where!r}: expected a mapping of columns; {HELP}")
    conditions: list[Condition] = []
    for name, wanted in where.items():
        if name not in kinds:
            known = nearest(name, kinds) if kinds else "there are no columns: give metadata to upsert"
            raise HrlibError(f"where: {name!r} is no column of the store; {known}")
        if isinstance(wanted, np.ndarray) and wanted.ndim == 0:
            wanted = wanted.item()
        if isinstance(wanted, tuple):
            if len(wanted) != 2:
                raise HrlibError(f"where: {name!r} is {wanted!r}: a tuple is a range (from, to); {HELP}")
            low, high = (None if end is None else _value(name, end, kinds[name]) for end in wanted)
            if kinds[name] == "integer":
                low, high = _whole(low, math.ceil), _whole(high, math.floor)
            conditions.append(Between(name, low, high))
        else:
            several = isinstance(wanted, list | set | frozenset | np.ndarray | pd.Series | pd.Index)
            values = [_value(name, value, kinds[name]) for value in (wanted if several else [wanted])]
            if kinds[name] == "integer":
                values = [int(value) for value in values if value == _whole(value, math.floor)]
            conditions.append(OneOf(name, tuple(dict.fromkeys(values))))
    return conditions


def _value(name: str, value: Any, kind: str) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        raise HrlibError(
            f"where: {name!r}: {value!r} matches nothing, as missing values never do; leave it out. {HELP}"
        )
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {"text": isinstance(value, str), "integer": number, "float": number, "boolean": isinstance(value, bool)}
    if not fits.get(kind, isinstance(value, str | int | float)):
        raise HrlibError(f"where: {name!r} holds {kind} values; got {value!r} ({type(value).__name__}). {HELP}")
    if kind == "float" and isinstance(value, int) and abs(value) >= 2**1023:  # numpy compares floats with floats only
        raise HrlibError(
            f"where: {name!r} holds floats; got an integer of {value.bit_length()} bits, beyond all of them"
        )
    return value


def _whole(value: float | None, rounded: Callable[[float], int]) -> int | None:
    """An end of a range of integers as an integer: comparing them with floats would round what has more than 53 bits."""
    if value is None or isinstance(value, int):
        return value
    return rounded(value) if math.isfinite(value) else int(math.copysign(2**63, value))


def chosen(table: Table, conditions: list[Condition]) -> np.ndarray:
    """Which rows of a table meet all conditions, (rows,) bool."""
    mask = np.ones(table.rows, bool)
    for condition in conditions:
        mask &= _holds(table.columns[condition.column], table.rows, condition)
    return mask


def _holds(column: Column, rows: int, condition: Condition) -> np.ndarray:
    kept = column.buffer[:rows]
    if column.kind == "empty":
        return np.zeros(rows, bool)
    if column.kind == "text" and isinstance(
        condition, Between
    ):  # looked at once a label, then read off by their numbers
        low, high = condition.low, condition.high
        inside = [(low is None or low <= label) and (high is None or label <= high) for label in list(column.labels)]
        return np.array([*inside, False])[kept]
    present = kept == kept if column.kind == "float" else kept != KINDS[column.kind][1]
    if isinstance(condition, OneOf):
        matches = np.zeros(rows, bool)
        for value in condition.values:
            matches |= kept == (column.numbers.get(value, -2) if column.kind == "text" else value)
    else:
        matches = np.ones(rows, bool)
        if condition.low is not None:
            matches &= kept >= condition.low
        if condition.high is not None:
            matches &= kept <= condition.high
    return matches & present
