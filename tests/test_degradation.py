"""Degraded photos: against PIL and SciPy, by their properties, and what is refused."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter

import hrlib as hr
from hrlib import degradation
from hrlib.degradation import KINDS, degrade, degrade_randomly

RANDOM = ("crop", "scribble", "overlay")


def garments(count=24, size=(64, 48), seed=0):
    """Striped shapes of random colours before a light ground: something to be seen at every scale, as in photos."""
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[0 : size[0], 0 : size[1]] / np.array(size).reshape(2, 1, 1)
    photos = np.full((count, *size, 3), 235.0)
    for photo in photos:
        colours = rng.uniform(0, 255, (2, 3))
        shape = (np.abs(across - 0.5) < rng.uniform(0.2, 0.4)) & (np.abs(down - 0.5) < rng.uniform(0.3, 0.45))
        stripes = np.sin(rng.uniform(10, 80) * down + rng.uniform(-40, 40) * across) > 0
        photo[shape] = np.where(stripes[shape, None], *colours)
    return np.clip(photos + rng.normal(0, 4, photos.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def photos():
    return garments()


def difference(a, b):
    return np.abs(a.astype(float) - b).mean()


def test_it_is_the_library_s():
    assert hr.degrade is degrade


@pytest.mark.parametrize("severity", range(1, 6))
def test_jpeg_is_what_pil_writes_at_that_quality(photos, severity):
    found = degrade(photos, "jpeg", severity)
    for photo, result in zip(photos[:5], found, strict=False):
        data = io.BytesIO()
        Image.fromarray(photo).save(data, "JPEG", quality=degradation.JPEG_QUALITY[severity - 1])
        np.testing.assert_array_equal(result, np.asarray(Image.open(io.BytesIO(data.getvalue()))))


@pytest.mark.parametrize("severity", [2, 5])
def test_blur_is_near_scipy_s_gaussian(photos, severity):
    sigma = degradation.BLUR_SIGMA[severity - 1] * 48
    expected = gaussian_filter(photos.astype(float), (0, sigma, sigma, 0), mode="nearest")
    # PIL's is three boxes in a row; a blur of twice or half that width is ten times as far away
    assert difference(degrade(photos, "blur", severity), expected) < 2


def test_crop_is_a_window_of_the_photo():
    """Each pixel holds its own place: the corners of the window can be read from the photo."""
    size = 201
    ramp = np.zeros((1, size, size, 3), np.uint8)
    ramp[0, :, :, 0] = np.arange(size)
    ramp[0, :, :, 1] = np.arange(size)[:, None]
    for severity in range(1, 6):
        found = degrade(ramp, "crop", severity, seed=3)[0].astype(float)
        for across in (found[100, :, 0], found[:, 100, 1]):
            assert (across[-10] - across[10]) / 180 == pytest.approx(degradation.CROP_SIDE[severity - 1], abs=0.02)


def test_strokes_and_stickers_leave_the_rest_as_it_is(photos):
    for kind, share in (("scribble", 0.75), ("overlay", 0.45)):
        touched = (degrade(photos, kind, 5) != photos).any(axis=-1).mean(axis=(1, 2))
        assert (touched > 0.1).all() and touched.mean() < share


@pytest.mark.parametrize("size", [(64, 48), (96, 96)])
def test_a_sticker_has_its_share_of_the_photo(size):
    plain = np.full((40, *size, 3), 77, np.uint8)
    for severity, share in enumerate(degradation.STICKER_AREA, start=1):
        touched = (degrade(plain, "overlay", severity) != plain).any(axis=-1).mean(axis=(1, 2))
        # the corners are round, and its ends lie on whole pixels
        assert touched.mean() == pytest.approx(share, rel=0.15)


def test_resize_leaves_as_many_pixels_of_a_large_photo_as_of_a_small_one():
    """A photo in checks of a pixel is grey once it has been smaller; checks of many pixels are left."""
    for size, check, seen in ((48, 1, False), (48, 12, True), (192, 4, False), (192, 48, True)):
        down, across = np.indices((size, size)) // check
        checks = ((down + across) % 2 * 255).astype(np.uint8)[None, :, :, None].repeat(3, axis=3)
        assert (degrade(checks, "resize", 4)[0].std() > 60) == seen


@pytest.mark.parametrize("kind", KINDS)
def test_severity_0_changes_nothing_and_gives_a_copy(photos, kind):
    found = degrade(photos, kind, 0)
    np.testing.assert_array_equal(found, photos)
    assert not np.shares_memory(found, photos)


@pytest.mark.parametrize("size", [(64, 48), (20, 33), (112, 112)])
@pytest.mark.parametrize("kind", KINDS)
def test_each_severity_changes_the_photos_more(kind, size):
    photos = garments(size=size)
    before = photos.copy()
    distances = [difference(degrade(photos, kind, severity), photos) for severity in range(6)]
    assert distances[0] == 0 and (np.diff(distances) > 0).all()
    np.testing.assert_array_equal(photos, before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_is_degraded_by_its_position_alone(photos, kind):
    whole = degrade(photos, kind, 3, seed=5)
    assert whole.dtype == np.uint8 and whole.shape == photos.shape
    np.testing.assert_array_equal(degrade(photos, kind, 3, seed=5), whole)
    np.testing.assert_array_equal(degrade(photos[:7], kind, 3, seed=5), whole[:7])
    order = np.random.default_rng(0).permutation(len(photos))
    np.testing.assert_array_equal(degrade(photos[order], kind, 3, seed=5, positions=order), whole[order])


@pytest.mark.parametrize("kind", RANDOM)
def test_seeds_and_photos_differ(photos, kind):
    same = np.repeat(photos[:1], 8, axis=0)
    found = degrade(same, kind, 3)
    assert len({photo.tobytes() for photo in found}) == 8
    assert not (degrade(same, kind, 3, seed=1) == found).all(axis=(1, 2, 3)).any()
    assert not (degrade(same, kind, 3, seed=(0, 1)) == degrade(same, kind, 3, seed=(1, 0))).all(axis=(1, 2, 3)).any()


@given(
    st.sampled_from(KINDS), st.integers(0, 5), st.integers(0, 2**40), st.integers(1, 9), st.integers(1, 40), st.data()
)
def test_photos_of_any_size(kind, severity, seed, high, wide, data):
    if data.draw(st.booleans()):
        high, wide = wide, high
    photos = np.random.default_rng(seed).integers(256, size=(2, high, wide, 3), dtype=np.uint8)
    found = degrade(photos, kind, severity, seed)
    assert found.shape == photos.shape and found.dtype == np.uint8


def test_one_pixel_and_no_photo():
    pixel = np.full((1, 1, 1, 3), 200, np.uint8)
    for kind in KINDS:
        found = degrade(pixel, kind, 5)
        assert found.shape == (1, 1, 1, 3)
        if kind in ("crop", "blur", "resize"):
            np.testing.assert_array_equal(found, pixel)
        assert degrade(np.zeros((0, 8, 6, 3), np.uint8), kind, 5).shape == (0, 8, 6, 3)
    assert degrade_randomly(np.zeros((0, 8, 6, 3), np.uint8)).shape == (0, 8, 6, 3)


def test_grey_photos_stay_grey_where_no_colour_is_added(photos):
    grey = photos.mean(axis=-1, keepdims=True).astype(np.uint8).repeat(3, axis=-1)
    for kind in ("jpeg", "crop", "blur", "resize"):
        found = degrade(grey, kind, 5)
        assert (found == found[..., :1]).all()
    for kind in ("scribble", "overlay"):
        assert (degrade(grey, kind, 5) != degrade(grey, kind, 5)[..., :1]).any()


def test_randomly_degraded_photos_are_left_alone_half_of_the_time():
    same = np.repeat(garments(1, size=(24, 18)), 2000, axis=0)
    alone = (degrade_randomly(same, seed=4) == same).all(axis=(1, 2, 3))
    assert alone.mean() == pytest.approx(0.5, abs=0.05)  # 0.011 is its standard deviation
    assert (degrade_randomly(same[:50], share=0) == same[:50]).all()
    assert not (degrade_randomly(same[:50], share=1) == same[:50]).all(axis=(1, 2, 3)).any()


def test_randomly_degraded_photos_have_every_kind_and_severity_alike():
    """Those kinds that draw no more are recognised by comparing with each of them."""
    count = 3000
    same = np.repeat(garments(1, size=(24, 18)), count, axis=0)
    found = degrade_randomly(same, seed=7, share=1)
    counts = {
        (kind, severity): (found == degrade(same[:1], kind, severity)).all(axis=(1, 2, 3)).sum()
        for kind in ("jpeg", "blur", "resize")
        for severity in range(1, 6)
    }
    # a thirtieth of 3,000 each, with a standard deviation of 10
    assert all(60 < n < 140 for n in counts.values()), counts


def test_randomly_degraded_by_seed_and_position(photos):
    found = degrade_randomly(photos, seed=(2, 9))
    np.testing.assert_array_equal(degrade_randomly(photos, seed=(2, 9)), found)
    np.testing.assert_array_equal(degrade_randomly(photos[:5], seed=(2, 9)), found[:5])
    assert (degrade_randomly(photos, seed=(2, 10)) != found).any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "rain"}, "kind is 'rain': expected one of jpeg, crop, scribble, overlay, blur, resize"),
        ({"severity": 6}, "severity is 6: expected an integer, 0"),
        ({"severity": -1}, "severity is -1"),
        ({"severity": 1.5}, "severity is 1.5"),
        ({"severity": True}, "severity is True"),
        ({"seed": -1}, "seed -1 and position 0: expected integers of 0 or more"),
        ({"positions": [0, 1]}, "2 positions for 24 photos"),
        (
            {"photos": np.zeros((2, 8, 6, 3))},
            r"photos are \(2, 8, 6, 3\) float64: expected an array \(B, H, W, 3\) uint8",
        ),
        ({"photos": np.zeros((8, 6, 3), np.uint8)}, r"photos are \(8, 6, 3\) uint8"),
        ({"photos": np.zeros((2, 0, 6, 3), np.uint8)}, r"photos are \(2, 0, 6, 3\) uint8"),
        ({"photos": [1, 2]}, "photos are list"),
    ],
)
def test_what_is_refused(photos, changes, message):
    with pytest.raises(hr.HrlibError, match=message):
        degrade(**{"photos": photos, "kind": "crop", "severity": 1} | changes)


def test_a_share_that_is_none_is_refused(photos):
    with pytest.raises(hr.HrlibError, match="share is 1.5: expected 0 to 1"):
        degrade_randomly(photos, share=1.5)
