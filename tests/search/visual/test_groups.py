"""Groups of near-duplicates, by loops written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.search.visual import groups
from tests.search.conformance import unit


@given(st.integers(0, 40), st.floats(-1, 1), st.integers(0, 12), st.integers(0, 5))
def test_near_duplicates_by_loops(n, least, most, seed):
    x = unit(n, seed, 3) if n else np.empty((0, 3), np.float32)
    leaders, expected = [], []
    for place in range(n):
        near = [one for one in leaders[:most] if float(x[one] @ x[place]) >= least]
        expected.append(near[0] if near else place)
        leaders += [] if near else [place]
    assert groups.by_similarity(x, least, most).tolist() == expected


def test_a_chain_of_near_duplicates_is_not_one_group():
    angles = np.radians([0, 5, 10, 15])
    x = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert groups.by_similarity(x, np.cos(np.radians(6)), 9).tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("dim", [3, 64, 512])
def test_the_same_vector_is_a_near_duplicate_whatever_rounding_makes_of_it(dim):
    x = np.repeat(unit(200, 0, dim), 2, axis=0)
    assert groups.by_similarity(x, 1.0, 200).tolist() == [place // 2 * 2 for place in range(400)]


@given(st.lists(st.sampled_from(["a", "b", 1, None]), max_size=12))
def test_groups_by_value(values):
    expected = [place if value is None else values.index(value) for place, value in enumerate(values)]
    assert groups.by_value(values).tolist() == expected
