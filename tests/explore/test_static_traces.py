"""What is drawn in the PNGs lies where its data say: known colours at computed pixels."""

import base64
import io

import matplotlib.style
import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from plotly.subplots import make_subplots

import hrlib as hr
from hrlib.explore import neighbour_gallery, to_png
from hrlib.explore.photos import CELL
from hrlib.explore.static.sheet import Sheet
from hrlib.explore.static.spec import read
from hrlib.explore.static.style import rc
from hrlib.explore.static.treemap import squarify
from hrlib.explore.theme import VERDICTS

BLUE, ORANGE, GREEN, BLACK = (0, 114, 178), (213, 94, 0), (0, 158, 115), (0, 0, 0)
W, H, MARGIN = 600, 400, {"l": 60, "r": 40, "t": 50, "b": 50}
HIDDEN = {"visible": False}


def css(colour):
    return "#%02x%02x%02x" % colour  # noqa: UP031


def chart(*traces, x=(0, 10), y=(0, 10), **layout):
    """A figure of which the pixel of each place is known: see `at`."""
    axes = {"xaxis": {"range": x, **HIDDEN}, "yaxis": {"range": y, **HIDDEN}}
    base = {"template": "none", "margin": MARGIN, "width": W, "height": H, "showlegend": False}
    return go.Figure(list(traces), {**axes, **base, **layout})


def at(x, y, xs=(0, 10), ys=(0, 10)):
    """Column and row of a place in `chart`."""
    wide, high = W - MARGIN["l"] - MARGIN["r"], H - MARGIN["t"] - MARGIN["b"]
    return (
        round(MARGIN["l"] + (x - xs[0]) / (xs[1] - xs[0]) * wide),
        round(H - MARGIN["b"] - (y - ys[0]) / (ys[1] - ys[0]) * high),
    )


def drawn(figure, **settings):
    return np.asarray(Image.open(io.BytesIO(to_png(figure, **settings))).convert("RGB")).astype(int)


def is_near(pixels, colour, tolerance=30):
    return (np.abs(pixels - np.array(colour)) <= tolerance).all(-1)


def extent(pixels, colour):
    """left, top, right, bottom of the pixels of a colour."""
    down, across = np.nonzero(is_near(pixels, colour))
    return across.min(), down.min(), across.max(), down.max()


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


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=30), st.floats(10, 500), st.floats(10, 500))
def test_treemap_areas(values, wide, high):
    values = sorted(values, reverse=True)
    boxes = np.array(squarify(values, (0, 0, wide, high)))
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    np.testing.assert_allclose(areas / areas.sum(), np.array(values) / sum(values), rtol=1e-6)
    assert areas.sum() == pytest.approx(wide * high)
    assert boxes.min() >= -1e-6 and boxes[:, 2].max() <= wide + 1e-6 and boxes[:, 3].max() <= high + 1e-6
    for number, one in enumerate(boxes):
        over = np.minimum(boxes[:, 2:], one[2:]) - np.maximum(boxes[:, :2], one[:2])
        over[number] = 0
        assert not (over > 1e-6).all(1).any(), "boxes lie over each other"


def test_treemap_colours_and_unknown_parents():
    trace = go.Treemap(
        ids=["a", "b", "c"], labels=["a", "b", "c"], parents=["", "", ""], values=[6, 3, 1], branchvalues="total",
        textinfo="none",
    )  # fmt: skip
    pixels = drawn(chart(trace, treemapcolorway=[css(BLUE), css(ORANGE), css(GREEN)]))
    counts = [is_near(pixels, colour).sum() for colour in (BLUE, ORANGE, GREEN)]
    np.testing.assert_allclose(np.array(counts) / sum(counts), [0.6, 0.3, 0.1], atol=0.02)
    with pytest.raises(hr.HrlibError, match="parent 'x' is no id.*expected one of 1 ids"):
        to_png(go.Figure(go.Treemap(ids=["a"], labels=["a"], parents=["x"], values=[1], branchvalues="total")))
    with pytest.raises(hr.HrlibError, match='expected branchvalues="total"'):
        to_png(go.Figure(go.Treemap(labels=["a"], parents=[""], values=[1])))


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


def test_shapes_annotations_and_title():
    figure = chart(title={"text": "████", "font": {"color": css(GREEN)}, "x": 0.5})
    figure.add_shape(type="rect", x0=2, x1=4, y0=6, y1=8, fillcolor=css(BLUE), line={"width": 0})
    figure.add_vline(x=7, line={"color": css(ORANGE), "width": 4})
    figure.add_annotation(
        x=10, y=0, text="█", font={"color": css(BLACK), "size": 20}, showarrow=False, xanchor="left", xshift=10
    )
    pixels = drawn(figure)
    left, top, right, bottom = extent(pixels, BLUE)
    assert (left, bottom + 1) == pytest.approx(at(2, 6), abs=1) and (right + 1, top) == pytest.approx(at(4, 8), abs=1)
    left, top, right, bottom = extent(pixels, ORANGE)
    assert (left + right) / 2 == pytest.approx(at(7, 0)[0], abs=1) and (top, bottom) == pytest.approx((50, 350), abs=2)
    assert extent(pixels, GREEN)[3] < 50 and (extent(pixels, GREEN)[0] + extent(pixels, GREEN)[2]) / 2 == pytest.approx(
        300, abs=3
    )
    assert extent(pixels, BLACK)[0] == pytest.approx(570, abs=3)


def test_photos_lie_in_their_cells_and_frames_around_them(shop, spaces):
    gallery = neighbour_gallery(shop, {"flat": spaces["flat"]}, [3, 7], k=4)
    pixels = drawn(gallery)
    margin = gallery.layout.margin
    top = gallery.layout.yaxis.range[1]
    for number, image in enumerate(gallery.layout.images):
        left, above = margin.l + image.x * CELL, margin.t + (image.y - top) * CELL
        side = 0.9 * CELL
        cell = pixels[round(above) : round(above + side), round(left) : round(left + side)]
        photo = Image.open(io.BytesIO(base64.b64decode(image.source.split(",")[1])))
        expected = np.asarray(photo.resize(cell.shape[1::-1], Image.Resampling.LANCZOS), float)
        inside = (slice(5, -5), slice(5, -5))  # the frame's line lies over the edge
        alike = np.corrcoef(cell[inside].ravel(), expected[inside].ravel())[0, 1]
        assert alike > 0.9, f"photo {number} is not in its cell"
    frames = [shape for shape in gallery.layout.shapes if shape.type == "rect"]
    for frame in frames:
        column = round(margin.l + frame.x0 * CELL)
        rows = slice(round(margin.t + (frame.y0 - top) * CELL), round(margin.t + (frame.y1 - top) * CELL))
        colour = tuple(int(frame.line.color[n : n + 2], 16) for n in (1, 3, 5))
        share = is_near(pixels[rows, column], colour, 40).mean()
        expected = {"solid": (0.9, 1), "dash": (0.4, 0.75), "dot": (0.35, 0.75)}[frame.line.dash]
        assert expected[0] <= share <= expected[1]
    assert {frame.line.dash for frame in frames} <= {dash for _, dash, _ in VERDICTS.values()}


def test_the_mean_colour_of_an_image_and_its_shape():
    wide = np.zeros((10, 20, 3), np.uint8)
    wide[:] = BLUE
    data = io.BytesIO()
    Image.fromarray(wide).save(data, "PNG")
    figure = chart()
    source = Image.open(io.BytesIO(data.getvalue()))
    figure.add_layout_image(source=source, xref="x", yref="y", x=2, y=8, sizex=4, sizey=4, layer="below")
    left, top, right, bottom = extent(drawn(figure), BLUE)
    assert (left, top) == pytest.approx(at(2, 8), abs=1) and (right + 1) == pytest.approx(at(6, 8)[0], abs=1)
    assert bottom + 1 - top == pytest.approx(100, abs=1)  # twice as wide as high, though there was room


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


def test_an_animation_is_drawn_at_its_end():
    def mark(x):
        return go.Scatter(x=[x], y=[5], mode="markers", marker={"color": css(BLUE), "size": 16})

    figure = chart(mark(2))
    figure.frames = [go.Frame(name=f"epoch {n}", data=[mark(n)], traces=[0]) for n in (2, 5, 8)]
    left, _, right, _ = extent(drawn(figure), BLUE)
    assert (left + right) / 2 == pytest.approx(at(8, 5)[0], abs=1.5)


def test_an_image_is_hung_by_its_corner_or_its_middle():
    def place(**anchors):
        figure = chart()
        photo = Image.new("RGB", (20, 10), BLUE)
        figure.add_layout_image(source=photo, xref="x", yref="y", x=5, y=5, sizex=4, sizey=4, layer="below", **anchors)
        return np.array(extent(drawn(figure), BLUE))

    corner, middle = place(), place(xanchor="center", yanchor="middle")
    wide, high = corner[2] - corner[0], corner[3] - corner[1]
    assert middle - corner == pytest.approx(np.array([-wide, -high, -wide, -high]) / 2, abs=1)
