"""plotly's colours and texts in matplotlib's: tags and entities, never mathtext."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from hrlib.explore import to_png
from hrlib.explore.static.spec import plain
from hrlib.explore.static.style import colours_of, rgba, text_style
from hrlib.explore.theme import figure


def test_tags_and_entities():
    assert plain("a &lt;b&gt; &amp; <b>bold</b><br>second<br />x<sup>2</sup>") == "a <b> & bold\nsecond\nx2"
    assert plain("<script>alert(1)</script> 1 < 2 </b>") == "<script>alert(1)</script> 1 < 2 "


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


def ink(text, **place):
    """left, top, right, bottom of an annotation on a sheet of 400 x 300 pixels."""
    drawn = figure(width=400, height=300, margin=dict.fromkeys("lrtb", 0))
    drawn.add_annotation(
        text=text, xref="paper", yref="paper", x=0.5, y=0.5, font={"size": 20}, showarrow=False, **place
    )
    down, across = np.nonzero(np.asarray(Image.open(io.BytesIO(to_png(drawn))).convert("L")) < 128)
    return across.min(), down.min(), across.max(), down.max()


def test_anchors_and_shifts():
    left, top, right, bottom = ink("HHH", xanchor="left", yanchor="top")
    assert 200 <= left <= 204 and 150 <= top <= 158
    left, top, right, bottom = ink("HHH", xanchor="right", yanchor="bottom")
    assert 196 <= right <= 200 and 140 <= bottom <= 150
    left, top, right, bottom = ink("HHH", xshift=30, yshift=20)
    assert (left + right) / 2 == pytest.approx(230, abs=1.5) and (top + bottom) / 2 == pytest.approx(130, abs=3)


def test_a_text_wider_than_the_sheet_is_shrunk():
    left, _, right, _ = ink("H" * 40, xanchor="left", xshift=-190)
    assert left >= 8 and 380 < right < 400


def test_dollars_and_signs_that_the_font_has_not_are_no_trouble():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        to_png(figure(title=r"costs 5$ or $\frac$ ✓ ≈ ✗ 商品 \ufdd0"))
