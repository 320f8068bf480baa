"""Photos decoded some at a time: in order, at one size, and each bad one with its reason at its place."""

import errno
import io
import os

import numpy as np
import pytest
from PIL import Image

from hrlib import BadImage
from hrlib.catalogue.decoding import CHUNK, decoded
from hrlib.catalogue.images import decode, resize
from hrlib.catalogue.store import build_store

SIZE = (4, 6)


def read(number):
    """A photo of the final size that has its number in all pixels; of each kind of reason one that cannot be read."""
    if number == CHUNK + 1:
        raise BadImage("it is none")
    if number == 2:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "x.jpg")
    if number == 3:
        raise OSError("without a number")
    return np.full((*SIZE, 3), number, np.uint8)


REASONS = {2: "No such file or directory", 3: "without a number", CHUNK + 1: "it is none"}


@pytest.mark.parametrize("workers", [1, 2])
def test_in_order_with_the_reasons_of_bad_ones_by_their_place_in_the_part(workers):
    parts = list(decoded(range(2 * CHUNK + 5), read, SIZE, "pad", workers))
    assert [len(pixels) for pixels, _ in parts] == [CHUNK, CHUNK, 5]
    assert [bad for _, bad in parts] == [{2: REASONS[2], 3: REASONS[3]}, {1: REASONS[CHUNK + 1]}, {}]
    pixels = np.concatenate([pixels for pixels, _ in parts])
    expected = np.array([0 if number in REASONS else number for number in range(len(pixels))])
    assert (pixels == expected[:, None, None, None]).all() and pixels.dtype == np.uint8


def test_a_store_lists_them_by_their_row(tmp_path):
    settings = {"fingerprint": "numbers", "size": SIZE, "cache_dir": tmp_path, "workers": 1, "on_bad": "skip"}
    store, bad = build_store(range(2 * CHUNK + 5), read, **settings)
    assert bad == {row: f"{row}: {reason}" for row, reason in REASONS.items()}
    assert store[2 * CHUNK].max() == store[2 * CHUNK].min() == 2 * CHUNK and not store[CHUNK + 1].any()


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
def test_files_and_images_are_decoded_and_brought_to_the_size(fit):
    image, file = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)), io.BytesIO()
    image.save(file, "PNG")
    given = [file.getvalue(), image, b"no photo"]
    ((pixels, bad),) = decoded(range(3), given.__getitem__, SIZE, fit, 1)
    expected = resize(decode(file.getvalue()), SIZE, fit)
    assert (pixels[0] == expected).all() and (pixels[1] == expected).all() and not pixels[2].any()
    assert list(bad) == [2] and bad[2].startswith("not a JPEG, PNG or WEBP picture")


def test_nothing_gives_nothing():
    assert list(decoded([], read, SIZE, "pad", None)) == []
