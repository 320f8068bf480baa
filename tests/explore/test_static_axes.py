"""Axes of the PNGs: categories, ranges, ticks and their texts."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.explore.static.axes import Axis, Reach
from hrlib.explore.static.scene import Scene
from hrlib.explore.static.spec import read
from hrlib.explore.static.ticks import formatted, ticks


def axis(letter="x", length=800, reaches=(), columns=(), **spec):
    made = Axis(letter, letter, spec, start=0.0, end=float(length))
    made.learn(columns)
    made.fit(list(reaches))
    return made


def scene(figure, width=900):
    return Scene(*read(figure), width, 1.0)


numbers = st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-6 or x == 0)


@given(numbers, numbers, st.sampled_from("xy"), st.integers(100, 2000))
def test_ticks_are_few_even_and_within_the_range(low, high, letter, length):
    if abs(high - low) < 1e-6 * max(abs(low), abs(high), 1e-3):
        return
    made = axis(letter, length, range=[low, high])
    values = np.array([value for value, _ in ticks(made)])
    assert 1 <= len(values) <= 11
    span = abs(high - low)
    assert (values >= min(low, high) - 1e-5 * span).all() and (values <= max(low, high) + 1e-5 * span).all()
    if len(values) > 2:
        steps = np.diff(values)
        np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
        mantissa = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-9)
        assert min(abs(mantissa - m) for m in (1, 2, 5)) < 1e-6


@given(st.lists(numbers, min_size=1, max_size=9))
def test_pixels_and_numbers_go_together(values):
    made = axis(reaches=[Reach(min(values), max(values))])
    places = made.pixels(made.numbers(values))
    assert (places >= -1e-6).all() and (places <= 800 + 1e-6).all()
    if max(values) - min(values) > 1e-3:
        assert min(places) == pytest.approx(40) and max(places) == pytest.approx(760)  # 5 % of 800 on either side


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.256, ".0%", "26%"),
        (0.256, ".1%", "25.6%"),
        (3.0, "d", "3"),
        (1234.5, ",.0f", "1,234"),
        (-0.5, ".2f", "−0.50"),
        (0.5, "~f", "0.5"),
        (25000, "s", "25k"),
        (0.00123, ".1e", "1.2e−03"),
        (3.0, "%Y-%m", "3"),
    ],
)
def test_formats(value, spec, text):
    assert formatted(value, spec) == text


def test_texts_of_ticks():
    assert [text for _, text in ticks(axis(range=[-0.05, 0.2]))] == ["−0.05", "0", "0.05", "0.1", "0.15", "0.2"]
    assert ticks(axis(range=[0, 1], tickvals=[0, 0.5, 3], ticktext=["none", "half", "far"])) == [
        (0, "none"),
        (0.5, "half"),
    ]
    assert [text for _, text in ticks(axis("y", 200, range=[0, 40000], ticksuffix="!"))][-1] == "40k!"
    assert [text for _, text in ticks(axis(range=[0, 4], dtick=2, tickformat="d"))] == ["0", "2", "4"]


def test_ranges():
    assert axis(range=[3, 1]).range == (3, 1)
    assert axis(range=[None, 7], reaches=[Reach(0, 5, pad=False)]).range == (0, 7)
    assert axis(autorange="reversed", reaches=[Reach(0, 5, pad=False)]).range == (5, 0)
    assert axis(reaches=[Reach(0, 9, zero=True)]).range[0] == 0
    assert axis(reaches=[Reach(4, 4)]).range == (3, 5)
    assert axis(reaches=[Reach(math.nan, math.nan)]).range == (-1, 6)


def test_categories_keep_their_order_and_numbers_in_strings_are_numbers():
    made = axis(columns=[["b", "a"], ["c", "a"]])
    assert made.kind == "category" and made.categories == ["b", "a", "c"]
    np.testing.assert_array_equal(made.numbers(["c", "b", "unknown", 1.5]), [2, 0, math.nan, 1.5])
    assert axis(columns=[["1", "2"]]).kind == "linear"
    assert axis(columns=[["1", "2"]], type="category").kind == "category"
    assert axis(columns=[["b", "a"]], categoryorder="category ascending").categories == ["a", "b"]


def test_logarithms():
    made = axis(columns=[[1, 100]], type="log", reaches=[Reach(0, 2, pad=False)])
    np.testing.assert_allclose(made.pixels(made.numbers([1, 10, 100, 0, -3])), [0, 400, 800, np.nan, np.nan])
    assert {text for _, text in ticks(made)} >= {"1", "10", "100"}


def test_linked_axes():
    square = go.Figure(go.Scatter(x=[0, 10], y=[0, 1]), layout={"yaxis": {"scaleanchor": "x"}, "height": 300})
    made = scene(square).axes
    units = [abs(a.range[1] - a.range[0]) / a.length for a in made.values()]
    assert units[0] == pytest.approx(units[1])
    shorter = go.Figure(
        go.Heatmap(z=np.eye(4)),
        layout={"yaxis": {"scaleanchor": "x", "constrain": "domain"}, "xaxis": {"constrain": "domain"}},
    )
    made = scene(shorter).axes
    assert made["x"].length == pytest.approx(made["y"].length) and made["x"].range == (-0.5, 3.5)
    matched = go.Figure(
        [go.Scatter(x=[0, 1], y=[0, 1], mode="lines"), go.Scatter(x=[4, 5], y=[0, 9], xaxis="x2", mode="lines")],
        layout={"xaxis": {"domain": [0, 0.4]}, "xaxis2": {"domain": [0.6, 1], "matches": "x"}},
    )
    made = scene(matched).axes
    assert made["x"].range == made["x2"].range == (0, 5)


def test_long_labels_widen_the_margin():
    long = go.Figure(go.Bar(x=[1, 2], y=["a" * 40, "b"], orientation="h"))
    made = scene(long)
    assert made.margin["l"] > 200 and made.box[2] > made.box[0] + 300
