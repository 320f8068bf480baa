"""Several models' searches over the same items: held to be the same, changed together, told apart by id."""

from dataclasses import replace

import numpy as np
import pytest

import hrlib as hr
from hrlib.explore.several_searches import SeveralSearches
from hrlib.search import VisualSearch
from tests.explore.test_search_demo import catalogue, photo, searches


def test_searches_that_do_not_go_together_are_refused():
    found = searches(catalogue(8))
    with pytest.raises(hr.HrlibError, match="no searches"):
        SeveralSearches({})
    with pytest.raises(hr.HrlibError, match="'a' and 'b' have the same store"):
        SeveralSearches({"a": found["flat"], "b": found["flat"]})
    found["other"].remove(["sku-03"])
    with pytest.raises(hr.HrlibError, match="the stores of 'flat' and 'other' hold different items"):
        SeveralSearches(found)


def test_an_item_is_added_to_all_stores_or_none_and_removed_from_all():
    items = SeveralSearches(searches(catalogue(8)))
    for id, category, says in (("sku-01", "", "taken"), ("  ", "", "empty"), ("new", "product 99", "no class")):
        with pytest.raises(hr.HrlibError, match=says):
            items.add(id, photo(), category)
    items.by_name["other"].model.head.bias.data[0] = np.nan
    with pytest.raises(hr.HrlibError, match="NaN"):
        items.add("new", photo(), "")
    assert items.added == [] and all(len(search.store) == 8 for search in items.by_name.values())
    items.by_name["other"].model.head.bias.data[0] = 0
    items.add("new", photo(), "product 03")
    category = items.metadata().loc["sku-03", "category"]  # the coarser class is filled in
    assert items.added == ["new"] and items.metadata().loc["new", ["product", "category"]].tolist() == [
        "product 03",
        category,
    ]
    assert all("new" in search.store.ids() for search in items.by_name.values())
    items.remove("new")
    assert items.added == [] and all(len(search.store) == 8 for search in items.by_name.values())
    with pytest.raises(hr.HrlibError, match="'sku-01' was not added here"):
        items.remove("sku-01")


def test_numbers_and_their_texts_are_two_items():
    shop = catalogue(4)
    shop = replace(shop, items=shop.items.assign(id=[7, "7", 8, "9"]))
    items = SeveralSearches({"flat": VisualSearch.index(hr.models.image_encoder("small", dim=8, seed=0), shop)})
    assert items.id_of(7) == 7 and items.id_of("7") == "7" and items.id_of("8") == 8
    with pytest.raises(hr.HrlibError, match="no item '10'"):
        items.id_of("10")
