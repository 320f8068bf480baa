"""Tables of items: reading them, their ids, and the files that their paths stand for."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hrlib.catalogue.checks import require_columns, rows_text
from hrlib.errors import HrlibError


def read_table(path: Path, text: Sequence[str]) -> pd.DataFrame:
    """The table in a CSV or parquet file; a CSV's columns in `text` are text, and only its empty cells are missing."""
    if not path.is_file():
        raise HrlibError(f"no table {path}: expected a CSV or parquet file")
    try:
        match path.suffix.lower():
            case ".csv":  # utf-8-sig: spreadsheets put a byte order mark before the first column's name
                return _read_csv(path, dict.fromkeys(text, str))
            case ".parquet" | ".pq":
                return _read_parquet(path)
    except HrlibError:
        raise
    except UnicodeDecodeError as error:
        raise HrlibError(
            f"{path} cannot be read as a table: {error}; expected UTF-8: save it anew as such, in a spreadsheet as “CSV UTF-8”"
        ) from error
    except Exception as error:  # pandas and pyarrow raise all kinds on a damaged file
        raise HrlibError(f"{path} cannot be read as a table: {error}") from error
    raise HrlibError(f"{path} ends in {path.suffix!r}: expected .csv or .parquet")


def _read_csv(path: Path, types: dict[str, type]) -> pd.DataFrame:
    settings = {"keep_default_na": False, "na_values": [""], "encoding": "utf-8-sig"}
    names = pd.read_csv(path, header=None, nrows=1, dtype=str, **settings).iloc[0].dropna()
    if len(names) == 1 and (mark := next((mark for mark in ";\t|" if mark in names.iloc[0]), None)):
        raise HrlibError(
            f"{path} has one column, {names.iloc[0]!r:.100}, with {mark!r} in its name: expected commas between the cells: save it with "
            f"commas, or read it with pd.read_csv(path, sep={mark!r}) and pass that table, with its folder as root"
        )
    repeated = sorted(set(names[names.duplicated()]))
    if repeated:  # pandas would give the second another name, and nobody would know which was taken
        raise HrlibError(f"{path} has the column {repeated[0]!r} twice: expected each name once: rename or drop one")
    with warnings.catch_warnings():
        # rows longer than the header: pandas would move their columns, or drop what is over
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(path, dtype=types, index_col=False, low_memory=False, **settings)
        except pd.errors.ParserWarning as error:
            raise HrlibError(f"{path} has rows with more cells than its header has names: expected as many") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    table = pd.read_parquet(path).reset_index(drop=True)
    if table.columns.nlevels > 1:
        raise HrlibError(f"{path} has columns of {table.columns.nlevels} levels: expected one name each: flatten them")
    return table


def with_ids(items: pd.DataFrame, column: str | None) -> pd.DataFrame:
    """The items with their unique ids in the first column, "id"."""
    if column is None and "id" not in items:
        items.insert(0, "id", np.arange(len(items)))
        return items
    column = column or "id"
    require_columns(items, [column], "the items' ids")
    ids = items[column]
    if column != "id" and "id" in items:
        raise HrlibError(f"the ids are in {column!r}, yet there is also a column 'id'; rename or drop one of them")
    if ids.isna().any():
        raise HrlibError(f"no id in {rows_text(np.flatnonzero(ids.isna()))} of column {column!r}: expected one a row")
    if not ids.map(pd.api.types.is_scalar).all():
        raise HrlibError(f"column {column!r} holds lists or other values that are no ids: expected texts or numbers")
    if ids.duplicated().any():
        repeated = ids[ids.duplicated(keep=False)]
        first = repeated.iloc[0]
        raise HrlibError(
            f"{repeated.nunique()} ids of column {column!r} repeat, the first {str(first)!r:.200} in "
            f"{rows_text(np.flatnonzero(ids == first))}: expected unique ids"
        )
    rest = items.drop(columns="id") if column == "id" else items
    rest.insert(0, "id", ids)
    return rest


def photo_files(paths: pd.Series, root: Path, confined: bool) -> list[str]:
    """The photos' files, "" where the path is missing; a path out of the root is refused if they are confined to it."""
    missing = [pd.api.types.is_scalar(path) and (pd.isna(path) or not str(path)) for path in paths]
    files = ["" if none else os.path.normpath(root / str(path)) for path, none in zip(paths, missing, strict=True)]
    inside = os.path.join(os.path.normpath(root), "")
    astray = [row for row, file in enumerate(files) if file and not file.startswith(inside)]
    if astray and confined:
        raise HrlibError(
            f"{rows_text(astray)} name photos out of {root}, the first {str(paths.iloc[astray[0]])!r:.200}: expected paths "
            "below it: pass as root a folder that holds them all"
        )
    return files
