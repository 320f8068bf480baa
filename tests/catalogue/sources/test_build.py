import numpy as np
import pandas as pd
import pytest

from hrlib import HrlibError
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.parts import Part

CLASSES = np.repeat(np.arange(8), 3)
ITEMS = pd.DataFrame({"id": [f"{n}.jpg" for n in range(24)], "class": CLASSES, "superclass": CLASSES % 2})
ITEMS["split"] = np.where(CLASSES < 4, "train", "test")


@pytest.fixture
def make(tmp_path):
    def make(photos, items=ITEMS, **settings):
        common = {"size": "full", "seed": 0, "small": (4, 2), "image_size": (8, 8), "workers": 1}
        return build("eight", items, ["class", "superclass"], photos, cache_dir=tmp_path / "cache", **common | settings)

    return make


@pytest.fixture
def members(pack, make_photo, tmp_path):
    folder = pack("eight", {f"{n}.jpg": make_photo(n) for n in range(24) if n != 5})
    archive = Archive.find("eight", Part("eight.zip", "0.jpg"), "", folder, cache_dir=tmp_path / "cache")
    return archive.members(ITEMS["id"])


def test_missing_photos_are_an_error_or_left_out(make, members):
    with pytest.raises(HrlibError, match=r"eight: 1 of 24 photos are missing, the first: 5.jpg. Is this the whole"):
        make(members)
    catalogue = make(members, partial=True, expected={"photos": 1})
    assert len(catalogue) == 23 and "5.jpg" not in set(catalogue.items["id"])
    red = catalogue.images[:][:, 4, 4, 0].astype(int)
    assert np.abs(red - [n * 7 % 256 for n in range(24) if n != 5]).max() < 4  # JPEG
    with pytest.raises(HrlibError, match="24 of 24 photos are missing"):
        make([None] * 24, partial=True)


def test_wrong_counts_say_got_and_expected(make):
    pixels = np.zeros((24, 4, 4), np.uint8)
    right = {"photos": 24, "class": 8, "superclass": 2, "train": 12}
    assert len(make(pixels, expected=right)) == 24
    with pytest.raises(
        HrlibError, match=r"eight: 24 photos, expected 25; 0 val, expected 3\. Is this the whole data set"
    ):
        make(pixels, expected=right | {"photos": 25, "val": 3})


@pytest.mark.parametrize("shape", [(24, 6, 4), (24, 6, 4, 3)])
def test_arrays_of_pixels(make, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    exact = make(pixels, image_size=(6, 4))
    np.testing.assert_array_equal(exact.images[:], np.broadcast_to(pixels.reshape(24, 6, 4, -1), (24, 6, 4, 3)))
    assert make(pixels).images.size == (8, 8)
    assert not np.array_equal(make(255 - pixels, image_size=(6, 4)).images[:], exact.images[:])


def test_small_draws_classes_of_both_parts_and_photos_before_decoding(make):
    pixels = np.broadcast_to(np.arange(24, dtype=np.uint8)[:, None, None], (24, 8, 8))
    small = make(pixels, size="small", seed=3)
    assert small.hierarchy.n_classes == (4, 2) and len(small) == len(small.images.array) == 8
    assert small.items["split"].value_counts().to_dict() == {"train": 4, "test": 4}
    assert [f"{value}.jpg" for value in small.images[:][:, 0, 0, 0]] == small.items["id"].tolist()
    again, other = make(pixels, size="small", seed=3), make(pixels, size="small", seed=4)
    assert again.items.equals(small.items) and not other.items.equals(small.items)
