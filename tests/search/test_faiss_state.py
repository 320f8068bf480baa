"""A state of the store against a dictionary and brute force: rows in an index and new ones, with and without a filter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.search import faiss_rebuild
from hrlib.search.faiss_settings import IndexSettings
from hrlib.search.faiss_state import State
from hrlib.search.metadata import as_columns
from tests.evaluation.made_up import random_units

DIM, X = 8, random_units(60, dim=8)


def appended(state, rows):
    """With the rows of X, each with itself as its number."""
    table = state.table.added(as_columns({"row": list(rows)}, len(rows)), len(rows))
    return state.appended([f"id {row}" for row in rows], X[rows], table)


def made(built, new, gone):
    """A state with `built` rows of X in an index, `new` ones behind them, and some gone."""
    state = appended(State.empty(DIM), np.arange(built))
    if built:
        state = faiss_rebuild.fresh(state, "hnsw", IndexSettings(m=8, ef_search=60), bool)(state)
    return appended(state, np.arange(built, built + new)).without(sorted(gone))


@pytest.mark.parametrize(("built", "new"), [(0, 40), (40, 0), (30, 20), (0, 0)])
@pytest.mark.parametrize("least", [None, 25])
def test_nearest_and_within_are_those_of_brute_force(built, new, least):
    gone = [row for row in (0, 7, 31, 38) if row < built + new]
    state, where = made(built, new, gone), None if least is None or not built + new else {"row": (least, None)}
    allowed = [row for row in range(built + new) if row not in gone and (where is None or row >= least)]
    scores = X[50:] @ X[allowed].T
    for k in (1, 5, 100):
        found, rows = state.nearest(X[50:], k, where)
        expected = np.sort(scores, axis=1)[:, ::-1][:, :k]
        assert rows.shape == expected.shape and np.isin(rows, allowed).all()
        np.testing.assert_allclose(found, expected, atol=1e-6)
        np.testing.assert_allclose(np.einsum("qkd,qd->qk", X[rows], X[50:]), expected, atol=1e-6)
    for (found, rows), own in zip(state.within(X[50:], 0.2, where), scores, strict=True):
        assert sorted(rows) == [row for row, score in zip(allowed, own, strict=True) if score >= 0.2]
        assert (np.diff(found) <= 0).all()


@given(st.lists(st.lists(st.integers(0, 59), max_size=5, unique=True), max_size=6), st.integers(0, 20))
def test_any_order_of_changes_against_a_dictionary(parts, built):
    state, expected = made(built, 0, []), {f"id {row}": row for row in range(built)}
    for part in parts:
        before, held = state, dict(expected)
        rows = [state.rows_of_ids()[f"id {row}"] for row in part if f"id {row}" in expected]
        state = appended(state.without(rows), np.array(part, int)) if part else state
        expected |= {f"id {row}": row for row in part}
        assert content(before) == held, "states of before stay as they were"
    assert content(state) == expected and state.live == len(expected) == len(state.living())
    assert state.mask(None).sum() == len(expected)


def content(state):
    """Id -> the row of X that its vector is, after its number."""
    rows = state.living()
    numbers = state.table.frame(rows, rows)["row"].tolist() if len(state.table.columns) else []
    np.testing.assert_array_equal(state.vectors(rows), X[numbers])
    return dict(zip(state.row_ids[rows].tolist(), numbers, strict=True))
