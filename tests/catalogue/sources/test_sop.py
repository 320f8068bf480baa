import pytest

import hrlib as hr
from hrlib.catalogue.sources import sop

HEADER = "image_id class_id super_class_id path\n"


@pytest.fixture
def members(make_photo):
    """Products 1 to 4 train, 5 to 8 test; two photos each; coffee makers have even numbers."""
    paths = [(c, f"{'mug' if c % 2 else 'coffee_maker'}_final/11{c}_{n}.JPG") for c in range(1, 9) for n in (0, 1)]
    line = "{} {} {} {}\n".format
    rows = [line(i, c, c % 2 + 1, path) for i, (c, path) in enumerate(paths, 1)]
    lists = {"Ebay_train.txt": HEADER + "".join(rows[:8]), "Ebay_test.txt": HEADER + "".join(rows[8:])}
    return lists | {path: make_photo(i) for i, (_, path) in enumerate(paths)}


@pytest.fixture
def load(monkeypatch, pack, tmp_path):
    monkeypatch.setattr(sop, "EXPECTED", {"photos": 16, "product": 8, "superclass": 2, "train": 8, "test": 8})
    monkeypatch.setattr(sop, "CLASSES", {"train": 4, "test": 4})

    def load(members, **settings):
        folder = pack("Stanford_Online_Products", members)
        common = {"size": "full", "cache_dir": tmp_path / "cache", "workers": 1}
        return hr.load("sop", data_dir=folder, **common | settings)

    return load


def test_products_and_their_official_split(load, members):
    products = load(members)
    assert products.hierarchy.levels == ("product", "superclass")
    assert products.hierarchy.names[1] == ("coffee_maker", "mug") and products.hierarchy.path(0) == ("mug", "mug 1")
    train, test = products.official_split()
    assert train.hierarchy.n_classes == test.hierarchy.n_classes == (4, 2)
    assert set(train.items["product"]) == {"mug 1", "coffee_maker 2", "mug 3", "coffee_maker 4"}


def test_small_takes_products_of_both_parts(load, members, monkeypatch):
    monkeypatch.setattr(sop, "SMALL", (4, None))
    assert [part.hierarchy.n_classes for part in load(members, size="small").official_split()] == [(2, 2), (2, 2)]


def test_what_is_missing_or_wrong_is_named(load, members):
    without = {name: data for name, data in members.items() if name != "mug_final/115_1.JPG"}
    with pytest.raises(hr.HrlibError, match="sop: 1 of 16 photos are missing, the first: mug_final/115_1.JPG"):
        load(without)
    assert len(load(without, partial=True)) == 15
    test = members["Ebay_test.txt"].splitlines(keepends=True)
    with pytest.raises(hr.HrlibError, match="Ebay_test.txt has 3 classes, expected 4"):
        load(members | {"Ebay_test.txt": "".join(test[:-2])})
    with pytest.raises(hr.HrlibError, match="sop: 15 photos, expected 16; 7 test, expected 8"):
        load(members | {"Ebay_test.txt": "".join(test[:-1])})
    for content in ("".join(test[1:]), HEADER + "1 2 3\n", ""):
        with pytest.raises(
            hr.HrlibError, match="Ebay_test.txt has lines that are not 'image_id class_id super_class_id path'"
        ):
            load(members | {"Ebay_test.txt": content})
