"""What the demo asks with: the file as it came, unless something was done with it by hand."""

import io

import numpy as np
import pytest
from PIL import Image

from hrlib import BadImage, HrlibError
from hrlib.explore.search_canvas import scribbled
from hrlib.explore.search_query import PhotoQuery
from hrlib.search import Item

PIXELS = np.random.default_rng(0).integers(0, 255, (30, 40, 3), dtype=np.uint8)
STROKE = {"points": [[5, 5], [20, 20]], "colour": "#ff0000", "width": 3}


def encoded():
    data = io.BytesIO()
    Image.fromarray(PIXELS).save(data, "PNG")
    return data.getvalue()


def test_a_file_is_asked_with_as_it_came():
    query = PhotoQuery.of_file("a.png", encoded())
    np.testing.assert_array_equal(query.pixels, PIXELS)
    assert query.asked == encoded() and query.name == "a.png" and query.item is None
    with pytest.raises(BadImage, match="b.txt"):
        PhotoQuery.of_file("b.txt", b"no photo")


def test_an_item_is_asked_with_by_its_id_and_a_bare_photo_by_its_pixels():
    assert PhotoQuery(PIXELS, "item 7", item=7).asked == Item(7)
    assert PhotoQuery(PIXELS, "a photo").asked is PIXELS


def test_scribbles_are_asked_with_and_a_crop_is_passed_on():
    query = PhotoQuery(PIXELS, "item 7", item=7).with_marks([2, 3, 12, 23], [STROKE])
    drawn = scribbled(PIXELS, [STROKE])
    np.testing.assert_array_equal(query.asked, drawn)
    np.testing.assert_array_equal(query.seen, drawn[3:23, 2:12])
    assert query.crop == (2, 3, 12, 23)
    again = query.with_marks([], [])
    assert again.crop is None and again.asked == Item(7)
    np.testing.assert_array_equal(again.seen, PIXELS)
    assert query.crop is not None, "the first one is as it was"


@pytest.mark.parametrize("crop", [[1, 2, 3], ["a", 1, 2, 3], [float("nan")] * 4, None, [float("inf"), 1, 2, 3]])
def test_what_is_no_box_is_refused(crop):
    with pytest.raises(HrlibError, match="the box is .*expected left, top, right, bottom; draw it anew"):
        PhotoQuery(PIXELS, "x").with_marks(crop, [])
