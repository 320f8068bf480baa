"""The explorer's controls: what they offer, and that a number which is shown is not asked for."""

import ipywidgets as widgets
import pytest

from hrlib.explore.controls import ANY, MOST_PHOTOS, Controls, button, labelled
from hrlib.explore.selection import MISSING, Finder
from hrlib.widgets import inside
from tests.evaluation.made_up import random_units
from tests.explore.test_selection import catalogue


@pytest.fixture
def finder():
    return Finder(catalogue(), {"a": random_units(40, 1), "b": random_units(40, 2)})


@pytest.fixture
def controls(finder):
    return Controls(finder, "category", 12)


def test_what_is_offered(finder, controls):
    assert controls.space.options == ("a", "b") and controls.colour.value == "category"
    assert set(controls.column.options) == {ANY, *finder.columns}
    assert controls.k.value == 12 and controls.k.max == MOST_PHOTOS and controls.row.max == 39
    assert Controls(finder, "category", 999).k.max == 999


def test_a_colour_of_too_many_values_is_still_offered(finder, monkeypatch):
    monkeypatch.setattr("hrlib.explore.controls.MOST_VALUES", 5)
    made = Controls(finder, "product", 12)
    assert made.colour.value == "product" and "product" not in made.column.options


def test_the_values_of_a_column(finder, controls):
    assert controls.value.disabled and controls.value.options == (ANY,)
    controls.column.value = "colour"
    controls.offer_values(finder)
    assert not controls.value.disabled and controls.value.options == (ANY, *sorted(["red", "blue", MISSING]))
    controls.value.value = "red"
    controls.column.value = ANY
    controls.offer_values(finder)
    assert controls.value.disabled and controls.value.value == ANY


def test_a_row_can_be_shown_without_asking_for_it(controls):
    seen = []
    controls.row.observe(lambda change: seen.append((change["new"], controls.setting_row)), names="value")
    controls.set_row(7)
    controls.row.value = 8
    assert seen == [(7, True), (8, False)]


def test_all_controls_stand_on_the_page_and_say_what_they_are(controls):
    figure = widgets.HTML("the map")
    box, there = controls.arranged(figure), set()
    todo = [box]
    while todo:
        one = todo.pop()
        there.add(one.model_id)
        todo += getattr(one, "children", ())
    assert {one.model_id for one in (*inside(controls), figure)} <= there
    for one in inside(controls):
        assert isinstance(one, widgets.HTML) or one.description


def test_labels_and_buttons():
    made = labelled(widgets.IntText, "many", 120, value=3)
    assert (made.description, made.layout.width, made.value) == ("many", "120px", 3)
    assert (button("Go", "ahead").description, button("Go", "ahead").tooltip) == ("Go", "ahead")
