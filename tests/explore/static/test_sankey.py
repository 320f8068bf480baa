"""Bands of a Sankey diagram in PNGs."""

import numpy as np
import plotly.graph_objects as go
import pytest

import hrlib as hr
from hrlib.explore import to_png
from tests.explore.static.drawing import BLACK, BLUE, GREEN, MARGIN, ORANGE, chart, css, drawn, is_near


def test_sankey_bands_are_as_wide_as_their_values():
    trace = go.Sankey(
        node={"label": ["a", "b", "c", "d"], "color": css(BLACK), "thickness": 10, "pad": 20},
        link={
            "source": [0, 0, 1],
            "target": [2, 3, 3],
            "value": [6, 2, 4],
            "color": [css(c) for c in (BLUE, ORANGE, GREEN)],
        },
    )
    pixels = drawn(chart(trace))
    beside = pixels[:, MARGIN["l"] + 14]
    widths = [is_near(beside, colour).sum() for colour in (BLUE, ORANGE, GREEN)]
    np.testing.assert_allclose(np.array(widths) / sum(widths), [0.5, 1 / 6, 1 / 3], atol=0.02)
    black = np.flatnonzero(is_near(pixels, BLACK, 5).sum(0) > 100)
    assert black.min() == pytest.approx(60, abs=2) and black.max() == pytest.approx(559, abs=2)


def test_a_sankey_has_two_columns():
    chain = go.Sankey(node={"label": ["a", "b", "c"]}, link={"source": [0, 1], "target": [1, 2], "value": [1, 1]})
    with pytest.raises(hr.HrlibError, match="node 1 is a source and a target"):
        to_png(go.Figure(chain))
