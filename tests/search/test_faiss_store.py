"""The indexed stores pass the conformance suite; builds in the background lose nothing and find what they should."""

import threading
import time

import numpy as np
import pytest

from hrlib import HrlibError
from hrlib.search import FaissStore, faiss_rebuild, faiss_settings
from tests.search.conformance import Conformance, check_any_order, unit
from tests.search.test_faiss_index import KINDS, brute, clustered, recall

SMALL = {"m": 4, "ef_construction": 16, "ef_search": 40, "delta": 5}


class TestHNSW(Conformance):
    @pytest.fixture
    def make(self):
        return lambda dim: FaissStore(dim, "hnsw", **SMALL)


class TestIVF(Conformance):
    @pytest.fixture
    def make(self):
        return lambda dim: FaissStore(dim, "ivf", **SMALL)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "examples", [pytest.param(4, id="quick"), pytest.param(300, id="many", marks=pytest.mark.stress)]
)
def test_any_order_of_calls(tmp_path, kind, examples):
    check_any_order(lambda: FaissStore(3, kind, **SMALL), tmp_path, examples)


@pytest.fixture(scope="module", params=KINDS)
def living(request):
    """A store of 2,000 items that was changed, an index in its middle: items deleted, replaced and added; vectors by id."""
    store = FaissStore(16, request.param, m=16, ef_construction=40, ef_search=32, lists=32, probes=8, delta=400)
    x = dict(enumerate(clustered(2000)))
    store.upsert(list(x), np.array(list(x.values())), {"tenth": [n % 10 for n in x], "number": list(x)})
    store.wait()
    assert store.delete(list(range(0, 300))) == 300
    x = {n: vector for n, vector in x.items() if n >= 300}
    changed = dict(zip(range(1900, 2200), clustered(300, 8), strict=True))
    store.upsert(
        list(changed), np.array(list(changed.values())), {"tenth": [n % 10 for n in changed], "number": list(changed)}
    )
    store.wait()
    x.update(changed)
    stats = store.stats()
    assert stats["built"] == request.param and (stats["indexed"], stats["new"], stats["gone"]) == (2000, 300, 400)
    return store, x


@pytest.mark.parametrize(
    "where",
    [
        None,
        {"number": (0, 305)},
        {"number": (1880, 1925)},
        {"tenth": 3},
        {"tenth": [1, 2, 3, 4, 5]},
        {"number": (1500, None)},
    ],
    ids=repr,
)
def test_recall_holds_whatever_was_deleted_and_is_filtered(living, where):
    store, x = living
    ids, q = np.array(list(x)), clustered(100, 5)
    mask = np.ones(len(ids), bool)
    if where and "number" in where:
        low, high = where["number"]
        mask = (ids >= low) & (ids <= (high or 10**9))
    elif where:
        mask = np.isin(ids % 10, where["tenth"])
    k = min(10, mask.sum())
    hits = store.search(q, 10, where)
    assert all(len(found) == k for found in hits.ids) and set().union(*hits.ids) <= set(ids[mask].tolist())
    vectors = np.array(list(x.values()))
    assert recall(np.array(hits.ids), ids[brute(q, vectors, k, mask)]) >= (0.95 if k == 10 else 1)
    for found, scores, query in zip(hits.ids, hits.scores, q, strict=True):
        np.testing.assert_allclose(scores, [x[one] @ query for one in found], atol=1e-5)


def test_all_are_found_where_k_is_all(living):
    store, x = living
    assert set(store.search(clustered(1, 5), 5000).ids[0]) == set(x)


def test_far_items_are_found_though_the_graph_would_not_reach_them(living):
    """A filter whose items are all far from the query: an index that looks near the query finds too few."""
    store, x = living
    ids, vectors = np.array(list(x)), np.array(list(x.values()))
    query = clustered(1, 5)
    far = ids[np.argsort(vectors @ query[0])[: len(ids) // 2]]
    store = FaissStore(16, store.index, m=16, ef_construction=40, ef_search=16, lists=32, probes=1, delta=10)
    store.upsert(ids, vectors, {"far": np.isin(ids, far)})
    store.wait()
    (found,) = store.search(query, 10, {"far": True}).ids
    assert len(set(found)) == 10 and set(found) <= set(far.tolist())


def test_auto_changes_its_index_as_the_catalogue_grows_and_shrinks(monkeypatch):
    monkeypatch.setattr(faiss_settings, "EXACT_BELOW", 100)
    monkeypatch.setattr(faiss_settings, "IVF_FROM", 300)
    store, x, built = FaissStore(16, m=4, ef_construction=16, delta=20), clustered(400), []
    for stop in (50, 150, 400):
        store.upsert(list(range(stop)), x[:stop])
        store.wait()
        built.append(store.stats()["built"])
        assert [store.search(x[n], 1).ids[0][0] for n in (0, stop - 1)] == [0, stop - 1]
    store.delete(list(range(350)))
    store.wait()
    assert [*built, store.stats()["built"]] == ["exact", "hnsw", "ivf", "exact"]
    assert store.count() == 50 and store.search(x[399], 1).ids == [[399]]


def test_rebuild_drops_what_is_gone():
    store, x = FaissStore(16, "hnsw", m=4, ef_construction=16), clustered(60)
    store.upsert(list(range(60)), x)
    store.delete(list(range(30)))
    before = store.stats()["bytes"]
    store.rebuild()
    stats = store.stats()
    assert (stats["indexed"], stats["new"], stats["gone"], stats["rebuilding"]) == (30, 0, 0, False)
    assert stats["bytes"] < before
    assert store.search(x[31], 1).ids == [[31]]


def test_a_build_that_fails_costs_nothing_but_speed(monkeypatch):
    store, x = FaissStore(16, "hnsw", m=4, ef_construction=16, delta=10), clustered(60)

    def fails(*args):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(faiss_rebuild, "build", fails)
        with pytest.warns(RuntimeWarning, match="could not be built .MemoryError: no room"):
            store.upsert(list(range(30)), x[:30])
            with pytest.raises(MemoryError):
                store.wait()
        store.upsert(list(range(30, 60)), x[30:])
    assert store.stats()["built"] == "exact" and store.search(x[59], 1).ids == [[59]]
    store.rebuild()
    assert store.stats()["indexed"] == 60 and store.search(x[59], 1).ids == [[59]]


def test_searches_of_several_threads_run_together():
    """A search that is under way does not keep another one, nor an update, waiting: it holds no lock, and faiss lets Python go on."""
    store = FaissStore(64, "exact")
    store.upsert(list(range(20_000)), unit(20_000, dim=64))
    queries, began, ended = unit(500, 1, 64), threading.Event(), threading.Event()

    def long():
        began.set()
        store.search(queries, 10)
        ended.set()

    thread = threading.Thread(target=long)
    thread.start()
    began.wait()
    time.sleep(0.01)
    rounds = 0
    while not ended.is_set():
        assert store.search(queries[:1], 1).ids
        store.upsert(["x"], queries[:1])
        rounds += store.delete(["x"])
    thread.join()
    assert rounds > 3


@pytest.mark.parametrize("index", ["flat", "HNSW", None])
def test_unknown_indexes_are_named(index):
    with pytest.raises(HrlibError, match="Known: auto, exact, ivf, hnsw"):
        FaissStore(8, index)
