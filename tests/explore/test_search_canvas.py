"""Strokes on a photo, and the messages of the canvas."""

import numpy as np
import pytest

from hrlib.errors import BadImage
from hrlib.explore.search_canvas import SHOWN_SIDE, Canvas, scribbled, uploaded


def test_strokes_cover_what_lies_within_half_their_width():
    """Against the distance of each pixel to the line, but for a rim of a pixel and a half."""
    white = np.full((60, 80, 3), 255, np.uint8)
    points, width = [[10, 12], [60, 40], [20, 50]], 10
    drawn = scribbled(white, [{"points": points, "colour": "#102030", "width": width}])
    y, x = np.mgrid[:60, :80]
    spots = np.stack([x, y], -1).astype(float)
    distance = np.full((60, 80), np.inf)
    for a, b in zip(np.array(points[:-1], float), np.array(points[1:], float), strict=True):
        along = np.clip(((spots - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
        distance = np.minimum(distance, np.linalg.norm(spots - (a + along[..., None] * (b - a)), axis=-1))
    inked = (drawn == (16, 32, 48)).all(axis=-1)
    assert inked[distance < width / 2 - 1.5].all() and not inked[distance > width / 2 + 1.5].any()
    assert (white == 255).all()  # the photo itself is left alone


def test_a_dot_later_strokes_and_none():
    photo = np.zeros((20, 20, 3), np.uint8)
    np.testing.assert_array_equal(scribbled(photo, []), photo)
    dot = {"points": [[10, 10]], "colour": "#ffffff", "width": 6}
    over = {"points": [[10, 10]], "colour": "#ff0000", "width": 2}
    drawn = scribbled(photo, [dot, over])
    assert (drawn[10, 10] == (255, 0, 0)).all() and (drawn[10, 8] == 255).all() and (drawn[0, 0] == 0).all()


def test_a_large_photo_is_made_small_for_the_browser_and_keeps_its_size():
    canvas = Canvas(crop=[1, 2, 3, 4], strokes=[{"points": [[1, 1]], "colour": "#fff", "width": 2}])
    canvas.show(np.zeros((1000, 3000, 3), np.uint8), "a photo")
    assert canvas.size == (3000, 1000) and len(canvas.photo) < 100_000 and canvas.alt == "a photo"
    assert canvas.crop == [] and canvas.strokes == [] and SHOWN_SIDE < 3000


def test_messages():
    assert uploaded({"name": "a.png", "bytes": 3}, [memoryview(b"abc")]) == ("a.png", b"abc")
    with pytest.raises(BadImage, match=r"b.png: 20.0 MB, more than the 9 MB"):
        uploaded({"name": "b.png", "bytes": 20_000_000}, [])
