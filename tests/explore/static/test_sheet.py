"""Panels of the PNGs beside each other."""

import pytest
from plotly.subplots import make_subplots

from tests.explore.static.drawing import BLUE, MARGIN, ORANGE, H, W, css, drawn, extent


def test_subplots_lie_in_their_domains():
    figure = make_subplots(1, 2, horizontal_spacing=0.2)
    for column, colour in ((1, BLUE), (2, ORANGE)):
        line = {"color": css(colour), "width": 6}
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, row=1, col=column)
    figure.update_layout(template="none", width=W, height=H, margin=MARGIN, showlegend=False)
    figure.update_xaxes(visible=False, range=[0, 1]).update_yaxes(visible=False, range=[0, 1])
    pixels = drawn(figure)
    assert extent(pixels, BLUE)[2] == pytest.approx(60 + 0.4 * 500, abs=3)
    assert extent(pixels, ORANGE)[0] == pytest.approx(60 + 0.6 * 500, abs=3)


def test_matching_axes_have_one_range_and_linked_ones_one_unit():
    style = {"mode": "markers", "marker": {"color": css(BLUE), "size": 9}}
    figure = make_subplots(1, 2, horizontal_spacing=0)
    figure.add_scatter(x=[0, 4], y=[0, 9], **style, row=1, col=1).add_scatter(x=[4], y=[9], **style, row=1, col=2)
    figure.update_layout(template="none", width=600, height=300, margin=dict.fromkeys("lrtb", 0), showlegend=False)
    figure.update_xaxes(visible=False, matches="x").update_yaxes(visible=False, matches="y")
    figure.update_layout(yaxis={"scaleanchor": "x"})
    pixels = drawn(figure)
    left, right = extent(pixels[:, :300], BLUE), extent(pixels[:, 300:], BLUE)
    assert (left[2] - left[0] - 8) / (left[3] - left[1] - 8) == pytest.approx(4 / 9, abs=0.01)
    assert (right[2], right[1]) == pytest.approx((left[2], left[1]), abs=1)
