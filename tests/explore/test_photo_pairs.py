"""Pairs of photos that look the same: both photos, how similar they are, and whether their classes differ."""

import pandas as pd

from hrlib.explore.photo_pairs import ACROSS, photo_pairs
from hrlib.explore.photo_sheet import jpeg
from hrlib.explore.theme import VERDICTS


def pairs(*rows):
    return pd.DataFrame(rows, columns=["row", "other", "similarity"])


def test_each_pair_stands_side_by_side_with_its_classes(shop):
    sheet = photo_pairs(shop, pairs((0, 12, 0.987), (3, 4, 0.95)), "<b>two</b>")
    assert sheet.layout.title.text == "&lt;b&gt;two&lt;/b&gt;"
    assert [image.source for image in sheet.layout.images] == [jpeg(shop.images[row]) for row in (0, 12, 3, 4)]
    (left, right, *_), texts = sheet.layout.images, [note.text for note in sheet.layout.annotations]
    assert (right.x - left.x, right.y - left.y) == (1, 0)
    assert texts[:2] == ["0.99, one class", "&lt;b&gt;0&lt;/b&gt;"], "rows 0 and 12 are of one product"
    assert texts[2:] == ["0.95, two classes", "&lt;b&gt;3&lt;/b&gt;", "&lt;b&gt;4&lt;/b&gt;"]
    colours = [note.font.color for note in sheet.layout.annotations]
    assert colours == [None, None, VERDICTS["other"][0], None, None]


def test_pairs_stand_in_rows(shop):
    sheet = photo_pairs(shop, pairs(*((row, row + 1, 1.0) for row in range(ACROSS + 1))))
    first = sheet.layout.images[::2]
    assert len({image.y for image in first[:ACROSS]}) == 1 and first[ACROSS].y > first[0].y
    assert len({image.x for image in first[:ACROSS]}) == ACROSS and first[ACROSS].x == first[0].x
    one = photo_pairs(shop, pairs((0, 1, 1.0)))
    assert one.layout.height < sheet.layout.height and one.layout.width < sheet.layout.width


def test_no_pairs(shop):
    assert len(photo_pairs(shop, pairs(), "none").layout.images) == 0
