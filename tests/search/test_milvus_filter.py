"""Filters on Milvus choose what they choose on the faiss store, whatever characters and numbers are in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrlib.search import FaissStore, MilvusStore
from hrlib.search.milvus_filter import expression
from hrlib.search.where import parse
from tests.search.conformance import unit

KINDS = {"text": "text", "c][\"'\\d": "text", "a.b/~ä%20 名": "integer", "price": "float", "new": "boolean"}
# what could end a literal, or be read as part of an expression
PIECES = [
    '"',
    "'",
    "\\",
    "\n",
    "\r",
    "\t",
    "\0",
    '" or 1 == 1 or "',
    "\\u4e00",
    "{x}",
    "%",
    "_",
    "ä",
    "名",
    "🙂",
    "\u2028",
    "a",
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=3).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=4
)
NUMBER = st.sampled_from([0, 1, -1, 2**53 + 1, 2**63 - 1, 1 - 2**63]) | st.integers(-3, 3)
FLOAT = st.sampled_from([0.1, -0.0, 5e-324, 1.7976931348623157e308, 1e22, -1e-7]) | st.floats(
    allow_nan=False, allow_infinity=False
)
VALUES = {"text": TEXT, "integer": NUMBER, "float": FLOAT, "boolean": st.booleans()}
WANTED = {
    **VALUES,
    "integer": NUMBER | st.sampled_from([2**70, -(2**63), float("-inf")]),
    "float": FLOAT | st.sampled_from([float("inf"), 3]),
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    stores = MilvusStore(tmp_path_factory.mktemp("filter") / "items.db", dim=2), FaissStore(2, "exact")
    for store in stores:  # so that the columns have their types
        store.upsert(
            ["first"],
            unit(1, dim=2),
            {name: [{"text": "x", "integer": 1, "float": 0.5, "boolean": True}[kind]] for name, kind in KINDS.items()},
        )
    yield stores
    stores[0].close()


@st.composite
def cases(draw):
    """Metadata of six items, and filters whose values are often theirs."""
    metadata = {name: draw(st.lists(st.none() | VALUES[kind], min_size=6, max_size=6)) for name, kind in KINDS.items()}
    filters = []
    for name, kind in KINDS.items():
        known = [value for value in metadata[name] if value is not None]
        value = WANTED[kind] | st.sampled_from(known) if known else WANTED[kind]
        end = st.none() | value
        filters.append({name: draw(value | st.lists(value, max_size=3) | st.tuples(end, end))})
    return metadata, filters, {**filters[0], **filters[3]}


@settings(max_examples=60)
@given(cases())
def test_what_a_filter_chooses(stores, case):
    metadata, filters, both = case
    for store in stores:
        store.upsert(list(range(6)), unit(6, dim=2), metadata)
    for where in [*filters, both]:
        milvus, faiss = (store.search(unit(1, 1, 2), 10, where).ids[0] for store in stores)
        assert sorted(map(str, milvus)) == sorted(map(str, faiss)), where
        assert stores[0].count(where) == len(faiss)


def test_a_list_of_thousands(stores):
    where = {"a.b/~ä%20 名": list(range(3000)), "text": [f"no {n}" for n in range(3000)] + ["x"]}
    assert stores[0].count(where) == 1


@pytest.mark.parametrize(
    "where, written",
    [
        (None, ""),
        ({"season": 'a"b\\c\nd'}, '(metadata["season"] == "a\\"b\\\\c\\nd")'),
        ({"season": ["a", "b"]}, '(metadata["season"] == "a" or metadata["season"] == "b")'),
        ({"season": []}, None),
        ({"the price": (1, 2.5)}, '(metadata["the%20price"] >= 1.0 and metadata["the%20price"] <= 2.5)'),
        ({"the price": (None, float("inf"))}, '(exists metadata["the%20price"])'),
        ({"the price": (float("inf"), None)}, None),
        ({"stock": (-(2**63), 3), "season": "a"}, '(metadata["stock"] <= 3) and (metadata["season"] == "a")'),
        ({"stock": 2**64}, None),
        ({"new": (False, None)}, '(metadata["new"] == false or metadata["new"] == true)'),
        ({"nothing": 3}, None),
    ],
    ids=repr,
)
def test_what_is_written(where, written):
    kinds = {"season": "text", "the price": "float", "stock": "integer", "new": "boolean", "nothing": "empty"}
    assert expression(parse(where, kinds), kinds) == written
