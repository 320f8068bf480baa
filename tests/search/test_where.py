"""Filters against a loop over rows; what the conformance suite does not reach through a store."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.search.metadata import as_columns
from hrlib.search.table import Table
from hrlib.search.where import Between, OneOf, chosen, parse

WHOLE = st.integers(-3, 3) | st.sampled_from([2**53 + 1, -(2**63) + 1, 2**63 - 1])
REAL = st.floats(-3, 3) | st.sampled_from([math.inf, -math.inf])
VALUES = {"text": st.text("ab", max_size=2), "integer": WHOLE, "float": REAL | WHOLE, "boolean": st.booleans()}
ASKED = {"text": VALUES["text"], "integer": WHOLE | REAL, "float": REAL | WHOLE, "boolean": st.booleans()}


def table(**columns):
    return Table().added(as_columns(columns, len(next(iter(columns.values())))), len(next(iter(columns.values()))))


@given(st.data(), st.sampled_from(sorted(VALUES)))
def test_a_condition_against_a_loop(data, kind):
    values = data.draw(st.lists(st.none() | VALUES[kind], min_size=1, max_size=12))
    values = [float(one) if kind == "float" and one is not None else one for one in values]
    made, ends = table(x=values), st.none() | ASKED[kind]
    wanted = data.draw(st.tuples(ends, ends) | ASKED[kind] | st.lists(ASKED[kind], max_size=3))
    if made.kinds["x"] == "empty":
        assert not chosen(made, parse({"x": wanted}, made.kinds)).any()
        return

    def meets(value):
        if value is None:
            return False
        if isinstance(wanted, tuple):
            return (wanted[0] is None or wanted[0] <= value) and (wanted[1] is None or value <= wanted[1])
        return value in (wanted if isinstance(wanted, list) else [wanted])

    assert chosen(made, parse({"x": wanted}, made.kinds)).tolist() == [meets(value) for value in values]


def test_conditions_are_of_pythons_own_values():
    kinds = {"a": "text", "n": "integer", "x": "float", "b": "boolean"}
    assert parse({"a": np.str_("s"), "n": np.array([3, 3, 4])}, kinds) == [OneOf("a", ("s",)), OneOf("n", (3, 4))]
    assert parse({"n": (np.float32(0.5), 7.5), "b": np.bool_(True)}, kinds) == [Between("n", 1, 7), OneOf("b", (True,))]
    assert parse({"n": [2.5, 3.0], "x": pd.Series([1, 2.5])}, kinds) == [OneOf("n", (3,)), OneOf("x", (1, 2.5))]
    assert parse({"n": (-math.inf, math.inf)}, kinds) == [Between("n", -(2**63), 2**63)]
    assert parse({"a": {"s"}, "x": (None, None)}, kinds) == [OneOf("a", ("s",)), Between("x", None, None)]
    assert parse(None, kinds) == parse({}, kinds) == []


def test_whole_numbers_are_not_rounded():
    made = table(n=[2**53, 2**53 + 1])
    assert chosen(made, parse({"n": 2**53 + 1}, made.kinds)).tolist() == [False, True]
    assert chosen(made, parse({"n": (None, float(2**53))}, made.kinds)).tolist() == [True, False]


def test_a_store_without_columns_says_so():
    with pytest.raises(
        HrlibError, match="'x' is no column of the store; there are no columns: give metadata to upsert"
    ):
        parse({"x": 1}, {})


def test_all_conditions_must_hold():
    made = table(a=["s", "s", "t", None], n=[1, 2, 2, 2])
    assert chosen(made, parse({"a": "s", "n": (2, None)}, made.kinds)).tolist() == [False, True, False, False]
