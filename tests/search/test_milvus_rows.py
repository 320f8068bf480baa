"""Items as rows of Milvus: keys that come back, limits that are told, and messages that hold all rows once, in order."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.search import milvus_rows
from hrlib.search.metadata import Values
from hrlib.search.milvus_filter import key
from hrlib.search.milvus_rows import JSON_BYTES, KEY_BYTES, check_key, decoded_id, encoded_id, messages, rows

ids = st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


@given(ids, ids)
def test_keys_come_back_and_no_two_ids_have_one(one, other):
    encoded = encoded_id(one)
    assert decoded_id(encoded) == one and type(decoded_id(encoded)) is type(one)
    assert re.fullmatch(r"[si][\w.~%-]*", encoded, re.ASCII), "an expression could break on it"
    assert (encoded == encoded_id(other)) == (one == other and type(one) is type(other))


def test_long_keys_are_refused_by_name():
    assert check_key("s" * KEY_BYTES, "id") == "s" * KEY_BYTES
    with pytest.raises(HrlibError, match=f"^id sss.* has {KEY_BYTES + 1} bytes in percent-encoding: MilvusStore takes"):
        check_key("s" * (KEY_BYTES + 1), "id")


def test_rows_hold_what_is_known_and_their_sizes_are_of_their_bytes():
    vectors = np.eye(2, 4, dtype=np.float32)
    columns = {"a b": Values("integer", [1, None]), "x": Values("float", [2, 0.5])}
    made, sizes = rows(["é", 7], vectors, columns, {"a b": "integer", "x": "float"})
    assert [row["id"] for row in made] == [encoded_id("é"), "i7"]
    assert [row["metadata"] for row in made] == [{key("a b"): 1, key("x"): 2.0}, {key("x"): 0.5}]
    assert type(made[0]["metadata"][key("x")]) is float
    assert all((row["vector"] == vector).all() for row, vector in zip(made, vectors, strict=True))
    assert sizes == [16 + len(json.dumps(row["metadata"])) + len(row["id"]) for row in made]


def test_what_milvus_cannot_hold_is_named():
    vectors = np.eye(1, 2, dtype=np.float32)
    with pytest.raises(HrlibError, match="column 'x': inf cannot be kept in Milvus .* leave it out"):
        rows(["a"], vectors, {"x": Values("float", [float("inf")])}, {"x": "float"})
    with pytest.raises(HrlibError, match=f"metadata of item 'a' have .* bytes as JSON: Milvus holds {JSON_BYTES} an"):
        rows(["a"], vectors, {"t": Values("text", ["é" * JSON_BYTES])}, {"t": "text"})
    with pytest.raises(HrlibError, match="^metadata: column .* bytes in percent-encoding"):
        rows(["a"], vectors, {"n" * (KEY_BYTES + 1): Values("integer", [1])}, {"n" * (KEY_BYTES + 1): "integer"})


@given(st.lists(st.integers(1, 30), max_size=40), st.integers(1, 7), st.integers(1, 40))
def test_messages_hold_all_in_order_and_keep_the_limits(sizes, page, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(milvus_rows, "PAGE", page)
        patch.setattr(milvus_rows, "MESSAGE", most)
        parts = [list(part) for part in messages(range(len(sizes)), sizes)]
    assert [one for part in parts for one in part] == list(range(len(sizes)))
    assert all(part and len(part) <= page for part in parts)
    assert all(len(part) == 1 or sum(sizes[one] for one in part) <= most for part in parts)
    for before, after in zip(parts, parts[1:], strict=False):  # none is shorter than it must be
        assert len(before) == page or sum(sizes[one] for one in [*before, after[0]]) > most
