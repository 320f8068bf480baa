"""The search demo's controls: filters that come from the metadata, and what they choose."""

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest

from hrlib.explore.search_controls import BESIDE, SearchControls
from hrlib.widgets import inside

METADATA = pd.DataFrame(
    {
        "colour": ["red", "blue", None, "red"],
        "price": [1.5, np.nan, 9.0, 3.0],
        "stock": pd.array([3, 1, None, 2], dtype="Int64"),
        "brand": ["the same"] * 4,
        "new": [True, False, True, None],
        "note": [None] * 4,
    }
)


@pytest.fixture
def controls():
    return SearchControls(["flat", "other"], 8, METADATA, ["shoes", "boot"], texts=True)


def test_a_column_with_a_choice_has_a_filter_of_its_kind(controls):
    kinds = {name: type(control) for name, control in controls.filters.items()}
    assert kinds == {
        "colour": widgets.SelectMultiple,
        "price": widgets.FloatRangeSlider,
        "stock": widgets.IntRangeSlider,
        "new": widgets.SelectMultiple,
    }
    assert [value for _, value in controls.filters["colour"].options] == ["blue", "red"]
    price, stock = controls.filters["price"], controls.filters["stock"]
    assert (price.min, price.max, stock.min, stock.max) == (1.5, 9, 1, 3)


def test_only_what_is_narrowed_is_a_filter(controls):
    assert controls.where() == {}
    controls.filters["colour"].value = ["red"]
    controls.filters["stock"].value = (2, 3)
    controls.filters["new"].value = [True]
    assert controls.where() == {"colour": ["red"], "stock": (2, 3), "new": [True]}


def test_too_many_values_are_no_choice(monkeypatch):
    monkeypatch.setattr("hrlib.explore.search_controls.MOST_VALUES", 1)
    assert "colour" not in SearchControls(["flat"], 8, METADATA, []).filters


def test_one_model_is_no_choice_and_words_are_offered_where_they_are_taken(controls):
    alone = SearchControls(["flat"], 8, METADATA, [])
    assert alone.space.options == ("flat",) and controls.space.options == (BESIDE, "flat", "other")
    assert len(controls.hint) > len(alone.hint)


def test_all_that_is_arranged_says_what_it_is(controls):
    todo, there = [controls.arranged()], set()
    while todo:
        one = todo.pop()
        there.add(one.model_id)
        todo += getattr(one, "children", ())
    buttons = [one for one in inside(controls) if isinstance(one, widgets.Button | widgets.ToggleButton)]
    assert buttons and all(one.model_id in there and one.description and one.tooltip for one in buttons)
