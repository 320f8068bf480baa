"""Text of the PNGs: plotly's tags and entities, never mathtext."""

import warnings

import numpy as np
import pytest

from hrlib.explore import to_png
from hrlib.explore.static.canvas import Canvas
from hrlib.explore.static.text import Text, lines_of
from hrlib.explore.theme import figure


def plain(text):
    return ["".join(run.text for run in line) for line in lines_of(text)]


def test_tags_and_entities():
    assert plain("a &lt;b&gt; &amp; <b>bold</b><br>second") == ["a <b> & bold", "second"]
    (runs,) = lines_of('x<sup>2</sup><i>y</i><span style="color: red">z</span>')
    assert [(run.text, run.raised > 0, run.italic, run.colour) for run in runs] == [
        ("x", False, False, None),
        ("2", True, False, None),
        ("y", False, True, None),
        ("z", False, False, "red"),
    ]


def test_other_markup_is_text():
    assert plain("<script>alert(1)</script> 1 < 2 </b>") == ["<script>alert(1)</script> 1 < 2 "]


def ink(text, xanchor, yanchor, angle=0.0):
    """The box around what is drawn with its anchor at (200, 150)."""
    canvas = Canvas(400, 300, 1.0, "white")
    Text(canvas, text, {"size": 20, "color": "black"}).draw(200, 150, xanchor, yanchor, angle)
    down, across = np.nonzero(np.asarray(canvas.picture().convert("L")) < 128)
    return across.min(), down.min(), across.max(), down.max()


def test_anchors():
    left, top, right, bottom = ink("HHH", "left", "top")
    assert 200 <= left <= 204 and 150 <= top <= 158
    left, top, right, bottom = ink("HHH", "right", "bottom")
    assert 196 <= right <= 200 and 140 <= bottom <= 150
    left, top, right, bottom = ink("HHH", "center", "middle")
    assert (left + right) / 2 == pytest.approx(200, abs=1.5) and (top + bottom) / 2 == pytest.approx(150, abs=1.5)


def test_turned_text_stands_upright():
    flat, upright = ink("HHHHH", "center", "middle"), ink("HHHHH", "center", "middle", -90)
    assert upright[3] - upright[1] == pytest.approx(flat[2] - flat[0], abs=2)
    assert (upright[0] + upright[2]) / 2 == pytest.approx(200, abs=1.5)


def test_blanks_have_a_width():
    canvas = Canvas(100, 100, 1.0, "white")
    wide, narrow = (Text(canvas, text, {"size": 20}).width for text in ("a   b", "ab"))
    assert wide - narrow == pytest.approx(3 * 20 * 0.318, rel=0.02)  # DejaVu Sans: a blank is 0.318 of the size
    assert Text(canvas, "<b>a</b> b", {"size": 20}).width > Text(canvas, "a b", {"size": 20}).width


def test_dollars_and_signs_that_the_font_has_not_are_no_trouble():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        to_png(figure(title=r"costs 5$ or $\frac$ ✓ ≈ ✗ 商品 \ufdd0"))
