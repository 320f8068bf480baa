import re

import numpy as np
import pytest

from hrlib.errors import HrlibError
from hrlib.search.choosing.limits import Limits, short


@pytest.mark.parametrize(
    "name, value",
    [
        ("target_recall", 0.0),
        ("target_recall", 1.01),
        ("target_recall", float("nan")),
        ("target_recall", "high"),
        ("memory", 0),
        ("memory", 1.5),
        ("updates_per_second", -1),
        ("updates_per_second", float("inf")),
        ("k", 0),
        ("k", True),
        ("k", 2.0),
        ("families", "hnsw"),
        ("families", 3),
    ],
)
def test_settings_out_of_range_are_named(name, value):
    settings = {"target_recall": 0.95, "memory": None, "updates_per_second": 0, "k": 10} | {name: value}
    with pytest.raises(HrlibError, match=re.escape(f"choose_index: {name} is {value!r}")):
        Limits(**settings)


def test_an_unknown_family_is_named():
    with pytest.raises(HrlibError, match="choose_index: families holds 'hnws'; did you mean 'hnsw'"):
        Limits(0.95, None, 0, 10, ("flat", "hnws"))
    assert Limits(0.95, None, 0, 10, ("flat", "hnsw")).families == ("flat", "hnsw")


def test_shortfall_is_the_worse_ratio():
    limits = Limits(0.95, 10_000_000, 50, 10)
    assert limits.shortfall(5, 100) == 1 and limits.shortfall(30, 100) == 3 and limits.shortfall(20, 10) == 5
    np.testing.assert_allclose(limits.shortfall(np.array([5.0, 20]), np.array([100.0, 100])), [1, 2])
    assert Limits(0.95, None, 0, 10).shortfall(1e9, 0) == 1


def test_in_words():
    assert Limits(0.95, None, 0, 10).words() == "recall@10 of 0.95"
    assert Limits(0.9, 2_500_000, 0, 1).words() == "recall@1 of 0.9 with at most 2.5 MB"
    assert Limits(0.9, 2_500_000, 300, 1).words() == "recall@1 of 0.9 with at most 2.5 MB and 300 updates a second"


def test_short_numbers_are_never_in_powers_of_ten():
    assert [short(number) for number in (0.0123, 1, 2.345, 99.96, 123.4, 1234567.8)] == [
        *("0.0123", "1", "2.35", "100", "123", "1,234,568")
    ]
