"""What an explorer knows without a browser: what is chosen, in which space and with which filter it is asked, what was chosen before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings
from hrlib.explore.choices import KEPT, Choice, History, keep
from hrlib.explore.selection import COLUMNS, Finder
from hrlib.settings import whole_number
from hrlib.spreadsheet import to_csv

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue


class Session:
    """One person's queries, one after the other.

    Args:
        catalogue, embeddings: as for `Finder`.
        k: how many neighbours.
        out_dir: where `export` writes.

    Attributes:
        space: the name of the space that is asked. filters: column -> value.
        history: the choices so far. trail: the rows that `beside` walks through: what was lassoed or found, else all that match the filter.
        selection: DataFrame of what is chosen and its neighbours (see `Finder.select`).
        kept: DataFrame of the selections pinned by `keep`, with the columns "query" and "space" before.
    """

    def __init__(self, catalogue: Catalogue, embeddings: Mapping[str, Embeddings], k: int, out_dir: str | Path):
        self.catalogue, self.finder, self.out_dir = catalogue, Finder(catalogue, embeddings), Path(out_dir)
        self.space, self.k = next(iter(self.finder.vectors)), whole_number("k", k, what="the number of neighbours")
        self.filters: dict[str, str] = {}
        self.history, self.trail = History(), np.arange(len(catalogue))
        self.selection, self.kept = pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=KEPT)

    @property
    def choice(self) -> Choice | None:
        """The present choice."""
        return self.history.choices[self.history.at] if self.history.choices else None

    def choose(self, rows: Sequence[int] | np.ndarray, how: str = "code") -> pd.DataFrame:
        """Choose items as a click or a lasso does; the selection that comes of it."""
        choice = Choice(tuple(np.unique(np.asarray(rows, dtype=np.int64)).tolist()), how)
        self.answer(choice)
        self.history.add(choice)
        return self.selection

    def answer(self, choice: Choice) -> None:
        """Make the selection that a choice has in the present space, with the present k and filter."""
        self.selection = self.finder.select(choice.rows, self.space, self.k, self.filters)
        if len(choice.rows) > 1:
            self.trail = np.asarray(choice.rows)
        elif choice.rows[0] not in self.trail:
            self.trail = np.flatnonzero(self.finder.matching(self.filters))

    def filter(self, filters: Mapping[str, str]) -> None:
        """Let only items that match answer, and be walked through."""
        self.trail = np.flatnonzero(self.finder.matching(filters))
        self.filters = dict(filters)

    def find(self, text: str) -> np.ndarray:
        """Rows of the items that have the text and match the filter; none is an error."""
        rows = self.finder.find(text)
        rows = rows[self.finder.matching(self.filters)[rows]]
        if not len(rows):
            raise HrlibError(f"no item has {text.strip()!r} in its id, caption or classes")
        return rows

    def beside(self, by: int) -> int:
        """The row `by` places (1 or -1) on in the trail, around its end."""
        if not len(self.trail):
            raise HrlibError("no item matches the filter")
        chosen = self.choice.rows if self.choice else ()
        if len(chosen) == 1:
            place = np.searchsorted(self.trail, chosen[0])
            onward = place + by if place < len(self.trail) and self.trail[place] == chosen[0] else place - (by < 0)
        else:
            onward = 0 if by > 0 else -1
        return int(self.trail[onward % len(self.trail)])

    def turn(self, by: int) -> None:
        """Back (-1) to the choice before, or forward (1) again."""
        choice = self.history.step(by)
        if choice is None:
            raise HrlibError("no earlier query" if by < 0 else "no later query")
        self.answer(choice)

    def keep(self) -> None:
        """Pin the selection: it is added to `kept`."""
        if not len(self.selection):
            raise HrlibError("nothing to keep: choose an item first")
        rows, how = self.choice.rows, self.choice.how
        query = f"row {rows[0]}" if len(rows) == 1 else f"{len(rows)} by {how}"
        self.kept = keep(self.kept, self.selection, query, self.space)

    def forget(self) -> None:
        """Empty `kept`."""
        self.kept = self.kept.iloc[:0]

    def export(self) -> str:
        """Write what is kept, or else the selection, as a CSV to `out_dir`; a sentence that says so."""
        kept = len(self.kept) > 0
        table = self.kept if kept else self.selection
        if not len(table):
            raise HrlibError("nothing to export: choose an item first")
        path = to_csv(table, self.out_dir / ("kept.csv" if kept else "selection.csv"))
        return f"{len(table)} rows ({'what is kept' if kept else 'the selection'}) written to {path}"
