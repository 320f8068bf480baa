"""Photos, shapes, texts and titles of the PNGs lie where they are to be."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from hrlib.explore import neighbour_gallery, to_png
from hrlib.explore.photo_sheet import CELL
from hrlib.explore.theme import VERDICTS, figure
from tests.explore.static.drawing import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    at,
    chart,
    css,
    drawn,
    extent,
    is_near,
)


def test_shapes_annotations_and_title():
    figure = chart(title={"text": "████", "font": {"color": css(GREEN)}, "x": 0.5})
    figure.add_shape(type="rect", x0=2, x1=4, y0=6, y1=8, fillcolor=css(BLUE), line={"width": 0})
    figure.add_vline(x=7, line={"color": css(ORANGE), "width": 4})
    figure.add_annotation(
        x=10, y=0, text="█", font={"color": css(BLACK), "size": 20}, showarrow=False, xanchor="left", xshift=10
    )
    pixels = drawn(figure)
    left, top, right, bottom = extent(pixels, BLUE)
    assert (left, bottom + 1) == pytest.approx(at(2, 6), abs=1) and (right + 1, top) == pytest.approx(at(4, 8), abs=1)
    left, top, right, bottom = extent(pixels, ORANGE)
    assert (left + right) / 2 == pytest.approx(at(7, 0)[0], abs=1) and (top, bottom) == pytest.approx((50, 350), abs=2)
    assert extent(pixels, GREEN)[3] < 50 and (extent(pixels, GREEN)[0] + extent(pixels, GREEN)[2]) / 2 == pytest.approx(
        300, abs=3
    )
    assert extent(pixels, BLACK)[0] == pytest.approx(570, abs=3)


def test_photos_lie_in_their_cells_and_frames_around_them(shop, spaces):
    gallery = neighbour_gallery(shop, {"flat": spaces["flat"]}, [3, 7], k=4)
    pixels = drawn(gallery)
    margin = gallery.layout.margin
    top = gallery.layout.yaxis.range[1]
    for number, image in enumerate(gallery.layout.images):
        left, above = margin.l + image.x * CELL, margin.t + (image.y - top) * CELL
        side = 0.9 * CELL
        cell = pixels[round(above) : round(above + side), round(left) : round(left + side)]
        photo = Image.open(io.BytesIO(base64.b64decode(image.source.split(",")[1])))
        expected = np.asarray(photo.resize(cell.shape[1::-1], Image.Resampling.LANCZOS), float)
        inside = (slice(5, -5), slice(5, -5))  # the frame's line lies over the edge
        alike = np.corrcoef(cell[inside].ravel(), expected[inside].ravel())[0, 1]
        assert alike > 0.9, f"photo {number} is not in its cell"
    frames = [shape for shape in gallery.layout.shapes if shape.type == "rect"]
    for frame in frames:
        column = round(margin.l + frame.x0 * CELL)
        rows = slice(round(margin.t + (frame.y0 - top) * CELL), round(margin.t + (frame.y1 - top) * CELL))
        colour = tuple(int(frame.line.color[n : n + 2], 16) for n in (1, 3, 5))
        share = is_near(pixels[rows, column], colour, 40).mean()
        expected = {"solid": (0.9, 1), "dash": (0.4, 0.75), "dot": (0.35, 0.75)}[frame.line.dash]
        assert expected[0] <= share <= expected[1]
    assert {frame.line.dash for frame in frames} <= {dash for _, dash, _ in VERDICTS.values()}


def test_the_mean_colour_of_an_image_and_its_shape():
    wide = np.zeros((10, 20, 3), np.uint8)
    wide[:] = BLUE
    data = io.BytesIO()
    Image.fromarray(wide).save(data, "PNG")
    figure = chart()
    source = Image.open(io.BytesIO(data.getvalue()))
    figure.add_layout_image(source=source, xref="x", yref="y", x=2, y=8, sizex=4, sizey=4, layer="below")
    left, top, right, bottom = extent(drawn(figure), BLUE)
    assert (left, top) == pytest.approx(at(2, 8), abs=1) and (right + 1) == pytest.approx(at(6, 8)[0], abs=1)
    assert bottom + 1 - top == pytest.approx(100, abs=1)  # twice as wide as high, though there was room


def test_an_image_is_hung_by_its_corner_or_its_middle():
    def place(**anchors):
        figure = chart()
        photo = Image.new("RGB", (20, 10), BLUE)
        figure.add_layout_image(source=photo, xref="x", yref="y", x=5, y=5, sizex=4, sizey=4, layer="below", **anchors)
        return np.array(extent(drawn(figure), BLUE))

    corner, middle = place(), place(xanchor="center", yanchor="middle")
    wide, high = corner[2] - corner[0], corner[3] - corner[1]
    assert middle - corner == pytest.approx(np.array([-wide, -high, -wide, -high]) / 2, abs=1)


def ink(text, **place):
    """left, top, right, bottom of an annotation on a sheet of 400 x 300 pixels."""
    drawn = figure(width=400, height=300, margin=dict.fromkeys("lrtb", 0))
    drawn.add_annotation(
        text=text, xref="paper", yref="paper", x=0.5, y=0.5, font={"size": 20}, showarrow=False, **place
    )
    down, across = np.nonzero(np.asarray(Image.open(io.BytesIO(to_png(drawn))).convert("L")) < 128)
    return across.min(), down.min(), across.max(), down.max()


def test_anchors_and_shifts():
    left, top, right, bottom = ink("HHH", xanchor="left", yanchor="top")
    assert 200 <= left <= 204 and 150 <= top <= 158
    left, top, right, bottom = ink("HHH", xanchor="right", yanchor="bottom")
    assert 196 <= right <= 200 and 140 <= bottom <= 150
    left, top, right, bottom = ink("HHH", xshift=30, yshift=20)
    assert (left + right) / 2 == pytest.approx(230, abs=1.5) and (top + bottom) / 2 == pytest.approx(130, abs=3)


def test_a_text_wider_than_the_sheet_is_shrunk():
    left, _, right, _ = ink("H" * 40, xanchor="left", xshift=-190)
    assert left >= 8 and 380 < right < 400
