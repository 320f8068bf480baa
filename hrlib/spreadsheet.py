"""CSV files for people, who open them in a spreadsheet: whatever holds text of the data is exported by this one function.

The result tables in benchmarks/ are for machines and hold no text of data: they are written by pandas.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hrlib.files import write

# what a spreadsheet reads as a formula: OWASP, "CSV Injection", with the full-width signs that it lists
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def to_csv(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table that can be opened in a spreadsheet: no text in it is taken for a formula, letters of all languages are right.

    Text that begins with a sign of `FORMULA` gets an apostrophe before it; numbers stay numbers. All text is in quotes: a semicolon, which some
    spreadsheets take for the end of a cell, begins no new one.
    """
    safe = table.map(_text_only).rename(columns=_text_only)
    data = safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    write(
        Path(path), data.encode("utf-8-sig", "replace")
    )  # half a surrogate pair, which JSON can hold, is no character
    return Path(path)


def _text_only(value: Any) -> Any:
    """Numbers, and what is missing, as they are; of everything else its text, harmless."""
    if isinstance(value, int | float | np.number | np.bool_) or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return value
    text = str(value)
    return "'" + text if text.startswith(FORMULA) else text
