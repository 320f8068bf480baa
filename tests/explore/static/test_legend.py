"""Legends of the PNGs."""

import matplotlib.style
import plotly.graph_objects as go

from hrlib.explore.static.sheet import Sheet
from hrlib.explore.static.spec import read
from hrlib.explore.static.style import rc
from tests.explore.static.drawing import BLUE, ORANGE, H, W, chart, css, drawn, extent, is_near


def test_legend_names_the_traces_in_their_colours_beside_or_below_the_plot():
    def legend(**layout):
        traces = [
            go.Scatter(x=[1], y=[1], name=n, mode="markers", marker={"color": css(c), "size": 12})
            for n, c in (("█", BLUE), ("b", ORANGE))
        ]
        return drawn(chart(*traces, x=(5, 6), showlegend=True, **layout))

    beside = legend()
    assert extent(beside, BLUE)[0] > 500 and extent(beside, BLUE)[3] < extent(beside, ORANGE)[1]
    below = legend(legend={"orientation": "h"})
    assert extent(below, BLUE)[1] > 340 and extent(below, BLUE)[2] < extent(below, ORANGE)[0]
    assert not is_near(legend(legend={"x": 9}), BLUE).any() or extent(legend(legend={"x": 9}), BLUE)[2] < W


def test_a_long_legend_says_how_much_it_leaves_out():
    traces = [go.Scatter(x=[1], y=[1], name=f"class {n}") for n in range(80)]
    layout = read(chart(*traces, showlegend=True))
    with matplotlib.style.context(["default", rc(layout[1])]):
        legend = Sheet(*layout, W, 1.0).legend
        shown = [text.get_text() for text in legend.get_texts()]
        assert shown[:2] == ["class 0", "class 1"] and shown[-1] == f"… and {81 - len(shown)} more"
        box = legend.get_window_extent()
        assert box.y0 >= 0 and box.y1 <= H and box.x1 <= W


def test_headings_stand_above_their_groups():
    def trace(name, group):
        title = {"text": f"group {group}"}
        return go.Scatter(x=[1], y=[1], name=name, legendgroup=group, legendgrouptitle=title)

    for orientation, expected in (
        ("v", ["group 1", "a", "c", "d", "group 2", "b"]),
        ("h", ["group 1", "a", "c", "d", "group 2", "b", "", ""]),  # filled up: a column each
    ):
        figure = chart(trace("a", "1"), trace("b", "2"), trace("c", "1"), trace("d", "1"), showlegend=True)
        spec = read(figure.update_layout(legend={"orientation": orientation}))
        with matplotlib.style.context(["default", rc(spec[1])]):
            texts = Sheet(*spec, W, 1.0).legend.get_texts()
        assert [text.get_text() for text in texts] == expected
        assert [text.get_text() for text in texts if text.get_fontweight() == "bold"] == ["group 1", "group 2"]
