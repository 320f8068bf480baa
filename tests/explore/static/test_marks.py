"""Scatters, lines, bars and heatmaps of the PNGs lie where their data say: known colours at computed pixels."""

import numpy as np
import plotly.graph_objects as go
import pytest

import hrlib as hr
from hrlib.explore import to_png
from tests.explore.static.drawing import BLUE, GREEN, HIDDEN, ORANGE, at, chart, css, drawn, extent, is_near


@pytest.mark.parametrize("kind", [go.Scatter, go.Scattergl])
@pytest.mark.parametrize("symbol", ["circle", "square", "diamond", "cross", "x", "triangle-up", "star"])
def test_marks(kind, symbol):
    places = np.array([[1.0, 2.0], [5.0, 5.0], [9.0, 3.0]])
    marker = {"color": [css(BLUE), css(ORANGE), css(GREEN)], "size": [20, 12, 16], "symbol": symbol, "opacity": 1}
    pixels = drawn(chart(kind(x=places[:, 0], y=places[:, 1], mode="markers", marker=marker)))
    for (x, y), colour, size in zip(places, (BLUE, ORANGE, GREEN), (20, 12, 16), strict=True):
        column, row = at(x, y)
        assert is_near(pixels[row, column], colour)
        left, top, right, bottom = extent(pixels, colour)
        assert (left + right) / 2 == pytest.approx(column, abs=2) and (top + bottom) / 2 == pytest.approx(row, abs=3)
        assert 0.6 * size <= right - left <= 1.5 * size


def test_nothing_is_drawn_for_missing_values_hidden_traces_and_beyond_the_axis():
    marker = {"color": css(BLUE), "size": 20}
    pixels = drawn(
        chart(
            go.Scatter(x=[np.nan, 3, 40], y=[5, np.nan, 5], mode="markers", marker=marker),
            go.Scatter(x=[5], y=[5], mode="markers", marker=marker, visible=False),
            go.Scatter(x=[5], y=[5], mode="markers", marker=marker, visible="legendonly"),
        )
    )
    assert not is_near(pixels, BLUE).any()


def test_numbers_become_colours_of_the_scale():
    scale = [[0, css(BLUE)], [1, css(ORANGE)]]
    marker = {"color": np.array([0.0, 1.0, 5.0]), "colorscale": scale, "cmin": 0, "cmax": 1, "size": 20}
    pixels = drawn(chart(go.Scatter(x=[2, 4, 6], y=[5, 5, 5], mode="markers", marker=marker)))
    for x, colour in ((2, BLUE), (4, ORANGE), (6, ORANGE)):
        assert is_near(pixels[at(x, 5)[1], at(x, 5)[0]], colour)


def test_reversed_and_category_axes():
    marker = {"color": css(BLUE), "size": 14}
    for axes, place, expected in (
        ({"yaxis": {"range": [10, 0], **HIDDEN}}, (3, 2), at(3, 8)),
        ({"xaxis": {"range": [-0.5, 1.5], **HIDDEN}}, ("b", 5), at(7.5, 5)),
    ):
        first = go.Scatter(x=["a" if place[0] == "b" else 0], y=[0], mode="markers", marker={"color": css(ORANGE)})
        pixels = drawn(chart(first, go.Scatter(x=[place[0]], y=[place[1]], mode="markers", marker=marker), **axes))
        left, top, right, bottom = extent(pixels, BLUE)
        assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx(expected, abs=1.5)


def test_lines_have_gaps_and_dashes():
    line = {"color": css(BLUE), "width": 4}
    pixels = drawn(chart(go.Scatter(x=[0, 4, 5, 6, 10], y=[5, 5, None, 5, 5], mode="lines", line=line)))
    row = is_near(pixels[at(0, 5)[1]], BLUE)
    assert row[at(2, 5)[0]] and not row[at(5, 5)[0]] and row[at(8, 5)[0]]
    assert row.sum() == pytest.approx(0.8 * 500, abs=4)
    dashed = drawn(chart(go.Scatter(x=[0, 10], y=[5, 5], mode="lines", line={**line, "dash": "dash"})))
    assert 0.4 < is_near(dashed[at(0, 5)[1], 60:560], BLUE).mean() < 0.6


def test_error_bars_reach_from_low_to_high():
    bars = {"type": "data", "symmetric": False, "array": [3], "arrayminus": [1], "color": css(ORANGE), "thickness": 3}
    pixels = drawn(chart(go.Scatter(x=[5], y=[5], mode="markers", marker={"color": css(BLUE)}, error_x=bars)))
    left, _, right, _ = extent(pixels, ORANGE)
    assert (left, right) == pytest.approx((at(4, 5)[0], at(8, 5)[0]), abs=2)


def test_bars_are_as_long_as_their_numbers_and_stack():
    flat = go.Bar(y=["a", "b"], x=[2, 6], orientation="h", marker={"color": css(BLUE)})
    more = go.Bar(y=["a", "b"], x=[4, 3], orientation="h", marker={"color": css(ORANGE)})
    pixels = drawn(chart(flat, more, barmode="stack", yaxis={"autorange": "reversed", **HIDDEN}))
    for category, (first, second) in enumerate([(2, 4), (6, 3)]):
        row = pixels[round(50 + 300 * (category + 0.5) / 2)]  # reversed: a is above
        assert is_near(row, BLUE).sum() == pytest.approx(first * 50, abs=2)
        assert is_near(row, ORANGE).sum() == pytest.approx(second * 50, abs=2)
    # a fifth of each category's place is free
    column = pixels[:, at(1, 0)[0]]
    assert is_near(column, BLUE).sum() == pytest.approx(0.8 * 300, abs=3)


def test_bars_side_by_side_below_zero_with_errors_and_on_their_own_range():
    up = go.Bar(
        x=["a", "b"], y=np.array([4, -2]), marker={"color": css(BLUE)}, error_y={"array": [4, 1], "color": css(GREEN)}
    )
    down = go.Bar(x=["a", "b"], y=[1, 1], marker={"color": css(ORANGE)})
    pixels = drawn(chart(up, down, xaxis=HIDDEN, yaxis=HIDDEN))
    left, top, right, bottom = extent(pixels, BLUE)
    other = extent(pixels, ORANGE)
    assert left < other[0] and right < other[2] and bottom > other[3] and top < other[1]
    assert extent(pixels, GREEN)[1] >= 50  # the error bar is within the range


def test_patterns_and_texts_within_bars():
    xs = (4.5, 5.5)  # a bar from 4.6 to 5.4

    def bar(text=None, **marker):
        made = go.Bar(x=[5], y=[8], text=text, textposition="inside", marker={"color": css(BLUE), **marker})
        return drawn(chart(made, x=xs))

    plain = is_near(bar(), BLUE).sum()
    hatched = is_near(bar(pattern={"shape": "/", "fillmode": "overlay", "fgcolor": "white"}), BLUE).sum()
    assert plain == pytest.approx(400 * 240, rel=0.02) and 0.4 * plain < hatched < 0.95 * plain
    (left, top), (right, bottom) = at(4.65, 7.9, xs), at(5.35, 0.1, xs)
    inside = is_near(bar(["HHHH"])[top:bottom, left:right], (255, 255, 255))
    down, across = np.nonzero(inside)
    assert down.mean() == pytest.approx(inside.shape[0] / 2, abs=2)
    assert across.mean() == pytest.approx(inside.shape[1] / 2, abs=2)
    assert is_near(bar()[top:bottom, left:right], BLUE).all()


@pytest.mark.parametrize("cells", [4, 700])
def test_heatmap_cells(cells):
    z = np.zeros((cells, cells))
    z[: cells // 4, cells // 2 :] = 1  # the first rows are below
    heat = go.Heatmap(z=z, colorscale=[[0, css(BLUE)], [1, css(ORANGE)]], showscale=False)
    ends = (-0.5, cells - 0.5)
    pixels = drawn(chart(heat, x=ends, y=ends))
    left, top, right, bottom = extent(pixels, ORANGE)
    expected = (*at(cells / 2 - 0.5, cells / 4 - 0.5, ends, ends), *at(ends[1], ends[0], ends, ends))
    assert (left, top, right + 1, bottom + 1) == pytest.approx(expected, abs=2)
    assert is_near(pixels[at(0, cells - 1, ends, ends)[1], at(0, 0, ends, ends)[0]], BLUE)


def test_heatmap_has_holes_and_a_bar_and_cells_of_one_size():
    scale = [[0, css(BLUE)], [1, css(ORANGE)]]
    heat = go.Heatmap(z=[[0, np.nan, 1]], x=[0, 4, 8], y=[0], colorscale=scale)
    pixels = drawn(chart(heat, x=(-2, 10), y=(-0.5, 0.5)))
    row = pixels[200]
    blue, orange = np.flatnonzero(is_near(row, BLUE)), np.flatnonzero(is_near(row, ORANGE))
    assert len(orange) == pytest.approx(len(blue), abs=2) and orange[0] - blue[-1] == pytest.approx(len(blue), abs=3)
    beside = pixels[:, orange[-1] + 3 :]  # the scale's bar, right of the plot
    assert extent(beside, BLUE)[1] > extent(beside, ORANGE)[3]
    with pytest.raises(hr.HrlibError, match="heatmap's x .*expected 3 middles of cells of one size"):
        to_png(go.Figure(go.Heatmap(z=[[0, 1, 2]], x=[0, 2, 6])))
