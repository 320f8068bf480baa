"""Codes of attributes and the share that matches, against loops over items."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import hrlib as hr
from hrlib.catalogue.attributes import match

FRAME = pd.DataFrame(
    {"colour": ["red", "blue", None, " ", "red "], "size": [2, 10, np.nan, 2, 10], "nothing": [None] * 5}
)
CODES = arrays(np.int64, st.tuples(st.integers(1, 9), st.just(3)), elements=st.integers(-1, 2))


def loop(a, b, minimum):
    shares = np.full((len(a), len(b)), np.nan)
    for i, mine in enumerate(a):
        for j, other in enumerate(b):
            known = [(x, y) for x, y in zip(mine, other, strict=True) if x != -1 and y != -1]
            if len(known) >= minimum:
                shares[i, j] = sum(x == y for x, y in known) / len(known)
    return shares


def test_codes_follow_the_names_and_missing_is_minus_one():
    found = hr.Attributes.from_frame(FRAME, ["colour", "size", "nothing"])
    assert found.names == (("blue", "red"), ("10", "2"), ())
    assert found.codes.tolist() == [[1, 1, -1], [0, 0, -1], [-1, -1, -1], [-1, 1, -1], [1, 0, -1]]
    assert found.n_values == (2, 2, 0) and "colour: 2 values, 60% known" in repr(found)


def test_values_keep_their_codes_in_another_table():
    first = hr.Attributes.from_frame(FRAME, ["colour"])
    other = hr.Attributes.from_frame(pd.DataFrame({"colour": ["amber", "red", "blue"]}), ["colour"], like=first)
    assert other.names == (("blue", "red", "amber"),) and other.codes[:, 0].tolist() == [2, 1, 0]


def test_whole_numbers_are_the_same_value_in_a_column_with_missing_ones():
    first = hr.Attributes.from_frame(pd.DataFrame({"year": [2011, 2012]}), ["year"])
    other = hr.Attributes.from_frame(pd.DataFrame({"year": [2012, np.nan, 2011.5]}), ["year"], like=first)
    assert other.names == (("2011", "2012", "2011.5"),) and other.codes[:, 0].tolist() == [1, -1, 2]


def test_subset_and_select():
    found = hr.Attributes.from_frame(FRAME, ["colour", "size"])
    assert found.subset([4, 0]).codes.tolist() == [[1, 0], [1, 1]]
    assert found.select(["size"]).codes[:, 0].tolist() == found.codes[:, 1].tolist()
    with pytest.raises(hr.HrlibError, match="no column 'colours'"):
        found.select(["colours"])


def test_codes_in_another_coding_go_by_name_and_a_new_value_comes_after_all():
    first = hr.Attributes.from_frame(FRAME, ["colour", "size"])
    frame = pd.DataFrame({"colour": ["amber", "red", "blue", None], "size": ["2", None, "3", "10"]})
    other = hr.Attributes.from_frame(frame, ["colour", "size"])
    assert other.codes_like(first).tolist() == [[2, 1], [1, -1], [0, 2], [-1, 0]]
    assert (other.codes_like(other) == other.codes).all()
    nothing = hr.Attributes.from_frame(FRAME, ["nothing"])
    assert nothing.codes_like(nothing).tolist() == [[-1]] * 5
    with pytest.raises(hr.HrlibError, match="attributes colour, size and nothing: expected the same"):
        other.codes_like(nothing)


@given(CODES, CODES, st.integers(1, 3))
def test_match_is_the_loop_s(a, b, minimum):
    np.testing.assert_allclose(match(a, b, minimum), loop(a, b, minimum))
    np.testing.assert_allclose(match(b, a, minimum), match(a, b, minimum).T)
    np.testing.assert_allclose(match(a[:, ::-1], b[:, ::-1], minimum), match(a, b, minimum))


def test_bad_input_is_named():
    with pytest.raises(hr.HrlibError, match="no column 'colours'.*colour"):
        hr.Attributes.from_frame(FRAME, ["colours"])
    with pytest.raises(hr.HrlibError, match="expected one or more"):
        hr.Attributes.from_frame(FRAME, [])
    first = hr.Attributes.from_frame(FRAME, ["colour"])
    with pytest.raises(hr.HrlibError, match="attributes size like others of colour"):
        hr.Attributes.from_frame(FRAME, ["size"], like=first)
    with pytest.raises(hr.HrlibError, match="minimum_overlap is 4: expected 1 to 3"):
        match(np.zeros((2, 3), int), np.zeros((2, 3), int), 4)
    with pytest.raises(hr.HrlibError, match=r"shapes \(2, 3\) and \(2, 2\)"):
        match(np.zeros((2, 3), int), np.zeros((2, 2), int))
