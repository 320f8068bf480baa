"""The explorer's Python side, driven as the browser drives it: through the widgets' values and plotly's messages."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from ipywidgets.widgets.widget import _instances

import hrlib as hr
from hrlib.explore import Explorer
from hrlib.explore.groups import groups
from hrlib.explore.projection import Projection
from hrlib.explore.selection import COLUMNS
from tests.evaluation.made_up import random_units
from tests.explore.test_selection import NASTY, catalogue


def places(n=40, seed=0):
    coordinates = np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)
    return Projection(coordinates, "pca", {}, {"trustworthiness": 0.87, "points": n}, random_units(n))


@pytest.fixture
def explorer(tmp_path):
    spaces = {"flat": random_units(40, 1), "hierarchical": random_units(40, 2, dim=8)}
    maps = {"flat": places(), "hierarchical": places(seed=1)}
    return Explorer(catalogue(), spaces, maps, k=5, out_dir=tmp_path)


def send(explorer, event, rows):
    """What the browser sends when the pointer does something to these items."""
    items = explorer.figure.data[1]
    at = [np.asarray(items.customdata).tolist().index(row) for row in rows]
    points = {
        "trace_indexes": [1] * len(at),
        "point_indexes": at,
        "xs": [float(items.x[point]) for point in at],
        "ys": [float(items.y[point]) for point in at],
    }
    selector = {"type": "lasso", "selector_state": {"xs": [0, 1], "ys": [0, 1]}} if event == "plotly_selected" else None
    message = {"event_type": event, "points": points, "selector": selector, "device_state": None}
    explorer.figure._js2py_pointsCallback = message


def rows(explorer, role):
    table = explorer.selection
    return table.loc[table["role"] == role, "row"].tolist()


def brute_force(explorer, chosen, space, k=5, mask=None):
    vectors = explorer.finder.vectors[space]
    scores = vectors @ vectors[chosen].mean(axis=0)
    return [row for row in np.argsort(-scores) if row not in chosen and (mask is None or mask[row])][:k]


def on_map(explorer, name):
    (trace,) = [trace for trace in explorer.figure.data if trace.name == name]
    return np.stack([trace.x, trace.y], axis=1)


def test_every_item_is_on_the_map_in_its_colour_where_it_was_projected(explorer):
    items = explorer.figure.data[1]
    assert list(items.customdata) == list(range(40))
    np.testing.assert_allclose(on_map(explorer, "items"), explorer.projections["flat"].coordinates)
    divided = groups(explorer.catalogue, "category")
    np.testing.assert_array_equal(items.marker.color, explorer.catalogue.hierarchy.column("category"))
    assert [colour for _, colour in items.marker.colorscale] == list(divided.colours)
    assert explorer.selection.empty and list(explorer.selection.columns) == COLUMNS
    legend = explorer.controls.legend.value
    assert all(name in legend for name in ("Straße 0", "Straße 1", *divided.colours, "trustworthiness .87"))


def test_hover_shows_the_photo_with_its_texts_escaped(explorer):
    before = explorer.selection
    send(explorer, "plotly_hover", [2])
    shown = explorer.controls.pointed.value
    assert shown.count('<img src="data:image/jpeg;base64,') == 1 and "Straße 0 › Product 2" in shown
    assert "&lt;script&gt;" in shown and "<script" not in shown and "<img src=x" not in shown
    assert explorer.selection is before


def test_click_shows_the_neighbours(explorer):
    send(explorer, "plotly_click", [2])
    assert rows(explorer, "chosen") == [2] and rows(explorer, "neighbour") == brute_force(explorer, [2], "flat")
    shown = explorer.controls.gallery.value
    assert shown.count("<figure") == 5 and "<script" not in shown and "<img src=x" not in shown
    for row, distance in zip(explorer.selection["row"][1:], explorer.selection["distance"][1:], strict=True):
        assert f'data-row="{row}"' in shown and f"at {distance:.3f}" in shown
    coordinates = explorer.projections["flat"].coordinates
    np.testing.assert_allclose(on_map(explorer, "chosen"), coordinates[[2]])
    np.testing.assert_allclose(on_map(explorer, "neighbours"), coordinates[rows(explorer, "neighbour")])
    assert explorer.controls.row.value == 2 and len(explorer.history.choices) == 1


def test_frames_and_labels_tell_how_right_each_neighbour_is(explorer):
    explorer.controls.k.value = 39
    send(explorer, "plotly_click", [0])
    shown = explorer.controls.gallery.value
    labels = explorer.catalogue.hierarchy.labels
    for row in range(1, 40):
        verdict = 0 if labels[row, 0] == labels[0, 0] else 1 if labels[row, 1] == labels[0, 1] else 2
        card = shown.split(f'data-row="{row}"')[1].split("</figure>")[0]
        mark, border, name = [
            ("✓", "solid", "same product"),
            ("≈", "dashed", "same category"),
            ("✗", "dotted", "other category"),
        ][verdict]
        assert f"<b>{mark}</b> {name}" in card and f"border:3px {border}" in card and 'alt="' in card


def test_lasso_over_several_items(explorer):
    send(explorer, "plotly_selected", [0, 5, 12, 20])
    assert rows(explorer, "chosen") == [0, 5, 12, 20]
    assert rows(explorer, "neighbour") == brute_force(explorer, [0, 5, 12, 20], "flat")
    assert "<b>4 chosen, by lasso</b>: Straße 0 3, Straße 1 1" in explorer.controls.gallery.value
    assert len(explorer.figure.data[1].selectedpoints) == 4
    send(explorer, "plotly_selected", [7, 8])
    assert rows(explorer, "chosen") == [7, 8]
    lasso = {"selections": [{"xref": "x", "yref": "y", "type": "path", "path": "M0,0L1,0L1,1Z"}]}
    explorer.figure._js2py_relayout = {"relayout_data": lasso, "source_view_id": "a view"}
    sent = []
    explorer.figure.observe(lambda change: sent.append(change["new"]), "_py2js_relayout")
    send(explorer, "plotly_click", [3])
    assert all(trace.selectedpoints is None for trace in explorer.figure.data)
    assert [message["relayout_data"] for message in sent if message] == [{"selections": []}]


def test_an_empty_lasso_says_so_and_changes_nothing(explorer):
    send(explorer, "plotly_click", [3])
    before = explorer.selection
    send(explorer, "plotly_selected", [])
    assert "the lasso holds no item" in explorer.controls.status.value and explorer.selection is before


def test_other_model_answers_for_the_same_items(explorer):
    send(explorer, "plotly_selected", [0, 5])
    explorer.controls.space.value = "hierarchical"
    assert rows(explorer, "chosen") == [0, 5]
    assert rows(explorer, "neighbour") == brute_force(explorer, [0, 5], "hierarchical")
    spots = explorer.projections["hierarchical"].coordinates
    np.testing.assert_allclose(on_map(explorer, "chosen"), spots[[0, 5]])
    send(explorer, "plotly_click", [9])  # the points of the new map know their items
    assert rows(explorer, "chosen") == [9] and "hierarchical" in explorer.controls.gallery.value


def test_colour_and_results(explorer):
    assert explorer.controls.colour.value == "category"
    send(explorer, "plotly_click", [9])
    for colour, classes in (("product", 10), ("colour", 3), ("category", 2)):
        explorer.controls.colour.value = colour
        assert len(np.unique(explorer.figure.data[1].marker.color)) == classes
        assert explorer.figure.data[1].marker.cmax == classes - 1
    assert rows(explorer, "chosen") == [9]
    explorer.controls.k.value = 200
    assert len(rows(explorer, "neighbour")) == 39


def test_filter_of_neighbours_and_map(explorer):
    c = explorer.controls
    send(explorer, "plotly_click", [1])
    c.column.value = "colour"
    assert c.value.options == ("(any)", "(missing)", "blue", "red") and not c.value.disabled
    c.value.value = "red"
    mask = (explorer.catalogue.items["colour"] == "red").to_numpy()
    assert rows(explorer, "neighbour") == brute_force(explorer, [1], "flat", mask=mask)
    assert list(explorer.figure.data[1].customdata) == np.flatnonzero(mask).tolist()
    np.testing.assert_allclose(on_map(explorer, "items"), explorer.projections["flat"].coordinates[mask])
    assert len(on_map(explorer, "all items")) == 40
    c.row.value = 1  # which does not match
    c.next.click()  # walks through what does
    assert rows(explorer, "chosen") == [min(row for row in np.flatnonzero(mask) if row > 1)]
    c.column.value = "(any)"
    assert explorer.filters == {} and len(on_map(explorer, "items")) == 40 and c.value.disabled


def test_text_finds_and_marks_and_is_walked_through(explorer):
    c = explorer.controls
    c.text.value = "PRODUCT 3"
    assert rows(explorer, "chosen") == [3, 13, 23, 33] and len(on_map(explorer, "chosen")) == 4
    for button, row in ((c.next, 3), (c.next, 13), (c.previous, 3), (c.previous, 33), (c.next, 3)):
        button.click()
        assert rows(explorer, "chosen") == [row] and c.row.value == row
    c.text.value = "no such thing <b>"
    assert "&lt;b&gt;" in c.status.value and "no item has" in c.status.value and rows(explorer, "chosen") == [3]
    c.row.value = 20  # not among the found: all are walked through now
    c.next.click()
    assert rows(explorer, "chosen") == [21]
    c.row.value = 39
    c.next.click()
    assert rows(explorer, "chosen") == [0]


def test_back_and_forward(explorer):
    c = explorer.controls
    c.back.click()
    assert "no earlier query" in c.status.value
    send(explorer, "plotly_click", [4])
    send(explorer, "plotly_selected", [5, 6])
    c.text.value = "Product 7"
    c.back.click()
    assert rows(explorer, "chosen") == [5, 6]
    c.back.click()
    assert rows(explorer, "chosen") == [4]
    c.back.click()
    assert "no earlier query" in c.status.value and rows(explorer, "chosen") == [4]
    c.forward.click()
    c.forward.click()
    assert rows(explorer, "chosen") == [7, 17, 27, 37] and len(explorer.history.choices) == 3


def test_keep_and_export(explorer, tmp_path):
    c = explorer.controls
    c.export.click()
    assert "nothing to export" in c.status.value
    c.keep.click()
    assert "nothing to keep" in c.status.value
    send(explorer, "plotly_click", [4])
    c.export.click()
    assert str(tmp_path / "selection.csv") in c.status.value
    written = pd.read_csv(tmp_path / "selection.csv")
    pd.testing.assert_frame_equal(written, explorer.selection, check_dtype=False)
    c.keep.click()
    c.space.value = "hierarchical"
    c.keep.click()
    c.keep.click()
    assert len(explorer.kept) == 12 and explorer.kept["space"].value_counts().to_dict() == {
        "flat": 6,
        "hierarchical": 6,
    }
    assert set(explorer.kept["query"]) == {"row 4"}
    c.export.click()
    assert len(pd.read_csv(tmp_path / "kept.csv")) == 12
    c.clear.click()
    assert explorer.kept.empty


def test_every_control_has_a_label(explorer):
    for control in vars(explorer.controls).values():
        if hasattr(control, "description") and not control.__class__.__name__.startswith("HTML"):
            assert control.description


def test_static_is_a_small_figure_without_a_widget(explorer):
    maps, spaces = explorer.projections, explorer.finder.vectors
    still = Explorer(catalogue(), spaces, maps, k=5, interactive=False, seed=3)
    figure = still.show()
    assert type(figure) is go.Figure and still.figure is None and still.controls is None
    assert len(figure.layout.images) == 6 and len(figure.to_json()) < 200_000
    assert figure.to_json() == Explorer(catalogue(), spaces, maps, k=5, interactive=False, seed=3).show().to_json()
    texts = "".join(note.text for note in still.static(2).layout.annotations)
    assert "<script" not in texts and "&lt;script&gt;" in texts and NASTY[:8] not in texts
    assert still.choose([4])["row"].tolist() == [4, *brute_force(explorer, [4], "flat")]


def test_few_items():
    one = Explorer(catalogue(1), {"a": random_units(1)}, {"a": places(1)})
    one.choose([0])
    assert "no other item matches the filter" in one.controls.gallery.value
    one.controls.next.click()
    assert one.static() is not None


def test_what_does_not_fit_is_refused():
    spaces, maps = {"a": random_units(40)}, {"a": places()}
    with pytest.raises(hr.HrlibError, match="no projection of the space 'a', only of b"):
        Explorer(catalogue(), spaces, {"b": places()})
    with pytest.raises(hr.HrlibError, match=r"a: coordinates of shape \(39, 2\), expected \(40, 2\)"):
        Explorer(catalogue(), spaces, {"a": places(39)})
    with pytest.raises(hr.HrlibError, match="k is 0"):
        Explorer(catalogue(), spaces, maps, k=0)
    with pytest.raises(hr.HrlibError, match="no level or attribute 'size '.*did you mean 'size'"):
        Explorer(catalogue(), spaces, maps, colour="size ")
    with pytest.raises(hr.HrlibError, match="no level 2"):
        Explorer(catalogue(), spaces, maps, colour=2)


def test_a_closed_explorer_leaves_no_widget_and_keeps_what_was_chosen(tmp_path):
    before = set(_instances)
    explorer = Explorer(catalogue(), {"flat": random_units(40, 1)}, {"flat": places()}, k=5, out_dir=tmp_path)
    assert explorer.show() is explorer.show()
    explorer.choose([2], "click")
    explorer.keep()
    assert len(set(_instances) - before) > 50
    explorer.close()
    explorer.close()
    assert set(_instances) == before
    assert isinstance(explorer.show(), go.Figure) and len(explorer.kept) == 6
    explorer.choose([3], "click")
    assert rows(explorer, "chosen") == [3]
