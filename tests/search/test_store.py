"""The exact store passes the conformance suite; checks that all stores share."""

import numpy as np
import pytest

from hrlib import HrlibError
from hrlib.search import FaissStore
from hrlib.search.checks import check_dim, check_vectors
from tests.search.conformance import Conformance, check_any_order, unit


class TestExact(Conformance):
    @pytest.fixture
    def make(self):
        return lambda dim: FaissStore(dim, "exact")


@pytest.mark.parametrize(
    "examples", [pytest.param(8, id="quick"), pytest.param(500, id="many", marks=pytest.mark.stress)]
)
def test_any_order_of_calls(tmp_path, examples):
    check_any_order(lambda: FaissStore(3), tmp_path, examples)


@pytest.mark.parametrize("dim", [0, -1, 2.0, True, None, "8"])
def test_bad_dim(dim):
    with pytest.raises(HrlibError, match="dim is .*expected an integer of 1 or more, the number of dimensions"):
        FaissStore(dim)
    assert check_dim(np.int64(8)) == 8


def test_vectors_of_other_types_and_layouts_are_taken():
    x = unit(4)
    for given in (
        x.tolist(),
        x.astype(np.float64),
        np.asfortranarray(x),
        x.repeat(2, axis=0)[::2],
        x.astype(np.float16),
    ):
        taken = check_vectors(given, 8, "vectors")
        assert taken.dtype == np.float32 and taken.flags.c_contiguous
        np.testing.assert_allclose(taken, x, atol=1e-3)
    assert check_vectors(x, 8, "vectors") is x, "what is sound already is not copied"
