"""Points as traces: what they say, where captions stand, what is refused."""

import dataclasses

import numpy as np
import pytest

import hrlib as hr
from hrlib.explore.groups import groups
from hrlib.explore.points import PLAIN, add_caption, caption_lines, checked, grey_points, hover_texts, point_traces
from hrlib.explore.theme import figure


def test_captions_wrap_and_are_text():
    assert caption_lines("a <b> c", 4) == ("a<br>&lt;b&gt;<br>c", 3) and caption_lines("", 9) == ("", 1)
    chart = figure()
    one, three = add_caption(chart, "a", 10), add_caption(chart, "a b c", 1, panel="2")
    assert one < three
    below, second = chart.layout.annotations
    assert below.yref == "paper" and (second.xref, second.yref) == ("x2 domain", "y2 domain")


def test_items_say_their_title_and_path(shop):
    titled = dataclasses.replace(shop, items=shop.items.assign(title=["x" * 200, None, *["<i>"] * 34]), caption="title")
    texts = hover_texts(titled)
    assert texts[0].startswith("<b>" + "x" * 69 + "…</b>") and texts[1].startswith("<b></b><br>")
    assert texts[2] == "<b>&lt;i&gt;</b><br>&lt;i&gt;cat 2&lt;/i&gt; › &lt;b&gt;2&lt;/b&gt;"
    several = dataclasses.replace(
        shop, items=shop.items.assign(title=[["<u>a", "b"], [], *["c"] * 34]), caption="title"
    )
    assert [text.split("<br>")[0] for text in hover_texts(several)[:3]] == ["<b>&lt;u&gt;a</b>", "<b></b>", "<b>c</b>"]
    assert hover_texts(shop)[7].startswith("<b>7</b>")  # without a caption, the id


@pytest.mark.parametrize(("count", "kind"), [(PLAIN, "scatter"), (PLAIN + 1, "scattergl")])
def test_many_points_are_drawn_by_webgl(shop, count, kind):
    rows = np.arange(count) % 36
    divided = groups(shop.subset(rows), "category")
    xy = np.zeros((count, 2), np.float32)
    assert {trace.type for trace in [grey_points(xy), *point_traces(xy, divided, None)]} == {kind}
    assert (hover_texts(shop.subset(rows)) is None) == (kind == "scattergl")


def test_a_group_without_items_has_no_trace(shop):
    divided = groups(shop, "category")
    without = dataclasses.replace(divided, labels=np.where(divided.labels == 2, 1, divided.labels))
    names = [trace.name for trace in point_traces(np.zeros((36, 2), np.float32), without, None)]
    assert names == [f"&lt;i&gt;cat {n}&lt;/i&gt;" for n in (0, 1, 3)]


def test_coordinates_of_other_items_are_refused(shop):
    with pytest.raises(hr.HrlibError, match=r"mine has coordinates \(36, 3\) for a catalogue of 36 items"):
        checked(np.zeros((36, 3)), shop, "mine")
    assert checked(np.zeros((36, 2)), shop).dtype == np.float32
