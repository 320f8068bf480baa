"""Treemaps in PNGs: areas, colours, parents."""

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hrlib as hr
from hrlib.explore import to_png
from hrlib.explore.static.treemap import squarify
from tests.explore.static.drawing import BLUE, GREEN, ORANGE, chart, css, drawn, is_near


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=30), st.floats(10, 500), st.floats(10, 500))
def test_treemap_areas(values, wide, high):
    values = sorted(values, reverse=True)
    boxes = np.array(squarify(values, (0, 0, wide, high)))
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    np.testing.assert_allclose(areas / areas.sum(), np.array(values) / sum(values), rtol=1e-6)
    assert areas.sum() == pytest.approx(wide * high)
    assert boxes.min() >= -1e-6 and boxes[:, 2].max() <= wide + 1e-6 and boxes[:, 3].max() <= high + 1e-6
    for number, one in enumerate(boxes):
        over = np.minimum(boxes[:, 2:], one[2:]) - np.maximum(boxes[:, :2], one[:2])
        over[number] = 0
        assert not (over > 1e-6).all(1).any(), "boxes lie over each other"


def test_treemap_colours_and_unknown_parents():
    trace = go.Treemap(
        ids=["a", "b", "c"], labels=["a", "b", "c"], parents=["", "", ""], values=[6, 3, 1], branchvalues="total",
        textinfo="none",
    )  # fmt: skip
    pixels = drawn(chart(trace, treemapcolorway=[css(BLUE), css(ORANGE), css(GREEN)]))
    counts = [is_near(pixels, colour).sum() for colour in (BLUE, ORANGE, GREEN)]
    np.testing.assert_allclose(np.array(counts) / sum(counts), [0.6, 0.3, 0.1], atol=0.02)
    with pytest.raises(hr.HrlibError, match="parent 'x' is no id.*expected one of 1 ids"):
        to_png(go.Figure(go.Treemap(ids=["a"], labels=["a"], parents=["x"], values=[1], branchvalues="total")))
    with pytest.raises(hr.HrlibError, match='expected branchvalues="total"'):
        to_png(go.Figure(go.Treemap(labels=["a"], parents=[""], values=[1])))
