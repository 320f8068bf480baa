"""Tables of metrics: a row a query, their means, and the ks that they are given at."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError


def query_table(
    values: np.ndarray, columns: Sequence[tuple[str, str]], by: str, order: Sequence[str], beyond: Collection[str]
) -> pd.DataFrame:
    """Values (Q, M) as a row a query and columns (group, metric), those of a group together.

    Args:
        columns: M of them, in the order of the values.
        by: what the groups are, such as "level"; order: of them.
        beyond: metrics that say nothing, at a k of more items than a query can find: NaN.
    """
    table = pd.DataFrame(values, columns=pd.MultiIndex.from_tuples(columns, names=[by, "metric"]))
    table.loc[:, [column for column in columns if column[1] in beyond]] = np.nan
    return table[sorted(columns, key=lambda column: order.index(column[0]))]


def means(table: pd.DataFrame) -> pd.DataFrame:
    """A row a query and columns (level, metric) as a row a level: the means over the queries that count, and the number of these."""
    by = table.columns.names[0]
    rows = {
        level: {**table[level].mean(), "queries": int(table[level].notna().any(axis=1).sum())}
        for level in table.columns.unique(by)
    }
    averages = pd.DataFrame.from_dict(rows, orient="index").rename_axis(by)
    return averages[[*table.columns.unique("metric"), "queries"]].astype({"queries": int})


def checked_ks(ks: Sequence[int], available: int, metrics: Sequence[str]) -> tuple[int, ...]:
    """The ks as a tuple, if they are different positive integers; a warning for those beyond what a query can find."""
    ks = tuple(ks)
    if not all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= 1 for k in ks) or len(
        set(ks)
    ) < len(ks):
        raise HrlibError(f"ks are {ks}: expected different integers of 1 or more, such as (1, 5, 10)")
    if too_many := [k for k in ks if k > available]:
        warnings.warn(
            f"{', '.join(f'{metric}@{k}' for metric in metrics for k in too_many)} will be NaN: a query has only {available} items to search; "
            f"give ks up to {available}, or a larger gallery",
            stacklevel=3,
        )
    return ks
