"""The sheet of photos: where photos, frames and texts lie, what is cut and escaped, and the size of its cells."""

import base64
import io

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from hrlib.explore.photo_sheet import CELL, add_photo, add_text, finish, jpeg, shortened
from hrlib.explore.theme import VERDICTS, figure

GREY = np.full((6, 8, 3), 120, np.uint8)


def test_a_photo_is_a_jpeg_of_its_pixels():
    kind, _, data = jpeg(GREY).partition(",")
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert kind == "data:image/jpeg;base64" and picture.format == "JPEG" and picture.size == (8, 6)
    assert np.abs(np.asarray(picture).astype(int) - 120).max() <= 2


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_is_told_by_colour_dash_and_mark(verdict):
    sheet, (colour, dash, mark) = go.Figure(), VERDICTS[verdict]
    add_photo(sheet, 2, 3, GREY, verdict)
    (frame,), (note,) = sheet.layout.shapes, sheet.layout.annotations
    assert (frame.line.color, frame.line.dash) == (colour, dash)
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (2, 2.9, 3, 3.9)
    assert note.text == f"<b>{mark}</b>" and note.font.color == colour and note.y > frame.y1


def test_without_a_verdict_there_is_a_photo_and_no_more():
    sheet = go.Figure()
    add_photo(sheet, 1, 0, GREY)
    (image,) = sheet.layout.images
    assert (image.x, image.y, image.sizex, image.sizey) == (1, 0, 0.9, 0.9)
    assert not sheet.layout.shapes and not sheet.layout.annotations


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("abcde", 5, "abcde"),
        ("abcdef", 5, "abcd…"),
        ("<b>a", 9, "&lt;b&gt;a"),
        ("a&<i>", 3, "a&amp;…"),  # cut before it is escaped: no half of an entity
        ("", 3, ""),
    ],
)
def test_texts_are_cut_and_markup_is_text(text, length, shown):
    assert shortened(text, length) == shown


@pytest.mark.parametrize("cell", [CELL, 112])
def test_a_cell_has_its_pixels(cell):
    sheet = finish(figure(), columns=4, rows=3, left=50, cell=cell)
    inside = sheet.layout.width - 50 - 10, sheet.layout.height - sheet.layout.margin.t - sheet.layout.margin.b
    assert inside[0] / np.ptp(sheet.layout.xaxis.range) == pytest.approx(cell, abs=0.3)
    assert inside[1] / np.ptp(sheet.layout.yaxis.range) == pytest.approx(cell, abs=0.3)
    assert sheet.layout.yaxis.range[0] > sheet.layout.yaxis.range[1], "y goes down"


def test_a_text_lies_where_it_is_told():
    sheet = go.Figure()
    add_text(sheet, 1, 2, "a", anchor="right", size=9, shift=-10)
    (note,) = sheet.layout.annotations
    assert (note.x, note.y, note.xanchor, note.xshift, note.font.size) == (1, 2, "right", -10, 9)
    assert note.font.color is None, "the theme's"
