"""plotly's colours and texts in matplotlib's: never mathtext."""

import warnings

import numpy as np
import pytest

from hrlib.explore import to_png
from hrlib.explore.static.style import colours_of, rgba, text_style
from hrlib.explore.theme import figure


def test_text_is_bold_where_all_of_it_is():
    assert text_style("<b>all</b>")["fontweight"] == "bold"
    assert text_style("<b>a</b> and <b>b</b>")["fontweight"] == text_style("a")["fontweight"] == "normal"
    assert text_style("a", {"size": 9, "color": "red", "family": "any"}) == {
        "fontweight": "normal",
        "fontsize": 9,
        "color": "red",
    }


def test_colours():
    assert rgba("rgba(255, 0, 51, 0.5)", 0.5) == (1, 0, 0.2, 0.25)
    assert rgba("rgb(0,0,0)") == rgba("#000") == (0, 0, 0, 1) and rgba("transparent")[3] == 0
    numbers = {"color": [0, 1, 9], "colorscale": [[0, "black"], [1, "white"]], "cmin": 0, "cmax": 1}
    np.testing.assert_allclose(colours_of(numbers, 3, "red", 0.5)[:, [0, 3]], [[0, 0.5], [1, 0.5], [1, 0.5]])
    np.testing.assert_array_equal(colours_of({"color": ["red", "blue"]}, 2, "black"), [rgba("red"), rgba("blue")])
    np.testing.assert_array_equal(colours_of({}, 2, "red"), [rgba("red")] * 2)
    same = colours_of({"color": [4, 4], "colorscale": [[0, "black"], [1, "white"]]}, 2, "red")
    assert same[0, 0] == pytest.approx(0.5, abs=0.01)


def test_dollars_and_signs_that_the_font_has_not_are_no_trouble():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        to_png(figure(title=r"costs 5$ or $\frac$ ✓ ≈ ✗ 商品 \ufdd0"))
