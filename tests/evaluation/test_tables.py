"""Tables of metrics by hand: columns of a group together, means over the queries that count, ks that are checked."""

import warnings

import numpy as np
import pandas as pd
import pytest

from hrlib import HrlibError
from hrlib.evaluation.tables import checked_ks, means, query_table

NAN = np.nan
COLUMNS = [("fine", "recall@1"), ("coarse", "recall@1"), ("fine", "recall@9"), ("coarse", "recall@9"), ("coarse", "ap")]
VALUES = np.array([[1, 0, 1, 1, 0.5], [0, NAN, 1, NAN, NAN], [NAN, NAN, NAN, NAN, NAN]])


def test_columns_of_a_group_stand_together_and_what_says_nothing_is_nan():
    table = query_table(VALUES, COLUMNS, "level", ["fine", "coarse"], ["recall@9"])
    assert table.columns.names == ["level", "metric"]
    assert list(table.columns) == [COLUMNS[at] for at in (0, 2, 1, 3, 4)]
    for at, column in enumerate(COLUMNS):
        expected = np.full(3, NAN) if column[1] == "recall@9" else VALUES[:, at]
        np.testing.assert_array_equal(table[column], expected)


def test_means_over_the_queries_that_count():
    averages = means(query_table(VALUES, COLUMNS, "level", ["fine", "coarse"], []))
    expected = pd.DataFrame(
        {"recall@1": [0.5, 0.0], "recall@9": [1.0, 1.0], "ap": [NAN, 0.5], "queries": [2, 1]},
        index=pd.Index(["fine", "coarse"], name="level"),
    )
    pd.testing.assert_frame_equal(averages, expected)


@pytest.mark.parametrize("ks", [(0,), (-1, 2), (1.0,), (True,), ("1",), (5, 5)])
def test_what_is_no_k_is_refused(ks):
    with pytest.raises(HrlibError, match="ks are .*expected different integers of 1 or more"):
        checked_ks(ks, 10, ["recall"])


def test_ks_beyond_what_there_is_are_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checked_ks(np.array([10, 1]), 10, ["recall"]) == (10, 1) and checked_ks([], 10, ["recall"]) == ()
    with pytest.warns(UserWarning, match="recall@11, ahd@11 will be NaN: a query has only 10 items"):
        assert checked_ks([1, 11], 10, ["recall", "ahd"]) == (1, 11)
