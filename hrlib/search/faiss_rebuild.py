"""When and how the index of a faiss store is built anew, beside the searches and updates that go on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from hrlib.search.faiss_index import build
from hrlib.search.faiss_settings import IndexSettings
from hrlib.search.faiss_state import State

Plan = Literal["merge", "fresh"]
TRAINED = 4  # times as many rows as IVF's cells were found with: they are found anew


def plan(state: State, index: str, settings: IndexSettings) -> Plan | None:
    """What is due: "merge" new rows into a copy of the index, build a "fresh" one without what is gone, or nothing.

    What is gone makes a fresh one due when it is a quarter of the rows, new rows a merge when they are a fiftieth of the
    index's; both not before they are `settings.delta` (chosen here).
    """
    kind = settings.kind(index, state.live)
    new, gone = state.rows - state.built, state.rows - state.live
    if gone > max(settings.delta, state.rows // 4):
        return "fresh"
    if kind == "exact" or new <= max(settings.delta, state.built // 50):
        return None
    if state.index is None or state.index.kind != kind:
        return "fresh"
    return "fresh" if kind == "ivf" and state.rows > TRAINED * state.index.trained else "merge"


def merged(state: State, index: str, settings: IndexSettings, give_up: Callable[[], bool]) -> Callable[[State], State]:
    """Builds the new rows of a state into a copy of its index; the result puts it into the state of later."""
    made = state.index.extended(state.new, give_up)

    def put(now: State) -> State:
        return replace(now, index=made, buffer=now.new[len(made) - now.built :].copy())

    return put


def fresh(state: State, index: str, settings: IndexSettings, give_up: Callable[[], bool]) -> Callable[[State], State]:
    """Builds an index of the living rows of a state; the result puts it into the state of later.

    Rows get new numbers there: first those that lived, then those that came meanwhile.
    """
    kept = state.living()
    kind = settings.kind(index, len(kept))
    vectors = state.new if len(kept) == len(state.new) == state.rows else state.vectors(kept)
    made = build(kind, vectors, settings, give_up) if kind != "exact" and len(kept) else None

    def put(now: State) -> State:
        came = np.arange(state.rows, now.rows)
        order = np.concatenate([kept, came])
        buffer = now.vectors(came) if made else np.concatenate([vectors, now.vectors(came)])
        alive = now.alive[order]
        return State(made, buffer, now.row_ids[order], alive, now.table.taken(order), int(alive.sum()))

    return put
