"""Images and texts in one picture: every point is there once, with its modality, its class and its pair."""

import numpy as np
import pandas as pd
import pytest

import hrlib as hr
from hrlib.explore import joint_space, project, to_png


def units(x):
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def both(spaces):
    rng = np.random.default_rng(0)
    return spaces["flat"], units(spaces["flat"] + 0.3 * rng.normal(size=spaces["flat"].shape))


def points(chart, axis="x"):
    return [trace for trace in chart.data if trace.customdata is not None and (trace.xaxis or "x") == axis]


def test_each_point_with_its_mark_colour_and_row(shop, both):
    chart = joint_space({"a": both}, shop, "category", method="pca")
    where = project(np.concatenate(both), method="pca").coordinates
    seen = []
    for trace in points(chart):
        assert (
            len(set(shop.hierarchy.column("category")[trace.customdata])) == 1
        )  # a trace a class, so a colour a class
        for x, y, row, mark in zip(trace.x, trace.y, trace.customdata, trace.marker.symbol, strict=True):
            place = row + 36 * (mark == "diamond-open")
            np.testing.assert_allclose((x, y), where[place], atol=1e-5)
            seen.append(place)
            assert mark in ("circle", "diamond-open")
    assert sorted(seen) == list(range(72))
    entries = {trace.name: trace.marker.symbol for trace in chart.data if trace.name in ("image", "text")}
    assert entries == {"image": "circle", "text": "diamond-open"} and "36 images" in chart.layout.title.text
    assert to_png(chart)[:4] == b"\x89PNG"


def test_lines_join_the_pairs_and_the_legend_switches_them(shop, both, spaces):
    chart = joint_space({"a": both, "b": both[::-1]}, shop, method="pca", pairs=5)
    lines = [trace for trace in chart.data if trace.mode == "lines"]
    assert [trace.name for trace in lines] == ["5 pairs joined"] * 2 and [t.showlegend for t in lines] == [True, False]
    assert {trace.legendgroup for trace in lines} == {"pairs"}
    assert chart.data[0] is lines[0] and chart.data[1] is lines[1]  # beneath the points
    joined = []
    for line, axis in zip(lines, ("x", "x2"), strict=True):
        assert line.xaxis == axis
        ends = np.array([line.x, line.y]).T.reshape(5, 3, 2)
        assert np.isnan(ends[:, 2]).all()
        at = {
            (row, mark): (x, y)
            for trace in points(chart, axis)
            for x, y, row, mark in zip(trace.x, trace.y, trace.customdata, trace.marker.symbol, strict=True)
        }
        rows = [
            next(row for (row, mark), place in at.items() if mark == "circle" and np.allclose(place, end[0]))
            for end in ends
        ]
        for row, end in zip(rows, ends, strict=True):
            np.testing.assert_allclose(end[1], at[row, "diamond-open"])
        joined.append(rows)
    assert joined[0] == joined[1] and len(set(joined[0])) == 5


def test_more_pairs_than_items_and_none(shop, both):
    chart = joint_space({"a": both}, shop, method="pca", pairs=1000)
    assert next(trace for trace in chart.data if trace.mode == "lines").name == "36 pairs joined"
    none = joint_space({"a": both}, shop, method="pca", pairs=0)
    assert not next(trace for trace in none.data if trace.mode == "lines").showlegend


def test_markup_is_text_and_shades_of_a_folded_legend_have_one_mark(shop, both):
    chart = joint_space({"<b>a</b>": both}, shop, "product", method="pca")
    assert "<b>" not in chart.layout.annotations[0].text.replace("&lt;b&gt;", "")
    shown = [trace.marker.symbol for trace in chart.data if trace.customdata is None and trace.showlegend is None]
    assert set(shown) <= {"circle", "diamond-open"}
    texts = [text for trace in points(chart) for text in trace.hovertext]
    assert len(texts) == 72 and not any("<i>" in text for text in texts)


def test_many_points_are_drawn_by_webgl_lines_too():
    rng, count = np.random.default_rng(0), 1001
    items = pd.DataFrame({"id": range(count), "class": (np.arange(count) % 3).astype(str)})
    pixels = np.zeros((count, 2, 2, 3), np.uint8)
    many = hr.Catalogue("many", items, hr.ImageStore.from_array(pixels), hr.Hierarchy.from_frame(items, ["class"]))
    chart = joint_space(
        {"a": (units(rng.normal(size=(count, 4))), units(rng.normal(size=(count, 4))))}, many, method="pca"
    )
    assert {trace.type for trace in chart.data if len(trace.x) > 1} == {"scattergl"}


def test_one_item(shop, both):
    one = joint_space({"a": (both[0][:1], both[1][:1])}, shop.subset([0]))
    assert sum(len(trace.x) for trace in points(one)) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a, b: {"a": (a[1:], b)}, r"a: images \(35, 8\) and texts \(36, 8\) for a catalogue of 36"),
        (lambda a, b: {"a": (a[1:], b[1:])}, "expected a row an item"),
        (lambda a, b: {"a": (a, units(b[:, :4]))}, "as many dimensions in both"),
        (lambda a, b: {"a": (a, 2 * b)}, "texts of 'a': 36 of 36 rows are not of unit length"),
        (lambda a, b: {}, "expected at least one space"),
    ],
)
def test_bad_spaces_are_named(shop, both, change, says):
    with pytest.raises(hr.HrlibError, match=says):
        joint_space(change(*both), shop, method="pca")


@pytest.mark.parametrize("pairs", [-1, 1.5, True])
def test_bad_pairs_are_named(shop, both, pairs):
    with pytest.raises(hr.HrlibError, match="pairs is .*: expected an integer of 0 or more"):
        joint_space({"a": both}, shop, pairs=pairs)
