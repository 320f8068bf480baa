"""The veil over a photo against plain products, cell by cell; markup in words; photos that are not square."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hrlib as hr
from hrlib.explore import to_png, word_map

WORDS = ["<b>mug</b>", "red"]


def unit(x):
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def seen(shop):
    rng = np.random.default_rng(0)
    return unit(rng.normal(size=(len(shop), 16, 8))), unit(rng.normal(size=(2, 8)))


def dark(shape):
    return float(shape.fillcolor.split(",")[-1].rstrip(")"))


def test_cells_against_a_loop(shop, seen):
    cells, vectors = seen
    items = [3, 20, 35]
    figure = word_map(shop, cells, WORDS, vectors, items)
    alike = np.array(
        [
            [
                [sum(float(a) * float(b) for a, b in zip(cell, word, strict=True)) for cell in cells[i]]
                for word in vectors
            ]
            for i in items
        ]
    )
    low, high = alike.min(), alike.max()
    assert f"{low:.2f} dark, {high:.2f} clear" in figure.layout.title.text
    assert len(figure.layout.images) == 3 * 3 and len(figure.layout.shapes) == 3 * 2 * 16
    photos = iter(figure.layout.images)
    shapes = iter(figure.layout.shapes)
    for item in range(3):
        next(photos)  # as it is
        for word in range(2):
            photo, drawn = next(photos), [next(shapes) for _ in range(16)]
            # where the veil lies says which cell it is of
            places = [
                4 * round((s.y0 - photo.y) / photo.sizey * 4) + round((s.x0 - photo.x) / photo.sizex * 4) for s in drawn
            ]
            assert sorted(places) == list(range(16))
            found = np.array([dark(s) for s, _ in sorted(zip(drawn, places, strict=True), key=lambda pair: pair[1])])
            assert np.allclose(found, 0.85 * (high - alike[item, word]) / (high - low), atol=2e-3)
            framed = [place for s, place in zip(drawn, places, strict=True) if s.line.width]
            assert framed == [alike[item, word].argmax()] and drawn[-1].line.width  # and nothing lies above the frame
            below = f"{alike[item, word].min():.2f} to {alike[item, word].max():.2f}"
            assert below in [note.text for note in figure.layout.annotations]


def test_markup_in_words_is_shown_as_text(shop, seen):
    texts = [note.text for note in word_map(shop, *seen[:1], WORDS, seen[1], [0]).layout.annotations]
    assert "<b>&lt;b&gt;mug&lt;/b&gt;</b>" in texts and not any("<b>mug" in text for text in texts)


def test_the_veil_lies_on_a_photo_that_is_not_square():
    items = pd.DataFrame({"id": [0], "kind": ["a"]})
    pixels = np.full((1, 40, 20, 3), 255, np.uint8)
    shop = hr.Catalogue("tall", items, hr.ImageStore.from_array(pixels), hr.Hierarchy.from_frame(items, ["kind"]))
    cells = np.zeros((1, 4, 2), np.float32)
    cells[0, :3] = (0, 1)
    cells[0, 3] = (1, 0)  # the lower right cell
    figure = word_map(shop, cells, ["a"], np.array([[1, 0]], np.float32), [0])
    photo, shapes = figure.layout.images[1], figure.layout.shapes
    assert min(s.x0 for s in shapes) == pytest.approx(photo.x) and min(s.y0 for s in shapes) == pytest.approx(photo.y)
    assert max(s.x1 for s in shapes) == pytest.approx(photo.x + photo.sizex / 2)
    assert max(s.y1 for s in shapes) == pytest.approx(photo.y + photo.sizey)
    assert dark(shapes[-1]) == 0 and all(dark(s) == 0.85 for s in shapes[:-1])
    # and so it is drawn: the white photo is dark but for a quarter of its own area
    drawn = np.asarray(Image.open(io.BytesIO(to_png(figure, width=figure.layout.width))).convert("L"))
    grey = (drawn > 20) & (drawn < 60)
    assert grey.sum() == pytest.approx(0.75 * (0.9 * 112) ** 2 / 2, rel=0.1)


def test_one_cell_and_words_that_say_nothing(shop, seen):
    cells, vectors = seen
    figure = word_map(shop, cells[:, :1], WORDS[:1], vectors[:1], [5])
    assert [dark(shape) for shape in figure.layout.shapes] == [0]  # no range, no veil
    assert to_png(figure, width=figure.layout.width)[:4] == b"\x89PNG"


def test_what_cannot_be_drawn_is_said(shop, seen):
    cells, vectors = seen
    for bad in (cells[:, 0], cells[:, :15], cells[:, :0], cells[:10]):
        with pytest.raises(hr.HrlibError, match="square grid"):
            word_map(shop, bad, WORDS, vectors, [0])
    for words, said, items in (
        ([], vectors[:0], [0]),
        (WORDS, vectors, []),
        ("mug", vectors, [0]),
        (["a"], vectors, [0]),
    ):
        with pytest.raises(hr.HrlibError, match=r"items|expected"):
            word_map(shop, cells, words, said, items)
    with pytest.raises(hr.HrlibError):
        word_map(shop, cells, WORDS, vectors, [36])
    with pytest.raises(hr.HrlibError, match="unit"):
        word_map(shop, 2 * cells, WORDS, vectors, [0])
