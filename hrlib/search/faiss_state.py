"""What a faiss store holds at one moment: never changed, so that a search goes on undisturbed while the store does.

Copy-on-write, and no lock for readers: a search takes the state that there is when it begins and works on that one. A
readers-writer lock would make every search wait for every update, and every update for the slowest search. The price is
small, since states share their buffers: rows are written behind those of the older states, and only the mask of what is
alive (a byte a row) is copied when something goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from hrlib.search.checks import Id
from hrlib.search.faiss_index import Index, nearest_rows
from hrlib.search.table import Table, grown
from hrlib.search.where import chosen, parse

CELLS = 4 << 20  # queries x rows, and dimensions x rows, that a range search multiplies at once: 16 MB each


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows that may be found: those in the index and the new ones, as packed bits (None: all of them), and how many.

    largest_k: up to which the index is searched for those in it; for more they are scanned. Kept here, since a query takes microseconds.
    """

    built_bits: np.ndarray | None
    built: int
    new_bits: np.ndarray | None
    new: int
    largest_k: int


@dataclass(frozen=True, eq=False)
class State:
    """Rows: first those of an index, then new ones. A row is used once: a replaced item gets a new row.

    Attributes:
        index: over the first rows; None where all are scanned.
        buffer: the vectors of the new rows, (R', D) with room at the end.
        row_ids: whose each row is, (R',) objects; alive: which rows have not been deleted or replaced, (R',) bool.
        table: the metadata; its number of rows R is the state's.
        live: how many rows are alive.
    """

    index: Index | None
    buffer: np.ndarray
    row_ids: np.ndarray
    alive: np.ndarray
    table: Table
    live: int

    @classmethod
    def empty(cls, dim: int) -> State:
        return cls(None, np.empty((0, dim), np.float32), np.empty(0, object), np.empty(0, bool), Table(), 0)

    @property
    def rows(self) -> int:
        return self.table.rows

    @property
    def built(self) -> int:
        """How many rows are in the index."""
        return 0 if self.index is None else len(self.index)

    @property
    def new(self) -> np.ndarray:
        """The vectors of the rows that are not in the index."""
        return self.buffer[: self.rows - self.built]

    def appended(self, ids: Sequence[Id], vectors: np.ndarray, table: Table) -> State:
        """With (N, D) more rows, whose metadata `table` has already."""
        start, stop, offset = self.rows, self.rows + len(ids), self.rows - self.built
        buffer = grown(self.buffer, offset, offset + len(ids))
        row_ids, alive = grown(self.row_ids, start, stop), grown(self.alive, start, stop)
        buffer[offset : offset + len(ids)], row_ids[start:stop], alive[start:stop] = vectors, ids, True
        return replace(self, buffer=buffer, row_ids=row_ids, alive=alive, table=table, live=self.live + len(ids))

    def without(self, rows: Sequence[int]) -> State:
        """With some living rows gone."""
        alive = self.alive.copy()
        alive[rows] = False
        return replace(self, alive=alive, live=self.live - len(rows))

    def living(self) -> np.ndarray:
        """The rows that are alive, in order."""
        return np.flatnonzero(self.alive[: self.rows])

    def rows_of_ids(self) -> dict[Id, int]:
        """The living row of each id."""
        rows = self.living()
        return dict(zip(self.row_ids[rows].tolist(), rows.tolist(), strict=True))

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of some rows, copied."""
        if self.index is None:
            return self.buffer[rows]
        taken, new = np.empty((len(rows), self.buffer.shape[1]), np.float32), rows >= self.built
        taken[~new], taken[new] = self.index.taken(rows[~new]), self.buffer[rows[new] - self.built]
        return taken

    def mask(self, where: Mapping[str, Any] | None) -> np.ndarray:
        """Which rows are alive and meet a filter, (R,) bool."""
        conditions = parse(where, self.table.kinds)
        alive = self.alive[: self.rows]
        return chosen(self.table, conditions) & alive if conditions else alive

    @cached_property
    def all_alive(self) -> Selection:
        """Every living row."""
        return self._selection(self.alive[: self.rows])

    def _selection(self, mask: np.ndarray) -> Selection:
        parts = mask[: self.built], mask[self.built :]
        counts = [int(np.count_nonzero(part)) for part in parts]
        bits = [
            None if count == len(part) else np.packbits(part, bitorder="little")
            for part, count in zip(parts, counts, strict=True)
        ]
        largest_k = self.index.largest_k(counts[0]) if self.index else 0
        return Selection(bits[0], counts[0], bits[1], counts[1], largest_k)

    def nearest(self, queries: np.ndarray, k: int, where: Mapping[str, Any] | None) -> tuple[np.ndarray, np.ndarray]:
        """Scores and rows (Q, K) of the nearest rows, best first; K is k, or fewer where fewer match."""
        picked = self._selection(self.mask(where)) if where is not None else self.all_alive
        k = min(k, picked.built + picked.new)
        found = []
        if k and picked.built:
            found.append(self._nearest_built(queries, k, picked))
        if k and picked.new:
            scores, rows = nearest_rows(queries, self.new, k, picked.new_bits)
            rows[rows >= 0] += self.built
            found.append((scores, rows))
        if len(found) == 1:
            return found[0]
        if not found:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        scores, rows = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
        scores[rows < 0] = -np.inf
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(scores, best, 1), np.take_along_axis(rows, best, 1)

    def _nearest_built(self, queries: np.ndarray, k: int, picked: Selection) -> tuple[np.ndarray, np.ndarray]:
        """Among the rows in the index: by the index, or by a scan where that is better or the index finds too few."""
        if k > picked.largest_k:
            return self.index.scan(queries, k, picked.built_bits)
        scores, rows = self.index.search(queries, k, picked.built_bits, picked.built)
        if rows.min(initial=0) < 0:  # k are there: a scan would have been better, did fewer match
            short = rows[:, -1] < 0
            scores[short], rows[short] = self.index.scan(queries[short], k, picked.built_bits)
        return scores, rows

    def within(
        self, queries: np.ndarray, similarity: float, where: Mapping[str, Any] | None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each query the scores and rows of all rows at least as similar, best first; exact."""
        mask, step = self.mask(where), max(1, CELLS // max(queries.shape))
        found: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in queries]
        sources: list[tuple[int, int, Callable]] = [(0, self.built, self.index.taken)] if self.index else []
        sources.append((self.built, len(self.new), self.new.__getitem__))
        for first_row, count, taken in sources:
            for start in range(0, count, step):
                part, row = taken(slice(start, min(start + step, count))), first_row + start
                scores = queries @ part.T
                near = (scores >= similarity) & mask[row : row + len(part)]
                for query, hits in enumerate(near):
                    places = np.flatnonzero(hits)
                    found[query].append((scores[query, places], places + row))
        results = []
        for parts in found:
            scores = np.concatenate([np.empty(0, np.float32), *(part[0] for part in parts)])
            rows = np.concatenate([np.empty(0, np.int64), *(part[1] for part in parts)])
            order = np.argsort(-scores, kind="stable")
            results.append((scores[order], rows[order]))
        return results
