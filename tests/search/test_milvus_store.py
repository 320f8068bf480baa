"""The store on Milvus passes the conformance suite, on milvus-lite in this process; what is its own: connections, limits, snapshots."""

import itertools
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hrlib import HrlibError
from hrlib.search import FaissStore, MilvusStore, milvus_collection, milvus_rows, milvus_store
from tests.search.conformance import DIM, Conformance, check_any_order, check_hits, check_same, unit

numbers = itertools.count()


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A path with a space; a store that keeps its server running for all tests of this file."""
    path = tmp_path_factory.mktemp("a path") / "items.db"
    keeper = MilvusStore(path, "keeper", 2)
    yield path
    keeper.close()


class TestMilvus(Conformance):
    @pytest.fixture
    def make(self, database):
        return lambda dim: MilvusStore(database, f"c{next(numbers)}", dim)

    def test_what_milvus_does_not_give_at_once_is_read_in_parts(self, filled, monkeypatch):
        """As k and the number of items go beyond what a result holds, and messages beyond what one may have."""
        store, model = filled
        monkeypatch.setattr(milvus_store, "RESULTS", 7)
        monkeypatch.setattr(milvus_collection, "RESULTS", 7)
        monkeypatch.setattr(milvus_collection, "PAGE", 3)
        monkeypatch.setattr(milvus_rows, "MESSAGE", 100)
        store._items.page = 3
        for k in (7, 8, 39, 41):
            check_hits(store.search(unit(5, 1), k), model, unit(5, 1), k)
            where = {"season": ["Summer", "Fall"]}
            check_hits(store.search(unit(5, 1), k, where), model, unit(5, 1), k, where)
        for similarity in (-1.1, 0.1, 0.5):
            check_hits(store.range_search(unit(5, 1), similarity), model, unit(5, 1), None, None, similarity)
        for target in (store, model):
            target.upsert(list(range(30)), unit(30, 3), {"season": ["Fall"] * 30})
            assert target.delete([*range(25), "item 1", "no"]) == 26
        check_same(store, model)

    def test_a_similarity_that_an_item_has_exactly_is_enough(self, make):
        store, x = make(DIM), np.eye(DIM, dtype=np.float32)
        store.upsert(["a", "b"], x[:2])
        assert store.range_search(x[0], 1).ids == [["a"]]
        assert len(store.range_search(x[0], 0).ids[0]) == 2
        assert store.range_search(x[0], np.nextafter(np.float32(1), np.float32(2))).ids == [[]]

    def test_another_connection_sees_items_and_types(self, database, make):
        store, x = make(DIM), unit(3)
        other = MilvusStore(database, store.collection)
        store.upsert(["a", 1], x[:2], {"late": [1.5, None], "not yet": [None, None]})
        assert other.dim == DIM and other.count({"late": (1, 2)}) == 1
        with pytest.raises(HrlibError, match="'late' holds float values and text"):
            other.upsert(["b"], x[2:], {"late": ["text"]})
        other.upsert(["b"], x[2:], {"not yet": ["text"]})
        assert store.count({"not yet": "text"}) == 1 and store.get(["b"])[1].to_dict("records")[0]["not yet"] == "text"
        assert store.stats()["columns"] == other.stats()["columns"] == {"late": "float", "not yet": "text"}
        assert other.delete(["a"]) == 1 and store.ids() == other.ids()

    @pytest.mark.parametrize(
        "ids, metadata, says",
        [
            (["ä" * 700], None, "id s%C3%A4.* has 4201 bytes.*4096"),
            (["a"], {"n" * 5000: [1]}, "column n.* has 5000 bytes.*4096"),
            (["a"], {"text": ["ä" * 33_000]}, "item 'a' have 66012 bytes as JSON: Milvus holds 65536"),
            (["a"], {"price": [float("inf")]}, "'price': inf cannot be kept in Milvus .JSON has no infinity"),
        ],
        ids=lambda value: repr(value)[:20],
    )
    def test_what_milvus_cannot_hold_is_refused_and_nothing_is_changed(self, filled, ids, metadata, says):
        store, model = filled
        with pytest.raises(HrlibError, match=says):
            store.upsert(
                ["b", *ids], unit(2), metadata and {name: [None, *values] for name, values in metadata.items()}
            )
        check_same(store, model)
        assert list(store.stats()["columns"]) == ["season", "price", "stock", "new"]

    def test_snapshots_are_those_of_the_faiss_store(self, filled, database, tmp_path):
        store, model = filled
        faiss = FaissStore.open(store.save(tmp_path / "one"))
        check_same(faiss, model)
        assert faiss.stats()["columns"] == store.stats()["columns"]
        check_same(MilvusStore.open(faiss.save(tmp_path / "two"), database, f"c{next(numbers)}"), model)
        with pytest.raises(HrlibError, match="has items already"):
            MilvusStore.open(tmp_path / "two", database, store.collection)


@pytest.mark.parametrize(
    "examples", [pytest.param(2, id="quick"), pytest.param(40, id="many", marks=pytest.mark.stress)]
)
@pytest.mark.parametrize("flush", [3, milvus_collection.FLUSH])
def test_any_order_of_calls(database, tmp_path, monkeypatch, examples, flush):
    monkeypatch.setattr(milvus_collection, "FLUSH", flush)  # so that items are in segments, beside others that are not
    check_any_order(lambda: MilvusStore(database, f"c{next(numbers)}", 3), tmp_path, examples, steps=12)


def test_an_index_that_is_not_exact(tmp_path):
    """milvus-lite builds it when a database is opened again. ef smaller than k is raised to k; a filter finds all of its few items."""
    import pytorch_metric_learning.utils.inference  # noqa: F401  # puts a search without params over faiss' own

    x, index = unit(500, dim=16), {"index_type": "HNSW", "params": {"M": 4, "efConstruction": 20}}
    store = MilvusStore(tmp_path / "items.db", "items", 16, index=index, search={"ef": 2})
    store.upsert(list(range(500)), x, {"tenth": [n % 10 for n in range(500)]})
    store.close()
    store = MilvusStore(tmp_path / "items.db", "items", search={"ef": 2})
    assert store.stats()["index"] == "HNSW" and store.count() == 500
    assert [ids[0] for ids in store.search(x[:20], 10).ids] == list(range(20))
    for ids in store.search(unit(5, 1, 16), 60, {"tenth": 3}).ids:
        assert sorted(ids) == list(range(3, 500, 10))
    store.close()


def test_searches_beside_updates(database, monkeypatch):
    """Readers in three threads, and a writer: what was deleted before a search began is not found by it, and k are."""
    monkeypatch.setattr(milvus_collection, "FLUSH", 20)
    store, x = MilvusStore(database, f"c{next(numbers)}", DIM), unit(200)
    store.upsert(list(range(100)), x[:100], {"n": list(range(100))})
    gone, rounds, wrong, stop = [], [], [], threading.Event()

    def read(seed):
        while not stop.is_set():
            before, where = len(gone), {"n": (0, None)} if len(rounds) % 2 else None
            (found,) = store.search(x[(seed + len(rounds)) % 200], 20, where).ids
            if len(set(found)) != 20 or set(found) & set(gone[:before]):
                wrong.append((found, gone[:before]))
            rounds.append(seed)

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read, seed) for seed in (0, 70, 140)]
        try:
            for n in range(100, 200):
                store.upsert([n], x[n : n + 1], {"n": [n]})
                store.delete([n - 100])
                gone.append(n - 100)
        finally:
            stop.set()
        for reader in readers:
            reader.result()
    assert not wrong and len(set(rounds)) == 3
    assert store.ids() == list(range(100, 200))


def test_by_an_address(tmp_path):
    """As to a cluster: milvus-lite as a server, which goes on when the stores are closed."""
    from milvus_lite.adapter.grpc.server import start_server_in_thread

    server, served, port = start_server_in_thread(str(tmp_path / "served"))
    address = f"http://127.0.0.1:{port}"
    first = MilvusStore(f"http://user:secret@127.0.0.1:{port}", "items", DIM)
    first.upsert(["a", 1], unit(2), {"x": [1, None]})
    second = MilvusStore(address, "items", token="user:secret")
    assert sorted(second.ids(), key=str) == [1, "a"] and second.count({"x": 1}) == 1
    assert "secret" not in str(first.stats())
    for store in (first, second):
        store.close()
    assert MilvusStore(address, "items").count() == 2
    server.stop(grace=0)
    served.close()


PROGRAM = """
import sys
import hrlib.search
assert not {"pymilvus", "milvus_lite", "grpc"} & set(sys.modules), "they are imported when they are needed"
taken, free = sys.argv[1:]
try:
    hrlib.search.MilvusStore(taken, "keeper")
except hrlib.HrlibError as error:
    print(error)
store = hrlib.search.MilvusStore(free, "items", 2)
store.upsert(["a", 1], [[1.0, 0.0], [0.0, 1.0]], {"x": [1, None]})
"""


def test_a_program_that_closes_nothing_ends_and_loses_nothing(database, tmp_path):
    """It ends by itself; and a path that another process has open is refused."""
    command = [sys.executable, "-c", PROGRAM, str(database), str(tmp_path / "left.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert f"no Milvus at {database}: is another process using it?" in done.stdout
    store = MilvusStore(tmp_path / "left.db", "items")
    assert sorted(store.ids(), key=str) == [1, "a"] and store.count({"x": 1}) == 1
    store.close()


@pytest.mark.parametrize(
    "settings, says",
    [
        ({"dim": None}, "no collection 'hrlib' .*give dim"),
        ({"dim": 1}, "dim is 1: expected 2 to 32768"),
        ({"dim": 32_769}, "expected 2 to 32768"),
        ({"dim": 2.0}, "dim is 2.0: expected an integer of 1 or more"),
        ({"collection": "a b", "dim": 4}, "collection is 'a b': expected up to 247 letters"),
        ({"dim": 4, "index": {"metric_type": "L2"}}, "index has {'metric_type'}: expected index_type and params"),
        ({"collection": "keeper", "dim": 4}, "'keeper' has 2 dimensions and dim is 4"),
        ({"collection": "keeper_columns"}, "was not made by MilvusStore .its fields are"),
    ],
    ids=repr,
)
def test_bad_settings(database, settings, says):
    with pytest.raises(HrlibError, match=says):
        MilvusStore(database, **settings)


def test_an_index_that_there_is_not(database):
    """It can be named rightly afterwards."""
    with pytest.raises(HrlibError, match="index is {'index_type': ''}: Milvus does not take it"):
        MilvusStore(database, "indexed", 4, index={"index_type": ""})
    assert MilvusStore(database, "indexed", 4, index={"index_type": "IVF_FLAT"}).stats()["index"] == "IVF_FLAT"
