"""Catalogues: parts that belong together, subsets and splits."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.catalogue import Catalogue, Hierarchy, ImageStore
from hrlib.errors import HrlibError


def shop(products: int = 24, photos: int = 5, categories: int = 4) -> Catalogue:
    """Every photo is filled with its item's number, so that a photo tells which row it belongs to."""
    product = np.repeat(np.arange(products), photos)
    rows = np.arange(len(product))
    pixels = np.broadcast_to(rows.astype(np.uint8)[:, None, None, None], (len(rows), 4, 3, 3))
    items = pd.DataFrame({"id": rows + 1000, "product": product, "category": product % categories, "text": "a <b>"})
    items["colour"] = np.where(rows % 2, "red", None)
    hierarchy = Hierarchy.from_frame(items, ["product", "category"])
    return Catalogue("shop", items, ImageStore.from_array(pixels.copy()), hierarchy, ("colour",), "text")


def assert_together(part: Catalogue) -> None:
    """The photos and the names belong to the rows of the table."""
    row = part.items["id"].to_numpy() - 1000
    np.testing.assert_array_equal(part.images[:][:, 0, 0, 0], row)
    names = part.hierarchy.frame().astype(int)
    np.testing.assert_array_equal(names.to_numpy(), part.items[["product", "category"]].to_numpy())
    assert part.items.index.equals(pd.RangeIndex(len(part)))
    assert all(len(np.unique(part.hierarchy.column(level))) == c for level, c in enumerate(part.hierarchy.n_classes))


def ids(part: Catalogue) -> set[int]:
    return set(part.items["id"])


def test_official_split():
    catalogue = shop()
    catalogue.items["split"] = np.where(catalogue.items["product"] < 10, "train", "test")
    catalogue.items["fold"] = np.tile(["gallery", "query", "query", "query", "train"], 24)
    train, test = catalogue.official_split()
    assert ids(train) == set(range(1000, 1050)) and ids(test) == set(range(1050, 1120))
    assert [len(part) for part in catalogue.official_split("fold")] == [24, 72, 24]
    assert [len(part) for part in catalogue.sample_classes(4).official_split()] == [10, 10]
    for part in (train, test):
        assert_together(part)
    with pytest.raises(HrlibError, match="catalogue 'shop' has no column 'split': no official split came with it"):
        shop().official_split()


def test_it_says_what_it_holds():
    catalogue = shop()
    assert len(catalogue) == 120
    assert repr(catalogue) == "Catalogue('shop': 120 photos of 4 x 3; 24 product < 4 category; attributes colour)"
    page = catalogue._repr_html_()
    assert "<table" in page and "category" in page and "Catalogue(&#x27;shop&#x27;" in page
    summary = catalogue.summary()
    assert summary.loc["product"].tolist() == [24, 5, 5, 5] and summary.loc["category"].tolist() == [4, 30, 30, 30]
    assert list(catalogue.skipped) == ["row", "id", "reason"] and not len(catalogue.skipped)


@given(st.data())
def test_subset_keeps_rows_together_and_composes(data):
    catalogue = shop(products=6, photos=2)
    rows = data.draw(st.lists(st.integers(0, 11), min_size=1, max_size=15))
    again = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=15))
    part = catalogue.subset(rows)
    assert_together(part)
    assert part.items["id"].tolist() == [1000 + row for row in rows]
    twice, once = part.subset(again), catalogue.subset(np.array(rows)[again])
    pd.testing.assert_frame_equal(twice.items, once.items)
    np.testing.assert_array_equal(twice.images[:], once.images[:])
    np.testing.assert_array_equal(twice.hierarchy.labels, once.hierarchy.labels)
    assert (twice.attributes, twice.caption, twice.name) == (("colour",), "text", "shop")


def test_subset_by_mask_and_slice():
    catalogue = shop()
    np.testing.assert_array_equal(catalogue.subset(catalogue.hierarchy.column(0) == 3).items["id"], 1015 + np.arange(5))
    assert len(catalogue.subset(slice(0, 7))) == 7
    assert len(catalogue) == 120


FRACTIONS = [(0.5, 0.5), (0.4, 0.1, 0.5), (0.9, 0.1), (0.25, 0.25, 0.25, 0.25)]


@pytest.mark.parametrize("fractions", FRACTIONS)
@pytest.mark.parametrize("seed", range(5))
def test_split_classes_divides_classes_within_superclasses(fractions, seed):
    catalogue = shop(products=80, photos=2, categories=4)
    parts = catalogue.split_classes(fractions, seed=seed)
    products = [set(part.items["product"]) for part in parts]
    assert set.union(*products) == set(range(80)) and sum(map(len, products)) == 80
    assert set.union(*map(ids, parts)) == ids(catalogue) and sum(map(len, parts)) == len(catalogue)
    for part, share in zip(parts, fractions, strict=True):
        assert_together(part)
        assert abs(part.hierarchy.n_classes[0] - 80 * share) <= 1
        within = part.items.drop_duplicates("product").groupby("category").size()
        assert len(within) == 4 and (abs(within - 20 * share) <= 1).all()


def test_splits_are_seeded():
    catalogue = shop()
    for split in (catalogue.split_classes, catalogue.split_items):
        assert [ids(part) for part in split(seed=3)] == [ids(part) for part in split(seed=3)]
        assert ids(split(seed=3)[0]) != ids(split(seed=4)[0])
    assert ids(catalogue.sample_classes(6, seed=3)) == ids(catalogue.sample_classes(6, seed=3))
    assert ids(catalogue.sample_classes(6, seed=3)) != ids(catalogue.sample_classes(6, seed=4))


def test_every_class_can_come_into_every_part():
    catalogue, seen = shop(products=6, photos=1, categories=2), [set(), set()]
    for seed in range(30):
        for known, part in zip(seen, catalogue.split_classes(seed=seed), strict=True):
            known |= set(part.items["product"])
    assert seen == [set(range(6)), set(range(6))]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(0, 5))
def test_halves_share_every_superclass_with_two_classes_and_stay_balanced(sizes, seed):
    category = np.repeat(np.arange(len(sizes)), sizes)
    items = pd.DataFrame({"id": range(len(category)), "product": range(len(category)), "category": category})
    images = ImageStore.from_array(np.zeros((len(items), 2, 2, 3), np.uint8))
    catalogue = Catalogue("sizes", items, images, Hierarchy.from_frame(items, ["product", "category"]))
    if len(items) == 1:
        with pytest.raises(HrlibError, match="1 classes leave part 1 empty"):
            catalogue.split_classes(seed=seed)
        return
    halves = catalogue.split_classes(seed=seed)
    assert abs(len(halves[0]) - len(halves[1])) <= 1
    for part in halves:
        counts = part.items["category"].value_counts().reindex(range(len(sizes)), fill_value=0)
        assert (abs(counts - np.array(sizes) / 2) <= 1).all()
        assert all(counts[c] for c, size in enumerate(sizes) if size > 1)


@pytest.mark.parametrize("fractions", FRACTIONS)
def test_split_items_divides_within_classes(fractions):
    catalogue = shop(products=6, photos=20, categories=2)
    parts = catalogue.split_items(fractions, seed=1)
    assert set.union(*map(ids, parts)) == ids(catalogue) and sum(map(len, parts)) == len(catalogue)
    for part, share in zip(parts, fractions, strict=True):
        assert_together(part)
        assert (abs(part.items.groupby("product").size() - 20 * share) <= 1).all()
        assert part.hierarchy.n_classes == (6, 2)


@given(st.integers(1, 24), st.integers(0, 3))
def test_sample_classes_takes_whole_classes_over_the_superclasses(n, seed):
    catalogue = shop(products=24, photos=2, categories=4)
    part = catalogue.sample_classes(n, seed)
    assert_together(part)
    assert part.hierarchy.n_classes[0] == n and len(part) == 2 * n
    within = part.items.drop_duplicates("product").groupby("category").size()
    assert within.max() - (within.min() if len(within) == 4 else 0) <= 1


def test_one_level_is_enough():
    items = pd.DataFrame({"id": range(10), "class": np.arange(10) // 2})
    images = ImageStore.from_array(np.zeros((10, 2, 2, 3), np.uint8))
    flat = Catalogue("flat", items, images, Hierarchy.from_frame(items, ["class"]))
    assert sorted(len(part) for part in flat.split_classes()) == [4, 6]
    assert flat.sample_classes(2).hierarchy.n_classes == (2,)


def rebuilt(**changes) -> Catalogue:
    whole = shop(products=2, photos=2)
    parts = {"items": whole.items, "images": whole.images, "hierarchy": whole.hierarchy}
    return Catalogue("bad", **(parts | changes))


class Nothing:
    """Neither photos nor rows."""

    size = (4, 3)

    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rebuilt(items=shop().items), "120 items, 4 images, 4 hierarchy rows: expected as many"),
        (lambda: rebuilt(items=shop().items[:0], images=Nothing(), hierarchy=Nothing()), "'bad' has no items"),
        (lambda: rebuilt(items=shop(2, 2).items.drop(columns="id")), "no column 'id'"),
        (lambda: rebuilt(attributes=("color",)), "no column 'color' .*did you mean 'colour'"),
        (lambda: rebuilt(caption="txt"), "no column 'txt' .*did you mean 'text'"),
        (lambda: shop().subset([]), "no rows"),
        (lambda: shop().subset([120]), "expected 0 to 119"),
        (lambda: shop().split_classes((0.5, 0.6)), "sum to 1"),
        (lambda: shop().split_classes((1.0,)), "two or more"),
        (lambda: shop().split_classes((1.5, -0.5)), "each above 0"),
        (lambda: shop(products=1).split_classes(), "1 classes leave part 1 empty: .* split_items"),
        (lambda: shop(products=2).split_classes((0.4, 0.1, 0.5)), "2 classes leave part 1 empty"),
        (lambda: shop(products=1, photos=1).split_items(), "1 items leave part 1 empty"),
        (lambda: shop().sample_classes(25), "25 classes out of 24: expected 1 to 24"),
        (lambda: shop().sample_classes(0), "expected 1 to 24"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(HrlibError, match=message):
        call()


def test_catalogues_are_imported_without_torch():
    code = "import sys, hrlib.catalogue; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
