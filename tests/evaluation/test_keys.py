"""Similarity and row in one integer: the order of a stable sort, whatever the floats, and both come back."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrlib.evaluation.keys import gallery_rows, keys_of, ranked_keys, similarities

FLOATS = st.floats(-1, 1, width=32) | st.sampled_from([0.0, -0.0, 0.5, -0.5, -float("inf")])


@given(st.lists(st.lists(FLOATS, min_size=9, max_size=9), min_size=1, max_size=4), st.integers(1, 9))
def test_the_order_of_any_floats_is_that_of_a_stable_sort(rows, top):
    scores = torch.tensor(rows)
    expected = [
        sorted(range(9), key=lambda column: -row[column])[:top] for row in scores.tolist()
    ]  # Python: -0.0 == 0.0, stable
    keys = ranked_keys(scores, top)
    assert gallery_rows(keys).tolist() == expected
    assert torch.equal(similarities(keys), scores.gather(1, torch.tensor(expected)))
    on_a_gpu = keys_of(scores, torch.arange(9)).sort(dim=1).values[:, :top]
    assert torch.equal(on_a_gpu, keys)


@pytest.mark.parametrize("top", [1, 10, 4999, 5000])
def test_more_than_is_sorted_at_a_time(top):
    scores = torch.from_numpy(np.random.default_rng(0).integers(-50, 50, (60, 5000)).astype(np.float32))
    expected = scores.sort(dim=1, descending=True, stable=True).indices[:, :top]
    assert torch.equal(gallery_rows(ranked_keys(scores, top)), expected)


def test_rows_up_to_the_last_that_fits():
    keys = keys_of(torch.tensor([0.25, -0.25]), torch.tensor([2**32 - 1, 2**31]))
    assert gallery_rows(keys).tolist() == [2**32 - 1, 2**31] and similarities(keys).tolist() == [0.25, -0.25]
