"""When the index is built anew, and that nothing is lost meanwhile."""

import numpy as np
import pytest

from hrlib.search import faiss_rebuild, faiss_settings
from hrlib.search.faiss_state import State
from hrlib.search.metadata import as_columns
from tests.search.test_faiss_index import KINDS, SETTINGS, clustered


def state_of(ids, vectors, numbers):
    table = State.empty(16).table.added(as_columns({"number": numbers}, len(ids)), len(ids))
    return State.empty(16).appended(ids, vectors, table)


def content(state):
    rows = state.living()
    numbers = state.table.frame(rows, rows)["number"]
    return {
        one: (vector.tobytes(), number)
        for one, vector, number in zip(state.row_ids[rows].tolist(), state.vectors(rows), numbers, strict=True)
    }


@pytest.mark.parametrize("kind", ["exact", *KINDS])
@pytest.mark.parametrize("due", ["fresh", "merge"])
def test_updates_that_come_during_a_build_are_not_lost(kind, due):
    """The build begins at one state, and its result is put into a later one."""
    x, settings = clustered(200), SETTINGS
    state = state_of(list("ab"), x[:2], [0, 1]).without([1])
    if due == "merge":
        if kind == "exact":
            return  # has no index
        state = faiss_rebuild.fresh(state, kind, settings, bool)(state)
        assert state.built == 1
    later = state.appended(list(range(100)), x[:100], state.table.added(as_columns({"number": range(100)}, 100), 100))
    begun = later.without([later.rows - 1])
    put = (faiss_rebuild.merged if due == "merge" else faiss_rebuild.fresh)(begun, kind, settings, bool)
    now = begun.appended(["new"], x[150:151], begun.table.added(as_columns({"number": [7]}, 1), 1)).without([0, 5])
    expected, before = content(now), content(begun)
    after = put(now)
    assert content(after) == expected and content(begun) == before, "and a search of before is not disturbed"
    assert after.live == len(expected) == len(after.rows_of_ids())
    assert after.built == (0 if kind == "exact" else after.rows - 1)
    if due == "fresh":
        assert after.rows == len(before) + 1, "what was gone when it began is dropped"
    more = after.appended([-1], x[151:152], after.table.added({}, 1))
    assert content(more) == {
        **expected,
        -1: (x[151].tobytes(), more.table.frame(np.array([more.rows - 1]), [0])["number"][0]),
    }


def test_what_is_due():
    settings = faiss_settings.IndexSettings(delta=10)
    due = lambda state, kind="hnsw": faiss_rebuild.plan(state, kind, settings)  # noqa: E731
    state = state_of(list(range(10)), clustered(10), list(range(10)))
    assert due(state) is None
    state = state.appended(["a"], clustered(1), state.table.added({}, 1))
    assert (due(state), due(state, "exact"), due(state, "auto")) == ("fresh", None, None)
    built = faiss_rebuild.fresh(state, "ivf", settings, bool)(state)
    assert due(built, "ivf") is None
    longer = built.appended(list(range(20, 31)), clustered(11), built.table.added({}, 11))
    assert (due(longer, "ivf"), due(longer, "hnsw")) == ("merge", "fresh")
    longer = longer.appended(list(range(40, 70)), clustered(30), longer.table.added({}, 30))
    assert due(longer, "ivf") == "fresh", "four times as many as its cells were found with"
    assert due(longer.without(list(range(11))), "exact") is None
    assert due(longer.without(list(range(14))), "exact") == "fresh"
