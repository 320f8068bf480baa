"""Copying between stores of two kinds, both ways; again after an interruption; what must not go unnoticed."""

import pytest

from hrlib import HrlibError
from hrlib.search import FaissStore, MilvusStore, copy_to
from tests.search.conformance import DIM, Model, check_hits, check_same, unit


@pytest.fixture(params=["faiss to milvus", "milvus to faiss", "faiss to faiss"])
def pair(request, tmp_path):
    made = {
        "faiss": lambda name: FaissStore(DIM),
        "milvus": lambda name: MilvusStore(tmp_path / f"{name}.db", dim=DIM),
    }
    stores = [made[kind](name) for name, kind in zip(("source", "target"), request.param.split(" to "), strict=True)]
    yield stores
    for store in stores:
        if isinstance(store, MilvusStore):
            store.close()


def filled(*targets):
    """25 items, ids of both types, all types of metadata, of some columns no value in the first batches."""
    for target in targets:
        target.upsert(
            [n if n % 2 else str(n) for n in range(25)],
            unit(25),
            {
                "text": [None if n < 12 else f"t{n % 3}" for n in range(25)],
                "whole": [n * 2**55 for n in range(25)],
                "price": [float(n) for n in range(25)],
                "new": [n % 3 == 0 if n % 2 else None for n in range(25)],
            },
        )


@pytest.mark.parametrize("batch_size", [4, 25, 1000])
def test_all_items_and_their_types_arrive(pair, batch_size):
    (source, target), model = pair, Model()
    filled(source, model)
    assert copy_to(source, target, batch_size) == 25
    check_same(target, model)
    check_same(source, model)
    types = {"text": "text", "whole": "integer", "price": "float", "new": "boolean"}
    assert target.stats()["columns"] == source.stats()["columns"] == types
    for where in ({"text": ["t1", "t2"]}, {"whole": (2**58, None), "new": True}):
        check_hits(target.search(unit(3, 1), 9, where), model, unit(3, 1), 9, where)


def test_again_after_an_interruption(pair, monkeypatch):
    (source, target), model = pair, Model()
    filled(source, model)
    target.upsert(["already there", "0"], unit(2, 9))
    model.upsert(["already there"], unit(1, 9))
    model.items["already there"] = target.get(["already there"])[0][0], {}
    get, calls = type(source).get, []

    def interrupted(self, ids):
        calls.append(ids)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return get(self, ids)

    with monkeypatch.context() as patch:
        patch.setattr(type(source), "get", interrupted)
        with pytest.raises(KeyboardInterrupt):
            copy_to(source, target, 10)
    assert target.count() == 21
    assert copy_to(source, target, 10) == 25
    check_same(target, model)


def test_an_empty_store():
    assert copy_to(FaissStore(DIM), FaissStore(DIM)) == 0


@pytest.mark.parametrize("batch_size", [0, -1, 1.0, True, None])
def test_bad_batch_sizes(batch_size):
    with pytest.raises(HrlibError, match="batch_size is .*expected an integer of 1 or more, how many items"):
        copy_to(FaissStore(DIM), FaissStore(DIM), batch_size)


def test_other_dimensions_and_types_are_refused():
    source, target = FaissStore(DIM), FaissStore(DIM)
    with pytest.raises(HrlibError, match=f"items have {DIM} dimensions and the target 3.*dim={DIM}"):
        copy_to(source, FaissStore(3))
    filled(source)
    target.upsert(["a"], unit(1), {"price": ["text"]})
    with pytest.raises(HrlibError, match="'price' holds text values and float"):
        copy_to(source, target)
    assert target.count() == 1


def test_items_that_are_lost_on_the_way_are_noticed(monkeypatch):
    """A store that another process deletes from meanwhile."""
    source, target = FaissStore(DIM), FaissStore(DIM)
    filled(source)
    upsert = FaissStore.upsert

    def loses(self, ids, *what):
        upsert(self, ids, *what)
        self.delete(ids[:1])

    monkeypatch.setattr(FaissStore, "upsert", loses)
    with pytest.raises(HrlibError, match="the target has 24 items and must have 25"):
        copy_to(source, target)
