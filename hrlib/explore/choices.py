"""The choices of an explorer, back and forth, and what is kept of them: a pinned list, and a CSV that a spreadsheet may open."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from hrlib.explore.selection import COLUMNS
from hrlib.files import write

# what a spreadsheet reads as a formula: OWASP, "CSV Injection", with the full-width signs that it lists
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
KEPT = ["query", "space", *COLUMNS]


@dataclass(frozen=True)
class Choice:
    """Items that were chosen, and how: "click", "lasso", "text 'boot'", "row 7"."""

    rows: tuple[int, ...]
    how: str


@dataclass
class History:
    """The choices made so far, the latest `limit` of them, and which of them is shown. A new one forgets those gone back from."""

    limit: int = 100
    choices: list[Choice] = field(default_factory=list)
    at: int = -1

    def add(self, choice: Choice) -> None:
        if self.choices and self.choices[self.at] == choice:
            return
        self.choices = [*self.choices[: self.at + 1], choice][-self.limit :]
        self.at = len(self.choices) - 1

    def step(self, by: int) -> Choice | None:
        """The choice `by` places on (-1: back), or None where there is none; then nothing changes."""
        if not 0 <= self.at + by < len(self.choices):
            return None
        self.at += by
        return self.choices[self.at]


def keep(kept: pd.DataFrame, selection: pd.DataFrame, query: str, space: str) -> pd.DataFrame:
    """A pinned list with one more selection, which is called `query` and was found in `space`; what is in the list already is not doubled."""
    table = selection.assign(query=query, space=space)[KEPT]
    kept = pd.concat([kept, table]) if len(kept) else table
    return kept.drop_duplicates(["query", "space", "role", "row"], ignore_index=True)


def to_csv(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table that can be opened in a spreadsheet: no text in it is taken for a formula, letters of all languages are right.

    Text that begins with a sign of `FORMULA` gets an apostrophe before it. All text is in quotes: a semicolon, which some spreadsheets
    take for the end of a cell, begins no new one.
    """
    safe = table.map(_text_only).rename(columns=_text_only)
    data = safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    write(Path(path), data.encode("utf-8-sig"))
    return Path(path)


def _text_only(value: Any) -> Any:
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value
