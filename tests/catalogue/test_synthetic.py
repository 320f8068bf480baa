"""The shop that the kit draws: the same everywhere, recognisable, and not won by colour alone."""

import numpy as np
import pytest

import hrlib as hr
from hrlib.catalogue.captions import Captions
from hrlib.catalogue.drawing.shop import CATEGORIES
from hrlib.catalogue.synthetic import ATTRIBUTES


@pytest.fixture(scope="module")
def shop():
    return hr.load("synthetic", products=6, photos=4)


def test_departments_categories_products(shop):
    assert shop.hierarchy.levels == ("product", "category", "department")
    products, categories, departments = shop.hierarchy.n_classes
    assert departments >= 6 and categories >= 24 and products == 6 * categories and len(shop) == 24 * categories
    assert shop.images.size == (64, 64) and shop.items["id"].is_unique


def test_more_products_or_photos_leave_the_others_as_they_are(shop):
    more = hr.load("synthetic", products=7, photos=5)
    where = {name: row for row, name in enumerate(more.items["id"])}
    for row in range(0, len(shop), 97):
        np.testing.assert_array_equal(shop.images[row], more.images[where[shop.items["id"][row]]])
        assert shop.items["title"][row] == more.items["title"][where[shop.items["id"][row]]]


def test_another_seed_is_another_shop(shop):
    other = hr.load("synthetic", products=1, photos=1, seed=1)
    assert not np.array_equal(other.images[0], shop.images[0])


def test_a_product_keeps_its_look_and_its_photos_differ(shop):
    for _, group in shop.items.groupby("product"):
        for attribute in ATTRIBUTES:
            assert group[attribute].nunique(dropna=False) == 1
    assert len({image.tobytes() for image in shop.images[:]}) == len(shop)


def test_some_attributes_are_missing_and_titles_vary(shop):
    for attribute in ("colour", "pattern", "material"):
        assert 0.02 < shop.items[attribute].isna().mean() < 0.25
    assert shop.items.loc[shop.items["category"] == "mug", "sleeve_length"].isna().all()
    assert shop.items["title"].nunique() > len(shop) / 4
    assert shop.items["title"].str.contains("on the left|on the right|in the middle").mean() > 0.08


def test_titles_can_be_mismatched(shop):
    noisy = hr.load("synthetic", products=6, photos=4, mismatched=0.4)
    changed = (noisy.items["title"] != shop.items["title"]).mean()
    assert 0.35 < changed < 0.401  # by chance another product's title may read the same
    np.testing.assert_array_equal(noisy.images[:20], shop.images[:20])


def test_several_captions_an_item(shop):
    several = hr.load("synthetic", products=6, photos=4, captions=3)
    assert several.caption == "captions" and several.items.drop(columns="captions").equals(shop.items)
    captions = Captions.of(several)
    assert {len(set(own)) for own in captions.texts} == {3}  # another wording each
    assert [own[0] for own in captions.texts] == shop.items["title"].tolist()
    np.testing.assert_array_equal(several.images[:8], shop.images[:8])


def test_mismatched_captions_go_as_a_whole_with_the_title():
    settings = {"products": 2, "photos": 2}
    clean, noisy = (Captions.of(hr.load("synthetic", **settings, captions=6, mismatched=m)) for m in (0, 0.4))
    titles = hr.load("synthetic", **settings, mismatched=0.4).items["title"]
    assert [own[0] for own in noisy.texts] == titles.tolist()
    changed = [row for row, own in enumerate(noisy.texts) if own != clean.texts[row]]
    assert len(changed) == round(0.4 * len(clean)) and set(noisy.texts) <= set(clean.texts)


def test_nothing_is_won_by_colour_alone(shop):
    """Nearest neighbours by colour histogram: better than chance, far from right."""
    bins = shop.images[:] // 64
    codes = (bins[..., 0] * 16 + bins[..., 1] * 4 + bins[..., 2]).reshape(len(shop), -1)
    histograms = np.stack([np.bincount(row, minlength=64) for row in codes]).astype(np.float32) ** 0.5
    histograms /= np.linalg.norm(histograms, axis=1, keepdims=True)
    table = hr.evaluate(histograms, shop.hierarchy)["recall@1"]
    assert 1.2 / len(CATEGORIES) < table["category"] < 0.3 and table["product"] < 0.2


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"products": 0}, "products is 0: expected an integer of 1 or more"),
        ({"photos": 1.5}, "photos is 1.5"),
        ({"mismatched": 2}, "mismatched is 2: expected a share"),
        *[({"captions": n}, f"captions is {n}: expected an integer from 1 to 6") for n in (0, 7, True, 1.0)],
    ],
)
def test_bad_settings(settings, says):
    with pytest.raises(hr.HrlibError, match=says):
        hr.load("synthetic", **settings)
