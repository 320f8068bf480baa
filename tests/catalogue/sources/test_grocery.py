import pytest

import hrlib as hr

HEADER = "Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),Iconic Image Path (str),Product Description Path (str)\n"


@pytest.fixture
def members(make_photo):
    classes = "Gala,0,Apple,0,/i/Gala.jpg,/d/Gala.txt\nMilk,1,Milk,1,/i/Milk.jpg,/d/Milk.txt\n"
    lists = {
        "train.txt": "train/Fruit/Apple/Gala/1.jpg, 0, 0\ntrain/Packages/Milk/2.jpg, 1, 1\n",
        "val.txt": "val/Fruit/Apple/Gala/3.jpg, 0, 0\n",
        "test.txt": "test/Packages/Milk/4.jpg, 1, 1\n",
    }
    photos = {line.split(",")[0]: make_photo(n) for n, line in enumerate("".join(lists.values()).splitlines())}
    return {"classes.csv": HEADER + classes, "d/Gala.txt": "Sweet\nand red.", "d/Milk.txt": "White.", **lists, **photos}


def test_levels_parts_and_descriptions(members, pack):
    catalogue = hr.load("grocery", size="full", data_dir=pack("grocery_store", members))
    assert [catalogue.hierarchy.path(row) for row in (0, 1)] == [
        ("Fruit", "Apple", "Gala"),
        ("Packages", "Milk", "Milk"),
    ]
    assert catalogue.items["split"].tolist() == ["train", "train", "val", "test"]
    assert [len(part) for part in catalogue.official_split()] == [2, 1, 1]
    assert catalogue.items["description"].iloc[0] == "Sweet and red." and catalogue.caption == "description"
    assert hr.Captions.of(catalogue).titles.tolist() == [0, 1, 0, 1]  # photos of one class share its description


def test_missing_and_wrong_files_are_named(members, pack):
    whole = dict(members)
    del members["val.txt"]
    with pytest.raises(hr.HrlibError, match="val.txt is missing in"):
        hr.load("grocery", data_dir=pack("grocery_store", members))
    with_nonsense = whole | {"val.txt": "no commas here"}
    with pytest.raises(hr.HrlibError, match="val.txt has lines that are not"):
        hr.load("grocery", data_dir=pack("grocery_store", with_nonsense))
    with_unknown = whole | {"val.txt": "val/Fruit/Apple/Gala/3.jpg, 9, 0\n"}
    with pytest.raises(hr.HrlibError, match=r"class ids \[9\]"):
        hr.load("grocery", data_dir=pack("grocery_store", with_unknown))


def test_missing_photos_are_an_error_or_left_out(members, pack):
    del members["val/Fruit/Apple/Gala/3.jpg"]
    folder = pack("grocery_store", members)
    with pytest.raises(
        hr.HrlibError, match=r"grocery: 1 of 4 photos are missing, the first: val/Fruit/Apple/Gala/3.jpg\."
    ):
        hr.load("grocery", data_dir=folder)
    assert len(hr.load("grocery", size="full", partial=True, data_dir=folder)) == 3


def test_real(data_dir):
    catalogue = hr.load("grocery", size="full", data_dir=data_dir)
    assert len(catalogue) == 5_421 and catalogue.hierarchy.n_classes == (81, 43, 3)
    assert (
        set(catalogue.items["split"]) == {"train", "val", "test"} and catalogue.items["description"].str.len().min() > 0
    )
