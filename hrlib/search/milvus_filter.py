"""Filters for Milvus: the conditions of a `where` as an expression over the JSON field that holds an item's metadata.

Values are written into the expression as literals, because milvus-lite 3.2 knows no `filter_params`. The literals are those
of Milvus' grammar (Plan.g4): in double quotes, where only the quote, the backslash and the two line breaks have to be
escaped. Columns are named by their percent-encoding, since Milvus splits the path of a JSON key without looking at quotes.
Of equality with several values there is an `or`, since milvus-lite has no `in` for JSON keys.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from hrlib.search.where import Between, Condition, OneOf

ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"})
MOST = {"integer": 2**63 - 1, "float": sys.float_info.max}  # no item has a number above, or below its negative


def key(name: str) -> str:
    """The name of a column in the JSON field: ASCII without quotes, brackets or backslashes."""
    return quote(name, safe="")


def expression(conditions: Sequence[Condition], kinds: Mapping[str, str]) -> str | None:
    """Milvus' filter expression for conditions that must all hold: "" chooses everything, None says that nothing can match.

    Args:
        conditions: see `where.parse`. kinds: name to type of the columns, as it was parsed with.
    """
    parts = [_part(f'metadata["{key(one.column)}"]', one, kinds[one.column]) for one in conditions]
    return None if None in parts else " and ".join(f"({part})" for part in parts)


def _part(at: str, condition: Condition, kind: str) -> str | None:
    if kind == "empty":
        return None
    if isinstance(condition, OneOf):
        values = [value for value in condition.values if kind not in MOST or abs(value) <= MOST[kind]]
    elif kind == "boolean":  # which have no order in Milvus
        low, high = condition.low, condition.high
        values = [one for one in (False, True) if (low is None or low <= one) and (high is None or one <= high)]
    else:
        return _range(at, condition, kind)
    return " or ".join(f"{at} == {_literal(value, kind)}" for value in values) or None


def _range(at: str, condition: Between, kind: str) -> str | None:
    low, high = condition.low, condition.high
    if kind in MOST:  # an end that no number reaches is no end
        most = MOST[kind]
        if (low is not None and low > most) or (high is not None and high < -most):
            return None
        low = None if low is not None and low <= -most else low
        high = None if high is not None and high >= most else high
    ends = [f"{at} {sign} {_literal(end, kind)}" for sign, end in ((">=", low), ("<=", high)) if end is not None]
    return " and ".join(ends) or f"exists {at}"


def _literal(value: Any, kind: str) -> str:
    if kind == "text":
        return f'"{value.translate(ESCAPES)}"'
    if kind == "boolean":
        return "true" if value else "false"
    return repr(float(value)) if kind == "float" else str(value)
