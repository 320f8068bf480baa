"""The choice and its reasons as sentences."""

from __future__ import annotations

import pandas as pd

from hrlib.search.choosing.candidates import FAMILIES
from hrlib.search.choosing.limits import Limits, short


def sentence(table: pd.DataFrame, ruled_out: dict[str, str], families: dict[str, str], limits: Limits) -> str:
    """What is chosen of `Choice.table`, what it does beside exact search, and for each other family why not.

    Args:
        ruled_out: name -> why it was not built.
        families: name -> family, of all candidates.
    """
    row = table[table["chosen"]].iloc[0]
    parts = [] if row["meets"] else [f"Nothing that was measured has {limits.words()}; this comes nearest."]
    parts += [f"{row['index']}{', ' + row['search'] if row['search'] else ''}: {FAMILIES[row['family']]}."]
    parts += [_numbers(row, table, limits)]
    others = [family for family in dict.fromkeys(families.values()) if family != row["family"]]
    against = [f"{family}: {_against(family, table, row, ruled_out, families, limits)}" for family in others]
    return " ".join(parts + ([f"The others: {'; '.join(against)}."] if against else []))


def _numbers(row: pd.Series, table: pd.DataFrame, limits: Limits) -> str:
    exact = table.loc[table["family"] == "flat", "qps"].iloc[0]
    beside = "" if row["family"] == "flat" else f", {short(row['qps'] / exact)} times exact search's {short(exact)}"
    size = f"{short(row['megabytes'])} MB ({row['bytes_per_vector']:,.0f} bytes a vector)"
    removing = "" if pd.notna(row["removals_per_second"]) else ", with a rebuild now and then, because it cannot remove"
    return (
        f"On {row['queries']:,} held-out quer{'y' if row['queries'] == 1 else 'ies'} recall@{limits.k} is {row['recall']:.3f} at "
        f"{short(row['qps'])} queries a second on one core{beside}; it takes {size} and stands {short(row['updates_per_second'])} "
        f"updates a second{removing}."
    )


def _against(
    family: str,
    table: pd.DataFrame,
    row: pd.Series,
    ruled_out: dict[str, str],
    families: dict[str, str],
    limits: Limits,
) -> str:
    rows = table[table["family"] == family]
    if not len(rows):
        return next(reason for name, reason in ruled_out.items() if families[name] == family)
    if len(meeting := rows[rows["meets"]]):
        ratio = row["qps_tuning"] / meeting["qps_tuning"].max()
        return "about as quick" if ratio < 1.05 else f"{short(ratio)} times slower"
    memory, updates = rows["megabytes"].min(), rows["updates_per_second"].max()
    if limits.memory and memory * 1e6 > limits.memory:
        return f"takes {short(memory)} MB at least"
    if updates < limits.updates_per_second:
        return f"stands {short(updates)} updates a second at most"
    if rows["recall_low"].max() < limits.target_recall:
        return f"recall ends at {rows['recall_tuning'].max():.3f} (before the allowance for chance)"
    return "has the recall, the memory and the updates, but not together"
