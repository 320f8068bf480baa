"""What is known of items: by the store, the catalogue, and for those that were added; nothing is left behind by a change."""

import numpy as np
import pytest

from hrlib import HrlibError
from hrlib.search.visual.added import COLUMN
from tests.search.visual.small import small_stock, vectors

GREY = np.full((8, 6, 3), 99, np.uint8)


@pytest.fixture
def stock():
    return small_stock(["brand"])


def test_the_nearest_with_their_vectors_and_metadata(stock):
    x = vectors()
    near = stock.near(x[3], 5, {"category": "category 1"})
    expected = [row for row in np.argsort(-(x @ x[3])) if row % 2][:5]
    assert near.ids == [f"sku {row}" for row in expected] and len(near) == 5
    np.testing.assert_allclose(near.similarities, x[expected] @ x[3], atol=1e-6)
    np.testing.assert_array_equal(near.vectors, x[expected])
    some = near.taken([4, 0])
    assert some.ids == [near.ids[4], near.ids[0]] and some.frame["product"].iloc[1] == near.frame["product"].iloc[0]


def test_what_is_known_of_an_item(stock):
    vector, record = stock.get("sku 7")
    np.testing.assert_array_equal(vector, vectors()[7])
    assert record == {"product": "product 7", "category": "category 1", "colour": "blue", "brand": "brand 2"}
    assert "colour" not in stock.get("sku 5")[1], "what is missing is not in it"
    assert stock.photo("sku 7")[0, 0].tolist() == [70] * 3
    with pytest.raises(HrlibError, match="'sku 99' is an item neither of the store nor of the catalogue"):
        stock.get("sku 99")


def test_an_item_of_the_catalogue_alone_has_no_vector(stock):
    assert stock.remove(["sku 7", "none"]) == 1
    vector, record = stock.get("sku 7")
    assert vector is None and record["product"] == "product 7" and stock.photo("sku 7")[0, 0, 0] == 70


def test_an_added_item_is_what_was_given_and_its_photo_goes_with_it(stock):
    for id in ("new", "twin"):
        stock.put(id, vectors()[0], GREY, stock.checked({"product": "product 3", "colour": "green"}))
    _, record = stock.get("new")
    digest = record.pop(COLUMN)
    assert record == {"product": "product 3", "category": "category 1", "colour": "green"}
    np.testing.assert_array_equal(stock.photo("new"), GREY)
    stock.remove(["new"])
    np.testing.assert_array_equal(stock.added.get(digest), GREY)  # the other item has the same pixels
    stock.remove(["twin"])
    with pytest.raises(HrlibError, match="photo of an added item is missing"):
        stock.added.get(digest)


def test_an_item_that_is_replaced_is_not_completed_from_the_catalogue(stock):
    stock.put("sku 7", vectors()[0], GREY, stock.checked({}))
    assert set(stock.get("sku 7")[1]) == {COLUMN}


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ([1], "metadata is a list: expected a mapping"),
        ({"color": "red"}, "'color' is no column of the catalogue or the store; did you mean 'colour'"),
        ({"colour": ["red"]}, "'colour' is .*expected one value"),
        ({"product": "product 9"}, "product 'product 9' is no class of the catalogue"),
        ({COLUMN: "0" * 32}, f"'{COLUMN}' is no column"),
    ],
)
def test_metadata_that_do_not_fit_are_refused(stock, metadata, says):
    with pytest.raises(HrlibError, match=says):
        stock.checked(metadata)
