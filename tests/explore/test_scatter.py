"""Maps: every item once, in the place and group that it has; markup is text; small for many items; a legend that folds."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import hrlib as hr
from hrlib.explore import project, project_together, scatter, side_by_side
from hrlib.explore.points import MOST, PLAIN, TRACES, caption_lines


@pytest.fixture(scope="module")
def placed(shop, spaces):
    return project_together(spaces, "pca", hierarchy=shop.hierarchy)


def drawn(chart, axis="x"):
    """The traces of one panel that hold items."""
    return [trace for trace in chart.data if trace.customdata is not None and (trace.xaxis or "x") == axis]


def shop_of(products, categories, count=None):
    """A catalogue of `count` items with so many classes on two levels."""
    count = count or 2 * products
    table = pd.DataFrame({"product": [f"p{n % products:05d}" for n in range(count)]})
    table["category"] = [f"c{n % products % categories:03d}" for n in range(count)]
    table["id"] = range(count)
    pixels = np.zeros((count, 1, 1, 3), np.uint8)
    hierarchy = hr.Hierarchy.from_frame(table, ["product", "category"])
    return hr.Catalogue("made up", table, hr.ImageStore.from_array(pixels), hierarchy)


def picture(count, seed=0):
    """Some projection of so many items, without the cost of one."""
    vectors = np.random.default_rng(seed).normal(size=(4, 3))
    made = project((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), "pca")
    return dataclasses.replace(made, coordinates=np.random.default_rng(seed).normal(size=(count, 2)).astype(np.float32))


@pytest.mark.parametrize("colour", ["product", "category", "superclass", "id"])
def test_every_item_once_in_its_place(shop, placed, colour):
    traces = drawn(scatter(placed["flat"], shop, colour))
    rows = np.concatenate([trace.customdata for trace in traces])
    assert sorted(rows) == list(range(36))
    for trace in traces:
        np.testing.assert_array_equal(np.stack([trace.x, trace.y], 1), placed["flat"].coordinates[trace.customdata])


def test_a_trace_is_a_class_of_a_superclass(shop, placed):
    chart = scatter(placed["flat"], shop, "product")
    labels = shop.hierarchy.labels
    for trace in drawn(chart):
        product, category = labels[trace.customdata].T
        assert len(set(product)) == 1 and trace.legendgroup == str(category[0])
        assert trace.legendgrouptitle.text == f"&lt;i&gt;cat {category[0]}&lt;/i&gt;"
    assert len(drawn(chart)) == 12 and chart.layout.legend.groupclick == "togglegroup"
    beneath = chart.data[0]
    assert beneath.legendgroup is None and len(beneath.x) == 36 and beneath.showlegend is False


def test_markup_in_the_data_is_text(shop, placed):
    titled = dataclasses.replace(
        shop, items=shop.items.assign(title=["<script>alert(1)</script>"] * 36), caption="title"
    )
    chart = side_by_side({"<b>flat</b>": placed["flat"]}, titled, "product")
    text = chart.to_json()
    assert "<script" not in text and "<i>" not in text and "<b>flat" not in text
    assert "\\u003cscript" not in text and "\\u003ci\\u003e" not in text
    hover = drawn(chart)[0].hovertext[0]
    assert hover.startswith("<b>&lt;script&gt;alert(1)&lt;/script&gt;</b><br>&lt;i&gt;cat 0&lt;/i&gt; › &lt;b&gt;0")


def test_the_measures_stand_below(shop, placed):
    chart = scatter(placed["flat"], shop, title="<mine>")
    below = [note for note in chart.layout.annotations if "trustworthiness" in note.text]
    assert len(below) == 1 and below[0].y == 0 and below[0].yshift < 0 and chart.layout.title.text == "&lt;mine&gt;"
    assert below[0].text.replace("<br>", " ") == placed["flat"].caption()
    assert caption_lines("a <b> c", 4) == ("a<br>&lt;b&gt;<br>c", 3) and caption_lines("", 9) == ("", 1)


def test_embeddings_are_projected_with_the_hierarchy(shop, spaces):
    three = shop.subset([0, 1, 2])
    chart = scatter(spaces["flat"][:3], three)
    caption = project(spaces["flat"][:3], hierarchy=three.hierarchy).caption()
    assert chart.layout.annotations[0].text.replace("<br>", " ") == caption


def test_fifty_thousand_items_are_small():
    count = 50_000
    shown = shop_of(11_000, 12, count)
    for colour in ("product", "category"):
        chart = scatter(picture(count), shown, colour)
        assert len(chart.to_json()) < 2_000_000
        assert all(trace.type == "scattergl" for trace in drawn(chart))
        assert sum(len(trace.x) for trace in drawn(chart)) == count
        packed = json.loads(chart.to_json())["data"][1]
        assert packed["x"]["dtype"] == "f4" and packed["customdata"]["dtype"] == "i4"


def test_many_classes_are_shades_in_one_trace_a_superclass():
    shown = shop_of(TRACES + 4, 4)
    chart = scatter(picture(len(shown)), shown, "product")
    traces = drawn(chart)
    assert len(traces) == 4 and [trace.type for trace in traces] == ["scatter"] * 4
    from hrlib.explore import colours

    every = colours(shown.hierarchy, "product")
    for trace in traces:
        scale = dict(trace.marker.colorscale)
        for row, number in zip(trace.customdata, trace.marker.color, strict=True):
            place = number / trace.marker.cmax
            if place in scale:
                assert scale[place] == every[shown.hierarchy.column("product")[row]]


def test_the_legend_folds():
    shown = shop_of(24, 4)
    chart = scatter(picture(len(shown)), shown, "product")
    assert all(trace.showlegend is False for trace in drawn(chart)) and len(drawn(chart)) == 24
    entries = [trace for trace in chart.data if trace.x[0] is None]
    assert [entry.name for entry in entries] == ["c000", "c001", "c002", "c003"]
    assert {entry.legendgroup for entry in entries} == {trace.legendgroup for trace in drawn(chart)}
    assert len({entry.marker.symbol for entry in entries}) == 4  # not by colour alone


def test_more_colours_than_can_be_drawn_are_refused():
    shown = shop_of(MOST + 1, MOST + 1)
    with pytest.raises(hr.HrlibError, match="301 classes at 'product'.*at most 300"):
        scatter(picture(len(shown)), shown, "product")


def test_side_by_side_has_linked_axes_and_one_legend(shop, placed):
    chart = side_by_side(placed, shop, "category")
    assert chart.layout.xaxis2.matches == "x" and chart.layout.yaxis2.matches == "y"
    assert chart.layout.yaxis.scaleanchor == "x" and chart.layout.xaxis.matches is None
    for axis, name in (("x", "flat"), ("x2", "hierarchical")):
        for trace in drawn(chart, axis):
            np.testing.assert_array_equal(trace.x, placed[name].coordinates[trace.customdata, 0])
    left, right = drawn(chart), drawn(chart, "x2")
    assert [trace.legendgroup for trace in left] == [trace.legendgroup for trace in right]
    assert all(trace.showlegend for trace in left) and not any(trace.showlegend for trace in right)
    captions = [note.text.replace("<br>", " ") for note in chart.layout.annotations[2:]]
    assert captions == [projection.caption() for projection in placed.values()]
    assert {note.xref for note in chart.layout.annotations[2:]} == {"x domain", "x2 domain"}


def test_three_panels_take_two_rows(shop, placed):
    chart = side_by_side({"a": placed["flat"], "b": placed["flat"], "c": placed["flat"]}, shop)
    assert chart.layout.xaxis3.matches == "x" and chart.layout.yaxis3.domain[1] < chart.layout.yaxis.domain[0]


def test_what_does_not_fit_is_refused(shop, placed, spaces):
    with pytest.raises(hr.HrlibError, match=r"coordinates \(36, 2\) for a catalogue of 35 items"):
        scatter(placed["flat"], shop.subset(range(35)))
    with pytest.raises(hr.HrlibError, match="mixed"):
        side_by_side({"a": placed["flat"], "b": spaces["flat"]}, shop)
    with pytest.raises(hr.HrlibError, match="no projections"):
        side_by_side({}, shop)


def test_a_long_legend_has_its_room():
    heights = []
    for classes in (8, 24, 290):
        shown = shop_of(classes, 1)
        heights.append(scatter(picture(len(shown)), shown, "product").layout.height)
    assert heights[0] <= heights[1] < heights[2] < 800


def test_one_item(shop, spaces):
    chart = scatter(spaces["flat"][:1], shop.subset([0]), "product")
    assert len(drawn(chart)) == 1 and PLAIN > 1
