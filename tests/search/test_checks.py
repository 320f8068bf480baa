"""Ids and vectors as all stores take them: what becomes Python's own, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.search.checks import check_dim, check_ids, check_queries, check_vectors, first, unknown_ids
from tests.evaluation.made_up import random_units


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**63), 2**63 - 1)))
def test_ids_come_back_as_they_are(ids):
    assert check_ids(ids) == ids and check_ids(pd.Series(ids, dtype=object)) == ids
    if len(set(ids)) == len(ids):
        assert check_ids(ids, unique=True) == ids
    else:
        with pytest.raises(HrlibError, match=f"{len({one for one in ids if ids.count(one) > 1})} ids are there more"):
            check_ids(ids, unique=True)


def test_numpys_ids_become_pythons():
    given = [np.str_("a"), np.int16(7), np.uint8(8)]
    assert check_ids(given) == ["a", 7, 8] and [type(one) for one in check_ids(given)] == [str, int, int]
    assert check_ids(np.array([1, 2])) == check_ids(pd.Index([1, 2])) == check_ids(iter([1, 2])) == [1, 2]


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        ("abc", "ids is 'abc': expected a sequence of ids; put a single one into a list"),
        (7, "ids is 7"),
        ([True], "id True .bool.: expected strings or integers"),
        ([1.0], "id 1.0 .float."),
        ([None], "id None"),
        ([2**63], "more than 64 bits"),
        (["\ud800"], "is no valid text"),
    ],
)
def test_what_is_no_id_is_refused(ids, says):
    with pytest.raises(HrlibError, match=says):
        check_ids(ids)


def test_dimensions():
    assert check_dim(np.int32(3)) == 3 and type(check_dim(np.int32(3))) is int
    for bad in (0, -1, 2.0, "3", True, None):
        with pytest.raises(HrlibError, match="dim is .*expected an integer of 1 or more, the number of dimensions"):
            check_dim(bad)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, torch.float32, torch.bfloat16])
def test_vectors_of_any_float_type_become_float32(kind):
    x = random_units(5, dim=8)
    given = torch.from_numpy(x).to(kind) if isinstance(kind, torch.dtype) else x.astype(kind)
    found = check_vectors(given, 8, "vectors")
    assert found.dtype == np.float32 and found.flags["C_CONTIGUOUS"]
    np.testing.assert_allclose(found, x, atol=0.01)
    assert check_queries(given[0], 8).shape == (1, 8)


def test_what_fits_is_not_copied_and_nothing_is_no_vector():
    x = random_units(5, dim=8)
    assert np.shares_memory(check_vectors(x, 8, "vectors"), x)
    assert check_vectors([], 8, "vectors").shape == check_vectors(np.empty((0, 3)), 8, "vectors").shape == (0, 8)
    np.testing.assert_array_equal(check_vectors(x[:, ::-1], 8, "vectors"), x[:, ::-1])


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("bad", [np.nan, np.inf, 3.0])
def test_vectors_that_are_not_of_unit_length_are_refused(rows, bad):
    x = random_units(rows, dim=8)
    x[-1, 2] = bad
    with pytest.raises(HrlibError, match="queries"):
        check_vectors(x, 8, "queries")
    with pytest.raises(HrlibError, match="queries have 8 dimensions and the store has 9: expected the same"):
        check_vectors(random_units(rows, dim=8), 9, "queries")


def test_a_few_are_named():
    assert first("abcdef") == "'a', 'b', 'c', 'd', 'e', ..." and first(range(5)) == "0, 1, 2, 3, 4" and first([]) == ""
    assert str(unknown_ids(["x"])) == "1 ids are not in the store: 'x'. Known ids: store.ids()"
