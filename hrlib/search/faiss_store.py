"""The default store: faiss in this process, metadata in a table beside it."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.search import faiss_rebuild as rebuilding
from hrlib.search.checks import Id, check_dim, unknown_ids
from hrlib.search.faiss_index import GivenUp
from hrlib.search.faiss_settings import IndexSettings, Kind
from hrlib.search.faiss_snapshot import read, write
from hrlib.search.faiss_state import State
from hrlib.search.metadata import Values
from hrlib.search.store import Hits, Store, Where
from hrlib.settings import as_dict, nearest


class FaissStore(Store):
    """A store in memory, searched by faiss.

    New vectors are scanned beside the index until they are `delta`, then built into it in a thread of their own; deleted
    ones are left out of results and dropped when they are a quarter. Searches take no lock: many run together, and beside
    one update at a time (see `faiss_state`). Memory: the vectors once, though IVF's lists
    may have room for as much again, HNSW's links of about 8 m bytes an item, and while an index is being built the new one too.

    Args:
        dim: D, the dimensions of the vectors.
        index: "exact" scans everything; "hnsw" follows a graph; "ivf" looks into the nearest of many cells; "auto" is exact
            below 20,000 items (`EXACT_BELOW`), "hnsw" below 2 million (`IVF_FROM`), "ivf" from there on.
        settings: those of `IndexSettings`: m, ef_construction, ef_search, lists, probes, delta.
    """

    def __init__(self, dim: int, index: Literal["auto", "exact", "ivf", "hnsw"] = "auto", **settings: int | None):
        if index not in (known := ("auto", *get_args(Kind))):
            raise HrlibError(f"index is {index!r}; {nearest(index, known)}")
        self.dim, self.index, self.settings = check_dim(dim), index, IndexSettings.of(settings)
        self._begin(State.empty(self.dim))

    def _begin(self, state: State) -> None:
        self._state, self._rows = state, state.rows_of_ids()
        self._lock = threading.RLock()  # held by one update at a time, and while `_rows` is read; searches take none
        self._thread: threading.Thread | None = None
        self._forced = False
        self._failure: Exception | None = None

    def ids(self) -> list[Id]:
        state = self._state
        return state.row_ids[state.living()].tolist()

    def count(self, where: Where | None = None) -> int:
        state = self._state
        return int(np.count_nonzero(state.mask(where))) if where is not None else state.live

    def stats(self) -> dict[str, Any]:
        """Besides what all stores give: "built" (what searches now), "indexed", "new" and "gone" rows, "bytes" of the vectors
        and the index, whether it is "rebuilding", and the "settings"."""
        state = self._state
        return {
            "count": state.live,
            "dim": self.dim,
            "index": self.index,
            "columns": state.table.kinds,
            "built": state.index.kind if state.index else "exact",
            "indexed": state.built,
            "new": state.rows - state.built,
            "gone": state.rows - state.live,
            "bytes": state.buffer.nbytes + (state.index.nbytes if state.index else 0),
            "rebuilding": self._thread is not None,
            "settings": as_dict(self.settings),
        }

    def save(self, folder: str | Path) -> Path:
        """See `Store`. Updates go on meanwhile: what is saved is the store as it was when this began."""
        facts = {"dim": self.dim, "index": self.index, "settings": as_dict(self.settings)}
        return write(Path(folder), self._state, facts)

    @classmethod
    def open(cls, folder: str | Path) -> FaissStore:
        state, facts = read(Path(folder))
        store = cls(facts["dim"], facts["index"], **facts["settings"])
        store._begin(state)
        return store

    def rebuild(self) -> None:
        """Drop what is gone and build the index anew of all that is there, now; returns when it is done."""
        with self._lock:
            self._forced, self._failure = True, None
            self._start_what_is_due()
        self.wait()

    def wait(self) -> None:
        """Return when nothing is being built any more; an error of a build that failed is raised."""
        while thread := self._thread:
            thread.join()
        if self._failure:
            raise self._failure

    def _upsert(self, ids: list[Id], vectors: np.ndarray, columns: dict[str, Values]) -> None:
        with self._lock:
            old = self._state
            state = old.appended(ids, vectors, old.table.added(columns, len(ids)))
            if replaced := [self._rows[one] for one in ids if one in self._rows]:
                state = state.without(replaced)
            self._put(state, dict(zip(ids, range(old.rows, state.rows), strict=True)), ())

    def _delete(self, ids: list[Id]) -> int:
        with self._lock:
            known = dict.fromkeys(one for one in ids if one in self._rows)
            if known:
                self._put(self._state.without([self._rows[one] for one in known]), {}, known)
            return len(known)

    def _put(self, state: State, came: dict[Id, int], went: Any) -> None:
        """Make a state the store's, and the rows of ids with it."""
        try:
            self._rows.update(came)
            for one in went:
                del self._rows[one]
            self._state = state
        except BaseException:  # Ctrl-C between the two
            self._rows = self._state.rows_of_ids()
            raise
        self._start_what_is_due()

    def _search(self, queries: np.ndarray, k: int, where: Where | None) -> Hits:
        state = self._state
        scores, rows = state.nearest(queries, k, where)
        return Hits(state.row_ids[rows].tolist(), list(scores))

    def _range_search(self, queries: np.ndarray, similarity: float, where: Where | None) -> Hits:
        state = self._state
        found = state.within(queries, similarity, where)
        return Hits([state.row_ids[rows].tolist() for _, rows in found], [scores for scores, _ in found])

    def _get(self, ids: list[Id]) -> tuple[np.ndarray, pd.DataFrame]:
        with self._lock:
            state = self._state
            rows = [self._rows.get(one, -1) for one in ids]
        if unknown := [one for one, row in zip(ids, rows, strict=True) if row < 0]:
            raise unknown_ids(unknown)
        rows = np.array(rows, np.int64)
        return state.vectors(rows), state.table.frame(rows, ids)

    def _start_what_is_due(self) -> None:
        if self._thread is None and self._failure is None and self._due():
            thread = threading.Thread(target=self._build, name="faiss store: build")
            thread.start()  # it waits for the lock, which is held here
            self._thread = thread

    def _due(self) -> rebuilding.Plan | None:
        return "fresh" if self._forced else rebuilding.plan(self._state, self.index, self.settings)

    def _build(self) -> None:
        """Build until nothing is due. Updates wait only while the result is put in, searches never."""
        try:
            while self._build_next():
                pass
        except GivenUp:
            self._thread = None
        except Exception as error:
            self._failure, self._thread = error, None
            warnings.warn(
                f"the index could not be built ({type(error).__name__}: {error}): new vectors stay outside of it and are scanned. "
                "Call rebuild() when the cause is gone",
                RuntimeWarning,
                stacklevel=2,
            )

    def _build_next(self) -> bool:
        with self._lock:
            due, state = self._due(), self._state
            self._forced = False
            if due is None:
                self._thread = None
                return False
        build = rebuilding.merged if due == "merge" else rebuilding.fresh
        put = build(state, self.index, self.settings, _program_ends)
        with self._lock:
            state = put(self._state)
            rows = state.rows_of_ids() if due == "fresh" else self._rows  # a merge leaves rows their numbers
            self._state, self._rows = state, rows
        return True


def _program_ends() -> bool:
    return not threading.main_thread().is_alive()
