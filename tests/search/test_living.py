"""Traffic and filters measured on the store, and on stores that do wrong on purpose: each wrong result is counted."""

import numpy as np
import pytest

from hrlib.errors import HrlibError
from hrlib.search import FaissStore
from hrlib.search.living import filtered, traffic
from hrlib.search.store import Hits

STORES = {
    "exact": lambda: FaissStore(16, "exact"),
    "hnsw": lambda: FaissStore(16, "hnsw", m=16, ef_construction=40, ef_search=64, delta=60),
}


@pytest.mark.parametrize("kind", STORES)
def test_traffic_is_answered_rightly(kind, clustered):
    x, q = clustered[0][:900], clustered[1][:15]
    store = STORES[kind]()
    table = traffic(store, x, q, rounds=6, changed=100, k=5)
    store.wait()
    assert list(table.index) == [1, 2, 3, 4, 5, 6] and (table["items"] == 300).all() and (table["wrong"] == 0).all()
    assert (table["recall"] >= (1 if kind == "exact" else 0.95)).all()
    assert (table[["upserts_per_second", "deletes_per_second", "p50_us"]] > 0).all(axis=None)
    assert (table["p95_us"] >= table["p50_us"]).all()
    assert store.count() == 300 and max(store.ids()) >= 800


@pytest.mark.parametrize("kind", STORES)
def test_filters_are_answered_rightly(kind, clustered):
    x, q = clustered[0][:1000], clustered[1][:15]
    table = filtered(STORES[kind](), x, q, (0.001, 0.005, 0.1, 1), k=10)
    assert list(table["matches"]) == [1, 5, 100, 1000] and (table["wrong"] == 0).all()
    assert (table["recall"].iloc[:2] == 1).all(), "of few, exact; fewer than k are all that there are"
    assert (table["recall"] >= (1 if kind == "exact" else 0.95)).all() and (table["brute_us"] > 0).all()


class Forgetful(FaissStore):
    """Deletes nothing."""

    def _delete(self, ids):
        return len(ids)


class Blind(FaissStore):
    """Ignores filters."""

    def _search(self, queries, k, where):
        return super()._search(queries, k, None)


class Short(FaissStore):
    """Finds half of what there is, and the first of it twice."""

    def _search(self, queries, k, where):
        hits = super()._search(queries, k, where)
        return Hits([[ids[0], *ids[: len(ids) // 2]] for ids in hits.ids], hits.scores)


def test_what_a_store_does_wrong_is_counted(clustered):
    x, q = clustered[0][:400], clustered[1][:20]
    assert traffic(Forgetful(16, "exact"), x, q, rounds=4, changed=60)["wrong"].iloc[-1] > 0
    short = traffic(Short(16, "exact"), x, q, rounds=2, changed=20)
    assert (short["wrong"] == 20).all() and np.allclose(short["recall"], 0.5)
    blind = filtered(Blind(16, "exact"), x, q, (0.01, 1.0))
    assert blind["wrong"].iloc[0] > 100 and blind["wrong"].iloc[1] == 0 and blind["recall"].iloc[0] < 0.2
    missing = filtered(Short(16, "exact"), x, q, (1.0,))
    assert missing["wrong"].iloc[0] == 20 * (1 + 4) and missing["recall"].iloc[0] == 0.5  # one twice, four missing


def test_bad_input_is_refused(clustered):
    x, q = clustered
    full = FaissStore(16)
    full.upsert([1], x[:1])
    with pytest.raises(HrlibError, match="the store has 1 items: expected an empty one"):
        traffic(full, x, q)
    for settings in ({"changed": 3}, {"changed": 0}, {"rounds": 0}, {"rounds": 20}):
        with pytest.raises(HrlibError, match="2000 vectors, rounds="):
            traffic(FaissStore(16), x, q, **{"rounds": 2, "changed": 100} | settings)
    for shares in ((), (0,), (1.2,), (float("nan"),)):
        with pytest.raises(HrlibError, match="shares are"):
            filtered(FaissStore(16), x, q, shares)
    for k in (0, 2.5, True):
        with pytest.raises(HrlibError, match="k is"):
            filtered(FaissStore(16), x, q, k=k)
    with pytest.raises(HrlibError, match="dimensions"):
        filtered(FaissStore(16), x, np.eye(8, dtype=np.float32))
