"""Row numbers and columns as the catalogue's modules take them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.catalogue.checks import as_rows, require_columns, rows_text


@given(st.lists(st.integers(0, 9)), st.sampled_from([list, np.array, pd.Series, tuple]))
def test_integers_stay_as_they_are(rows, kind):
    found = as_rows(kind(rows), 10)
    assert found.dtype == np.int64 and found.tolist() == rows


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_a_mask_is_the_rows_that_are_true(mask):
    assert as_rows(mask, len(mask)).tolist() == [row for row, there in enumerate(mask) if there]


@given(st.slices(10))
def test_a_slice_is_that_of_all_rows(part):
    assert as_rows(part, 10).tolist() == list(range(10))[part]


def test_one_row_and_rows_of_any_shape():
    assert as_rows(3, 10) == 3 and as_rows([[1, 2], [3, 4]], 10).shape == (2, 2) and as_rows([], 10).dtype == np.int64


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([0, 10], "rows from 0 to 10: expected 0 to 9"),
        ([-1], "rows from -1 to -1: expected 0 to 9"),
        ([True, False], r"a mask of shape \(2,\) for 10 rows: expected \(10,\)"),
        ([1.0], "rows of type float64: expected integers, a slice or a boolean mask"),
        (["a"], "rows of type <U1"),
    ],
)
def test_what_is_no_row_is_refused(rows, says):
    with pytest.raises(HrlibError, match=says):
        as_rows(rows, 10)


def test_columns_are_there_once():
    frame = pd.DataFrame([[1, 2, 3]], columns=["class", "twice", "twice"])
    require_columns(frame, ["class"], "a level")
    for columns, says in (
        (["clas"], r"no column 'clas' \(a level\); did you mean 'class'"),
        (["twice"], r"2 columns 'twice' \(a level\): expected one: rename the others"),
        (["class", "class"], r"the same column twice among class, class \(a level\): expected each once"),
    ):
        with pytest.raises(HrlibError, match=says):
            require_columns(frame, columns, "a level")


def test_rows_in_words():
    assert rows_text([4]) == "1 row (4)" and rows_text(range(5)) == "5 rows (0, 1, 2, 3, 4)"
    assert rows_text(np.arange(9) * 2) == "9 rows (0, 2, 4, 6, 8, ...)"
