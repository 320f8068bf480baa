"""The choices of an explorer, back and forth, and what is kept of them: a pinned list."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from hrlib.explore.selection import COLUMNS

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
