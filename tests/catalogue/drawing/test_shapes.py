"""Every shape of clothes.py and objects.py: in the frame, with known roles, the same cut again."""

import random

import pytest

from hrlib.catalogue.drawing.pen import Pen
from hrlib.catalogue.drawing.shop import SHOP
from hrlib.catalogue.drawing.surface import FIXED

SHAPES = {category: shape for _, categories in SHOP.values() for category, shape in categories.items()}


@pytest.mark.parametrize("category", SHAPES)
def test_shape(category):
    for seed in range(20):
        first, again = Pen(), Pen()
        for pen in (first, again):
            SHAPES[category](pen, random.Random(seed).uniform)
        assert first.polygons == again.polygons
        assert {role for _, role in first.polygons} <= {"main", "second", "dark", "light", *FIXED}
        assert all(-0.15 <= x <= 1.15 and -0.15 <= y <= 1.15 for points, _ in first.polygons for x, y in points)
    assert len({str(_cut(SHAPES[category], seed)) for seed in range(10)}) == 10


def _cut(shape, seed):
    pen = Pen()
    shape(pen, random.Random(seed).uniform)
    return pen.polygons
