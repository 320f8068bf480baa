"""The bins of pairs by a loop over all of them; draws come from their bin. More, by way of the miner, in test_triplets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.training import bins
from hrlib.training.bins import GradedBins
from tests.training.test_triplets import EDGES, bin_of

NONE = len(EDGES) + 3


def described(seed, items=14):
    """Codes, products and categories with some missing."""
    rng = np.random.default_rng(seed)
    return rng.integers(-1, 3, (items, 3)), rng.integers(-1, 4, items), rng.integers(-1, 2, items)


def pairs_of(codes, products, categories):
    """(N, N): the bin of each pair, `NONE` for none."""
    found = [[bin_of(i, j, codes, products, categories) for j in range(len(codes))] for i in range(len(codes))]
    return np.array([[NONE if one is None else one for one in row] for row in found])


@given(seed=st.integers(0, 10_000), chunk=st.sampled_from([1, 40, 2**21]))
def test_bins_between_some_items_are_those_of_a_loop(seed, chunk):
    told = described(seed)
    expected, rng = pairs_of(*told), np.random.default_rng(seed)
    index = GradedBins(*told, EDGES, 2)
    rows = rng.integers(0, 14, 9)  # an item may be there twice
    assert index.between(rows).tolist() == expected[np.ix_(rows, rows)].tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bins, "PAIRS", chunk)
        counts, drawn = index.counts(rows), index.draw(rows, np.random.default_rng(0))
    assert counts.tolist() == [[(expected[row] == b).sum() for b in range(NONE)] for row in rows]
    assert ((drawn >= 0) == (counts > 0)).all()
    for row, items in zip(rows, drawn, strict=True):
        assert all(expected[row, item] == b for b, item in enumerate(items) if item >= 0)


def test_draws_do_not_depend_on_the_chunks(monkeypatch):
    index, anchors = GradedBins(*described(3), EDGES, 1), np.arange(14)
    whole = index.draw(anchors, np.random.default_rng(7))
    monkeypatch.setattr(bins, "PAIRS", 1)
    assert index.draw(anchors, np.random.default_rng(7)).tolist() == whole.tolist()


def test_no_anchors_draw_nothing():
    index = GradedBins(*described(0), EDGES, 1)
    none = np.zeros(0, np.int64)
    assert index.counts(none).shape == index.draw(none, np.random.default_rng(0)).shape == (0, NONE)


def test_an_item_alone_has_empty_bins():
    index = GradedBins(np.array([[1, 2]]), np.array([-1]), np.array([0]), EDGES, 1)
    assert index.counts(np.array([0])).tolist() == [[0] * NONE]
    assert index.draw(np.array([0]), np.random.default_rng(0)).tolist() == [[-1] * NONE]
