"""The types of a collection's metadata, as all who write to it agree on them."""

import pytest

from hrlib.search.milvus_columns import Columns
from hrlib.search.milvus_connection import Connection


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    connection = Connection(tmp_path_factory.mktemp("milvus") / "items.db")
    yield connection
    connection.close()


def test_types_come_back_in_their_places_to_whoever_reads_them(connection):
    mine = Columns(connection, "types")
    assert mine.known() == {}
    mine.declare({"b c": "integer", "a": "text", "ü": "empty"})
    assert list(mine.known().items()) == [("b c", "integer"), ("a", "text"), ("ü", "empty")]
    assert list(Columns(connection, "types").read().items()) == list(mine.known().items())


def test_what_others_have_declared_is_asked_for_where_it_is_not_known(connection):
    mine, theirs = Columns(connection, "shared"), Columns(connection, "shared")
    mine.declare({"a": "empty"})
    theirs.declare({"a": "float", "b": "text"})
    assert mine.known() == {"a": "empty"}, "without need Milvus is not asked"
    assert mine.known(["a"]) == {"a": "float", "b": "text"}
    assert Columns(connection, "shared").read() == {"a": "float", "b": "text"}, "a column has one row"
