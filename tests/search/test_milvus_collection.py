"""A collection of Milvus against plain lists: rows in and out, in parts and whole, and searches within its limits."""

import numpy as np
import pytest

from hrlib import HrlibError
from hrlib.search import milvus_collection
from hrlib.search.milvus_collection import Collection, dimensions
from hrlib.search.milvus_connection import Connection
from tests.search.conformance import unit

FIELDS = {"id": "VARCHAR", "n": "INT64"}
X = unit(12, dim=4)


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    connection = Connection(tmp_path_factory.mktemp("milvus") / "items.db")
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def filled(connection):
    """Twelve rows, s00 to s11, of the vectors X."""
    collection = Collection(connection, "filled", "id", 4)
    collection.create(FIELDS, {"index_type": "FLAT"})
    rows = [{"id": f"s{n:02}", "n": n, "vector": x} for n, x in enumerate(X)]
    collection.upsert(rows, [20] * 12)
    return collection


def test_rows_are_counted_named_and_paged(filled, monkeypatch):
    monkeypatch.setattr(filled, "page", 5)
    assert filled.count("") == 12 and filled.count("n < 3") == 3
    assert sorted(row["n"] for row in filled.few("n >= 10", ["n"])) == [10, 11]
    named = filled.named([f"s{n:02}" for n in range(9, 15)], ["n"])
    assert {key: row["n"] for key, row in named.items()} == {"s09": 9, "s10": 10, "s11": 11}
    pages = list(filled.pages("n > 0", ["id", "vector"]))
    assert len(pages) == 3 and [row["id"] for page in pages for row in page] == [f"s{n:02}" for n in range(1, 12)]


@pytest.mark.parametrize("chosen", ["", "n > 3"])
def test_both_searches_find_what_numpy_finds(filled, chosen):
    queries, allowed = unit(3, 1, 4), np.arange(12) > (3 if chosen else -1)
    for hits in (filled.nearest(queries, 5, chosen), filled.scan(queries, 5, chosen)):
        for query, ids, scores in zip(queries, hits.ids, hits.scores, strict=True):
            expected = np.where(allowed, X @ query, -2)
            best = np.argsort(-expected)[:5]
            assert ids == [f"{n:02}" for n in best]
            np.testing.assert_allclose(scores, expected[best], atol=1e-5)
    least = filled.scan(queries[:1], None, chosen, 0.2)
    assert least.ids[0] == [f"{n:02}" for n in np.argsort(-X @ queries[0]) if allowed[n] and X[n] @ queries[0] >= 0.2]


def test_rows_are_put_in_again_and_taken_out(connection, monkeypatch):
    monkeypatch.setattr(milvus_collection, "FLUSH", 2)  # as many rows as are flushed
    monkeypatch.setattr(milvus_collection, "PAGE", 2)
    collection = Collection(connection, "changing", "id", 4)
    collection.create(FIELDS, {"index_type": "FLAT"})
    for n in (0, 7):
        collection.upsert([{"id": key, "n": n, "vector": X[0]} for key in "abc"], [20] * 3)
    collection.delete(["a", "c", "z"])
    assert [(row["id"], row["n"]) for row in collection.few("n >= 0", ["id", "n"])] == [("b", 7)]


def test_dimensions_of_what_is_there_and_of_what_is_anothers(connection, filled):
    assert dimensions(connection, "filled", FIELDS) == 4 and dimensions(connection, "none", FIELDS) is None
    with pytest.raises(HrlibError, match="'filled' was not made by MilvusStore .its fields are id, n, vector"):
        dimensions(connection, "filled", {"id": "VARCHAR"})
