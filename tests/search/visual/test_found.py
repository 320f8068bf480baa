"""What is found: the parts of the time."""

import time

import numpy as np
import pytest

from tests.search.visual.shop import encoded


def test_the_parts_of_the_time_add_up(visual):
    data = encoded(np.random.default_rng(0).integers(0, 255, (900, 900, 3), dtype=np.uint8))
    began = time.perf_counter()
    seconds = visual.search(data, where={"colour": "red"}).seconds
    wall = time.perf_counter() - began
    assert list(seconds) == ["decode", "prepare", "embed", "search", "explain", "total"]
    assert min(seconds.values()) > 0 and sum(seconds.values()) == pytest.approx(2 * seconds["total"])
    assert 0.5 * wall < seconds["total"] <= wall
