"""Purity: by hand, and at its ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.evaluation.clusters import purity


def test_by_hand():
    assert purity(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0])) == pytest.approx(5 / 6)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=40))
def test_equals_a_count_and_names_do_not_matter(pairs):
    found, truth = np.array(pairs).T
    slow = sum(max(np.sum((found == c) & (truth == t)) for t in set(truth)) for c in set(found)) / len(found)
    assert purity(found, truth) == pytest.approx(slow)
    assert purity(4 - found, 3 - truth) == pytest.approx(slow)
    assert purity(np.arange(len(truth)), truth) == 1
