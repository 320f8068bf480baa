"""Results as a table for people: their path in the hierarchy, what they have in common with the query, and why in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hrlib.search.visual.classes import Classes, Record
from hrlib.search.visual.ranked import Result
from hrlib.search.visual.stock import Near, Stock

SEPARATOR, MOST = " > ", 10
COLUMNS = ["id", "similarity", "distance", "category", "path", "why", "matched", "others", "score"]


@dataclass(frozen=True)
class Aim:
    """Where in the hierarchy the query belongs: its path, coarse to fine, () where that is not known, and what it is called."""

    path: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, classes: Classes, level: int, shares: Sequence[np.ndarray], own: Sequence[Record]) -> Aim:
        """The class of the query where it is an item whose class is known, else the likeliest one."""
        if len(own) == 1 and (label := classes.labels(own)[0, level]) >= 0:
            return cls(classes.path_of(level, label), f"the {classes.levels[level]} of the query")
        if (share := shares[level].max()) > 0:
            return cls(
                classes.path_of(level, int(shares[level].argmax())), f"the likely {classes.levels[level]} ({share:.0%})"
            )
        return cls((), "")


def result_table(
    results: tuple[Near, list[Result]],
    stock: Stock,
    level: int,
    aim: Aim,
    items: Sequence[Record],
    where: Mapping[str, Any] | None,
) -> pd.DataFrame:
    """`Found.table`: a row a result. `items` is what is known of the query's items."""
    near, shown = results
    near = near.taken([result.place for result in shown])
    name, rows = stock.classes.levels[level], []
    for result, one, cosine, record in zip(
        shown, near.ids, near.similarities.tolist(), stock.records(near.ids, near.frame), strict=True
    ):
        path, distance = stock.classes.path(record), max(0.0, 1 - cosine)  # in float32 a cosine may be above 1
        alike = matched(record, items, stock.catalogue.attributes, where, stock.classes.levels)
        why = sentence(path, aim, alike, distance)
        values = one, cosine, distance, record.get(name), SEPARATOR.join(path), why, alike
        rows.append((*values, result.others, result.score))
    columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    types = [float if name in ("similarity", "distance", "score") else object for name in COLUMNS]
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=dtype)
            for name, values, dtype in zip(COLUMNS, columns, types, strict=True)
        }
    )


def category_table(classes: Classes, level: int, shares: Sequence[np.ndarray]) -> pd.DataFrame:
    """`Found.category`: the likeliest classes of a level."""
    best = np.argsort(-shares[level], kind="stable")[:MOST]
    rows = [
        (
            classes.hierarchy.names[level][label],
            SEPARATOR.join(classes.path_of(level, label)),
            float(shares[level][label]),
        )
        for label in best
        if shares[level][label] > 0
    ]
    return pd.DataFrame(rows, columns=["category", "path", "probability"])


def matched(
    record: Record,
    items: Sequence[Record],
    attributes: Sequence[str],
    where: Mapping[str, Any] | None,
    levels: Sequence[str],
) -> list[str]:
    """What an item has in common with the query, as "colour: red": the columns of the filter, which all results meet, then the
    attributes whose value one of the query's items has too. Without the levels, which its path says."""
    alike = [name for name in attributes if any(name in item and item[name] == record.get(name) for item in items)]
    names = [name for name in dict.fromkeys([*(where or {}), *alike]) if name in record and name not in levels]
    return [f"{name}: {said(record[name])}" for name in names]


def said(value: Any) -> str:
    """A value as people write it: a whole float, which pandas makes of integers beside missing values, without its ".0"."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def sentence(path: Sequence[str], aim: Aim, alike: Sequence[str], distance: float) -> str:
    """One sentence: where the item lies and how near that is to where the query belongs, what they have in common, their distance."""
    parts = [f"it lies in {SEPARATOR.join(path)}{_beside(path, aim)}" if path else "its classes are not known"]
    if alike:
        parts.append(f"it agrees in {_listed(alike)}")
    text = "; ".join([*parts, f"its cosine distance is {distance:.3f}"])
    return f"{text[0].upper()}{text[1:]}."


def _beside(path: Sequence[str], aim: Aim) -> str:
    if not aim.path:
        return ""
    pairs = enumerate(zip(path, aim.path, strict=False))
    shared = next((place for place, (ours, theirs) in pairs if ours != theirs), min(len(path), len(aim.path)))
    if shared == len(aim.path):
        return f", {aim.name}"
    if shared:
        return f", and has {SEPARATOR.join(path[:shared])} in common with {aim.name}, {aim.path[-1]}"
    return f", apart from {aim.name}, {SEPARATOR.join(aim.path)}"


def _listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
