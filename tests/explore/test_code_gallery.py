"""Codes as sheets of photos and titles."""

import numpy as np
import pytest

import hrlib as hr
from hrlib.evaluation import code_counts, nearest_to_codes
from tests.tiny import tiny_shop


def unit(count, seed):
    x = np.random.default_rng(seed).normal(size=(count, 5)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def shop():
    return tiny_shop()


CODES, PHOTOS = unit(6, 0), unit(120, 1)
TITLES = [f"<b>title</b> {n % 30}" for n in range(120)]


def texts_of(figure):
    return [note.text for note in figure.layout.annotations]


def test_each_code_has_its_photos_its_titles_once_and_its_counts(shop):
    figure = hr.explore.code_gallery(shop, TITLES, CODES, PHOTOS, PHOTOS, chosen=[4, 1], photos=5, lines=3)
    assert len(figure.layout.images) == 2 * 5
    texts, counts = texts_of(figure), code_counts(CODES, PHOTOS)
    for code in (4, 1):
        start = texts.index(f"<b>code {code}</b>")
        assert texts[start + 1 : start + 3] == [f"{counts[code]} photos", f"{counts[code]} texts"]
        nearest = nearest_to_codes(CODES[[code]], PHOTOS, PHOTOS, 30)[1][0]
        expected = list(dict.fromkeys(f"&lt;b&gt;title&lt;/b&gt; {n % 30}" for n in nearest))[:3]
        assert texts[start + 3 : start + 6] == expected
    assert hr.explore.to_png(figure)[:4] == b"\x89PNG"


def test_of_itself_it_takes_the_codes_of_the_most_photos(shop):
    texts = texts_of(hr.explore.code_gallery(shop, TITLES, CODES, PHOTOS, PHOTOS, chosen=2))
    most = np.argsort(-code_counts(CODES, PHOTOS), kind="stable")[:2]
    assert [text for text in texts if text.startswith("<b>code")] == [f"<b>code {code}</b>" for code in most]


def test_more_is_asked_for_than_there_is(shop):
    small = shop.subset([0, 1, 2])
    figure = hr.explore.code_gallery(small, ["one"] * 2, CODES, PHOTOS[:3], PHOTOS[:2], chosen=[0], photos=9, lines=9)
    assert len(figure.layout.images) == 3 and texts_of(figure).count("one") == 1


def test_bad_input_is_named(shop):
    for chosen in ([], [6], [-1], 0, [0.5]):
        with pytest.raises(hr.HrlibError, match="expected one or more from 0 to 5"):
            hr.explore.code_gallery(shop, TITLES, CODES, PHOTOS, PHOTOS, chosen=chosen)
    with pytest.raises(hr.HrlibError, match="embeddings of 119 photos and 120 texts"):
        hr.explore.code_gallery(shop, TITLES, CODES, PHOTOS[1:], PHOTOS)
    with pytest.raises(hr.HrlibError, match="a catalogue of 120 and 119 titles"):
        hr.explore.code_gallery(shop, TITLES[1:], CODES, PHOTOS, PHOTOS)
