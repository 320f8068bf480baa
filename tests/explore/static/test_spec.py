"""A figure as it is read for its PNG: texts without tags, animations at their end."""

import plotly.graph_objects as go
import pytest

from hrlib.explore.static.spec import plain
from tests.explore.static.drawing import (
    BLUE,
    at,
    chart,
    css,
    drawn,
    extent,
)


def test_tags_and_entities():
    assert plain("a &lt;b&gt; &amp; <b>bold</b><br>second<br />x<sup>2</sup>") == "a <b> & bold\nsecond\nx2"
    assert plain("<script>alert(1)</script> 1 < 2 </b>") == "<script>alert(1)</script> 1 < 2 "


def test_an_animation_is_drawn_at_its_end():
    def mark(x):
        return go.Scatter(x=[x], y=[5], mode="markers", marker={"color": css(BLUE), "size": 16})

    figure = chart(mark(2))
    figure.frames = [go.Frame(name=f"epoch {n}", data=[mark(n)], traces=[0]) for n in (2, 5, 8)]
    left, _, right, _ = extent(drawn(figure), BLUE)
    assert (left + right) / 2 == pytest.approx(at(8, 5)[0], abs=1.5)
