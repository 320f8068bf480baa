import random

import pytest

from hrlib.catalogue.drawing.surface import COLOURS, PATTERNS, material_shapes, pattern_shapes, shade, varied


def test_shades_stay_colours():
    for colour in COLOURS.values():
        for factor in (0, 0.5, 1, 2, 100):
            assert all(0 <= channel <= 255 for channel in shade(colour, factor))
        assert sum(shade(colour, 0.5)) < sum(colour) < sum(shade(colour, 1.5))
    assert all(0 <= channel <= 255 for seed in range(50) for channel in varied(random.Random(seed), "white"))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_cover_the_square_and_beyond(pattern):
    shapes = pattern_shapes(pattern, 0.15, 0.3).polygons
    assert (pattern == "plain") == (not shapes)
    if shapes:
        assert max(x for points, _ in shapes for x, _ in points) > 1


def test_materials_differ():
    names = ("wood", "denim", "knit", "leather", "cotton")
    assert len({str(material_shapes(name).polygons) for name in names}) == len(names)
