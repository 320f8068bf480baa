"""Photos that are there twice, against comparisons of all pairs, and planted ones."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from hrlib.catalogue import ImageStore
from hrlib.catalogue.reporting import duplicates
from hrlib.catalogue.reporting.duplicates import ALIKE, CUTS, alike_pairs, divided_pairs, looks, one_colour, same_pixels


def textured(count: int, seed: int = 0, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    """Different photos with coarse and fine detail, (count, *size, 3) uint8."""
    rng = np.random.default_rng(seed)
    coarse = [Image.fromarray(rng.integers(60, 200, (8, 6, 3), np.uint8)).resize(size[::-1]) for _ in range(count)]
    return np.clip(np.stack([np.asarray(one) for one in coarse]) + rng.normal(0, 6, (count, *size, 3)), 0, 255).astype(
        np.uint8
    )


def store(photos: np.ndarray) -> ImageStore:
    return ImageStore.from_array(np.asarray(photos))


def encoded(photo: Image.Image, quality: int = 40) -> Image.Image:
    data = io.BytesIO()
    photo.save(data, "JPEG", quality=quality)
    return Image.open(data).convert("RGB")


def cut(photo: Image.Image, share: float) -> Image.Image:
    width, height = photo.size
    box = (share * width, share * height, (1 - share) * width, (1 - share) * height)
    return photo.resize(photo.size, Image.Resampling.LANCZOS, box)


CHANGES = {
    "encoded again": encoded,
    "half as large": lambda photo: photo.resize((24, 32), Image.Resampling.LANCZOS).resize(photo.size),
    "brighter": lambda photo: ImageEnhance.Brightness(photo).enhance(1.15),
    "darker": lambda photo: ImageEnhance.Brightness(photo).enhance(0.8),
    "less contrast": lambda photo: ImageEnhance.Contrast(photo).enhance(0.8),
    "cut by 1%": lambda photo: cut(photo, 0.01),
    "cut by 2%": lambda photo: cut(photo, 0.02),
    "cut by 3%": lambda photo: cut(photo, 0.03),
    "cut and encoded": lambda photo: encoded(cut(photo, 0.03), 60),
}


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_same_pixels_gives_the_first_of_equal_photos(kinds):
    photos = textured(6, size=(8, 6))[kinds]
    expected = [kinds.index(kind) for kind in kinds]
    assert same_pixels(store(photos)).tolist() == expected


@pytest.mark.parametrize("size", [(64, 48), (16, 16), (40, 64), (5, 7)])
def test_a_product_of_looks_of_grey_photos_is_that_of_their_gradients(size):
    photos = np.repeat(textured(5, size=size)[..., :1], 3, axis=-1)
    small = [Image.fromarray(photo).resize((16, 16), Image.Resampling.BOX) for photo in photos]
    small = np.stack([np.asarray(one, dtype=float)[..., 0] for one in small])
    gradients = np.concatenate([np.diff(small, axis=axis).reshape(5, -1) for axis in (1, 2)], axis=1)
    gradients /= np.linalg.norm(gradients, axis=1, keepdims=True)
    np.testing.assert_allclose(looks(store(photos)) @ looks(store(photos)).T, gradients @ gradients.T, atol=1e-5)


def test_colour_counts_and_brightness_does_not():
    photos = textured(3) // 2
    vectors = looks(store(photos))
    np.testing.assert_allclose((looks(store(photos + 40)) * vectors).sum(axis=1), 1, atol=3e-3)
    np.testing.assert_allclose((looks(store(2 * photos)) * vectors).sum(axis=1), 1, atol=3e-3)  # means are rounded
    assert ((looks(store(photos[..., ::-1])) * vectors).sum(axis=1) < ALIKE).all()


@pytest.mark.parametrize("change", CHANGES)
def test_a_planted_copy_is_found_and_nothing_else(change):
    photos = textured(40)
    copies = [np.asarray(CHANGES[change](Image.fromarray(photo))) for photo in photos[:5]]
    pairs = alike_pairs(store(np.concatenate([photos, copies])))
    assert set(zip(pairs["row"], pairs["other"], strict=True)) == {(row, 40 + row) for row in range(5)}
    assert pairs["similarity"].is_monotonic_decreasing and pairs["similarity"].between(ALIKE, 1).all()


def compared(photos: np.ndarray) -> np.ndarray:
    """(N, N): how alike all photos are, each seen as it is and cut, both ways; -1 for a photo and itself."""
    views = [looks(store(photos), cut) for cut in CUTS]
    one_way = np.max([view @ views[0].T for view in views], axis=0)
    np.fill_diagonal(one_way, -1)
    return one_way


@pytest.mark.parametrize("chunk", [7, 1000])
def test_each_photo_is_paired_with_the_most_alike(chunk, monkeypatch):
    monkeypatch.setattr(duplicates, "CHUNK", chunk)
    photos = textured(30, seed=1)
    photos[15:] = np.clip(photos[:15] * 0.7 + photos[15:] * 0.3, 0, 255)
    pairs, table = alike_pairs(store(photos), alike=0.5), compared(photos)
    assert {*pairs["row"], *pairs["other"]} == set(
        np.flatnonzero((table.max(axis=1) >= 0.5) | (table.max(axis=0) >= 0.5))
    )
    for row in np.flatnonzero(table.max(axis=1) >= 0.5):
        best = table[row].max()
        mine = pairs[(pairs["row"] == row) | (pairs["other"] == row)]
        assert mine["similarity"].max() >= best - 1e-5
    for pair in pairs.itertuples():
        assert pair.similarity == pytest.approx(max(table[pair.row, pair.other], table[pair.other, pair.row]), abs=1e-5)


def test_across_parts_only_pairs_of_two_parts():
    photos = textured(12)
    again = [np.asarray(encoded(Image.fromarray(photo))) for photo in photos[:4]]
    less = np.asarray(cut(Image.fromarray(photos[5]), 0.03))
    photos = np.concatenate([photos, again, photos[:1], less[None]])
    # 0 and 12 in one part; 1 and 13 in two; 2 and 14 in two; 3 in none; 16 has the pixels of 0, in another part; 17 is 5, cut
    part = np.array(["train"] * 12 + ["train", "test", "val", "test", "test", "test"], dtype=object)
    part[3] = None
    pairs = divided_pairs(store(photos), part, alike_pairs(store(photos)))
    assert set(zip(pairs["row"], pairs["other"], strict=True)) == {(1, 13), (2, 14), (0, 16), (12, 16), (5, 17)}
    assert pairs["similarity"][0] == pytest.approx(1) and (part[pairs["row"]] != part[pairs["other"]]).all()


@pytest.mark.parametrize(
    "photos", [textured(1), np.repeat(textured(1), 9, axis=0), np.full((5, 20, 20, 3), 255, np.uint8)]
)
def test_with_nothing_to_compare_there_are_no_pairs(photos):
    pairs = alike_pairs(store(photos))
    assert list(pairs) == ["row", "other", "similarity"] and not len(pairs)
    for part in ("one", None):
        assert not len(divided_pairs(store(photos), np.array([part] * len(photos), dtype=object), pairs))


def test_photos_of_one_colour():
    photos = np.concatenate([textured(2, size=(9, 8)), np.full((2, 9, 8, 3), (7, 90, 200), np.uint8)])
    photos[3] = 90
    assert one_colour(store(photos)).tolist() == [False, False, True, True]
    assert not looks(store(photos))[3].any()
