"""Axes of the PNGs: categories, ranges, ticks and their texts."""

import matplotlib.style
import numpy as np
import plotly.graph_objects as go
import pytest

from hrlib.explore.static.sheet import Sheet
from hrlib.explore.static.spec import read
from hrlib.explore.static.style import rc


def sheet(*traces, **layout):
    spec = read(go.Figure(traces, {"template": "none", **layout}))
    with matplotlib.style.context(["default", rc(spec[1])]):
        return Sheet(*spec, 900, 1.0)


def panel(x, y=None, **xaxis):
    trace = go.Scatter(x=x, y=[0] * len(x) if y is None else y, mode="markers")
    return sheet(trace, xaxis=xaxis).panels[""]


def ticks(made):
    """(place, text) of the ticks along x."""
    low, high = sorted(made.limits("x"))
    axis = made.axes.xaxis
    pairs = zip(axis.get_ticklocs(), (label.get_text() for label in axis.get_ticklabels()), strict=True)
    return [(place, text) for place, text in pairs if low <= place <= high]


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-0.013, 0.4), (3, 40_000), (1e-4, 2e-4), (-7, -6.5)])
def test_ticks_are_few_even_and_say_where_they_stand(low, high):
    made = ticks(panel([low, high]))
    places = np.array([place for place, _ in made])
    assert 3 <= len(made) <= 11
    np.testing.assert_allclose(np.diff(places), places[1] - places[0], rtol=1e-6)
    np.testing.assert_allclose([float(text.replace("−", "-")) for _, text in made], places, atol=1e-9)


def test_texts_of_ticks():
    shares = [text for _, text in ticks(panel([0, 1], tickformat=".0%"))]
    assert shares[0] == "0%" and shares[-1] == "100%"
    epochs = ticks(panel([0, 2], tickformat="d"))
    assert epochs == [(0, "0"), (1, "1"), (2, "2")]  # none between integers
    assert [place for place, _ in ticks(panel([0, 12], dtick=4))] == [0, 4, 8, 12]
    assert ticks(panel([0, 1], tickvals=[0, 0.5], ticktext=["none", "&lt;half&gt;"])) == [(0, "none"), (0.5, "<half>")]


def test_ranges():
    assert panel([0, 5], range=[3, 1]).limits("x") == (3, 1)
    low, high = panel([0, 5], autorange="reversed").limits("x")
    assert low > 5 and high < 0
    low, high = panel([np.nan]).limits("x")
    assert np.isfinite([low, high]).all() and low < high
    bars = sheet(go.Bar(x=[3, 9], y=["a", "b"], orientation="h")).panels[""]
    assert bars.limits("x")[0] == 0 and bars.limits("y") == (-0.5, 1.5)


@pytest.mark.parametrize(("low", "high", "expected"), [(0.003, 4, [0.01, 0.1, 1]), (1.5, 9, [2, 5])])
def test_ticks_of_a_log_axis_are_numbers(low, high, expected):
    made = ticks(panel([low, high], type="log"))
    assert [text for _, text in made] == [f"{place:g}" for place in expected]
    np.testing.assert_allclose([place for place, _ in made], expected)


def test_log_axes():
    made = panel([2, 5000], type="log", range=[0, 4], tickvals=[10, 1000], ticktext=["ten", "1,000"])
    np.testing.assert_allclose(made.limits("x"), (1, 10_000))
    assert made.axes.get_xscale() == "log" and ticks(made) == [(10, "ten"), (1000, "1,000")]
    assert len(made.axes.xaxis.get_minorticklocs()) == 0
    low, high = panel([2, 5000], type="log").limits("x")
    assert 0 < low < 2 and high > 5000


def test_categories_keep_their_order():
    made = panel(["b", "a", "c", "a"])
    assert made.categories["x"] == ["b", "a", "c"] and [text for _, text in ticks(made)] == ["b", "a", "c"]
    np.testing.assert_array_equal(made.numbers("x", ["c", "b", None, 1.5]), [2, 0, np.nan, 1.5])
    assert panel([7, 3], type="category").categories["x"] == [7, 3]
    assert panel([7, 3]).categories["x"] == []


def test_long_labels_widen_the_margin_and_stay_on_the_sheet():
    made = sheet(go.Bar(x=[1, 2], y=["a" * 40, "b"], orientation="h"))
    box = made.panels[""].axes.get_tightbbox()
    assert made.margin["l"] > 200 and made.area[0] > 300 and box.x0 >= 0
    turned = sheet(go.Scatter(x=["b" * 30, "c"], y=[1, 2]), xaxis={"tickangle": -60})
    assert turned.panels[""].axes.get_tightbbox().y0 >= 0 and turned.margin["b"] > 150
