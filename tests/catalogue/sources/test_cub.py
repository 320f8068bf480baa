import pytest

import hrlib as hr
from hrlib.catalogue.sources import cub

CLASSES = {1: "Black_footed_Albatross", 2: "Laysan_Albatross", 84: "Red_legged_Kittiwake", 100: "Brown_Pelican"}
CLASSES |= {101: "White_Pelican", 141: "Artic_Tern", 199: "Winter_Wren", 200: "Common_Yellowthroat"}
COUNTS = {"photos": 24, "species": 8, "train": 12, "test": 12}


@pytest.fixture
def members(make_photo):
    """Eight species with three photos each, in the folder that the archive holds; number 1 of each is for training."""
    photos = [(c, n, f"{c:03}.{name}/{name}_{n:04}_{c}.jpg") for c, name in CLASSES.items() for n in (1, 2, 3)]
    lists = {
        "classes.txt": "".join(f"{c} {c:03}.{name}\n" for c, name in CLASSES.items()),
        "images.txt": "".join(f"{i} {path}\n" for i, (*_, path) in enumerate(photos, 1)),
        "image_class_labels.txt": "".join(f"{i} {c}\n" for i, (c, *_) in enumerate(photos, 1)),
        "train_test_split.txt": "".join(f"{i} {int(n == 1)}\n" for i, (_, n, _) in enumerate(photos, 1)),
    }
    pixels = {f"images/{path}": make_photo(i) for i, (*_, path) in enumerate(photos)}
    return {f"CUB_200_2011/{name}": data for name, data in (lists | pixels).items()} | {"attributes.txt": "1 beak"}


@pytest.fixture
def load(monkeypatch, write_archive, tmp_path):
    monkeypatch.setattr(cub, "EXPECTED", COUNTS)

    def load(members, form="tgz", **settings):
        folder = tmp_path if form == "folder" else tmp_path / "cub"
        stem = "." if form == "folder" else "CUB_200_2011"  # unpacked where it lies, the archive makes its own folder
        write_archive(folder, stem, members, form)
        common = {"size": "full", "cache_dir": tmp_path / "cache", "workers": 1}
        return hr.load("cub", data_dir=tmp_path, **common | settings)

    return load


@pytest.mark.parametrize("form", ["tgz", "zip", "folder"])
def test_birds_with_families_and_orders(load, members, form):
    birds = load(members, form)
    assert birds.hierarchy.levels == ("species", "family", "order") and birds.hierarchy.n_classes == (8, 5, 4)
    assert birds.hierarchy.path(0) == ("Procellariiformes", "Diomedeidae", "Black footed Albatross")
    kittiwake = birds.items[birds.items["species"] == "Red legged Kittiwake"]
    assert (kittiwake["family"] == "Laridae").all() and len(birds.images) == 24
    train, test = birds.official_split()
    assert set(train.items["species"]) == {CLASSES[c].replace("_", " ") for c in CLASSES if c <= 100}
    assert len(test) == 12 and not set(train.items["species"]) & set(test.items["species"])
    assert [len(part) for part in birds.official_split("photo_split")] == [8, 16]


def test_bird_groups_and_a_taxonomy_of_ones_own(load, members, tmp_path):
    birds = load(members, taxonomy="groups")
    groups = ("Albatross", "Kittiwake", "Pelican", "Tern", "Wren", "Yellowthroat")
    assert birds.hierarchy.levels == ("species", "group") and birds.hierarchy.names[1] == groups
    own = tmp_path / "mine.csv"
    own.write_text("bird,where\n" + "".join(f"{name},{'sea' if c < 142 else 'land'}\n" for c, name in CLASSES.items()))
    birds = load(members, taxonomy=own)
    assert birds.hierarchy.levels == ("species", "where") and birds.hierarchy.names[1] == ("land", "sea")
    own.write_text("bird,where\n001.Black_footed_Albatross,sea\n")
    with pytest.raises(hr.HrlibError, match="mine.csv: 7 species are not in its first column, the first: Artic Tern"):
        load(members, taxonomy=own)
    with pytest.raises(hr.HrlibError, match="taxonomy is 'genus': expected 'families', 'groups' or the path of a CSV"):
        load(members, taxonomy="genus")


def test_small_takes_species_of_both_parts(load, members, monkeypatch):
    monkeypatch.setattr(cub, "SMALL", (4, 2))
    birds = load(members, size="small")
    assert len(birds) == 8 and [part.hierarchy.n_classes[0] for part in birds.official_split()] == [2, 2]


def test_missing_photos_wrong_counts_and_damaged_lists(load, members, monkeypatch):
    first = "CUB_200_2011/images/001.Black_footed_Albatross/Black_footed_Albatross_0001_1.jpg"
    without = {name: data for name, data in members.items() if name != first}
    with pytest.raises(hr.HrlibError, match=r"cub: 1 of 24 photos are missing, the first: 001.Black.*0001_1.jpg"):
        load(without)
    assert len(load(without, partial=True)) == 23
    top = "CUB_200_2011/"
    with pytest.raises(hr.HrlibError, match="images.txt has photos without a class or a part"):
        load(members | {f"{top}image_class_labels.txt": "1 1\n"})
    with pytest.raises(hr.HrlibError, match="classes.txt has lines that are not 'number class'"):
        load(members | {f"{top}classes.txt": "<html>"})
    del without[f"{top}train_test_split.txt"]
    with pytest.raises(hr.HrlibError, match="train_test_split.txt is missing in"):
        load(without)
    monkeypatch.setattr(cub, "EXPECTED", {"photos": 11_788, "train": 5_864})
    with pytest.raises(
        hr.HrlibError, match="cub: 24 photos, expected 11,788; 12 train, expected 5,864. Is this the whole"
    ):
        load(members)


def test_a_list_that_leads_out_of_the_folder_is_refused(load, members, tmp_path, make_photo):
    (tmp_path / "secret.jpg").write_bytes(make_photo(1))
    listed = members["CUB_200_2011/images.txt"].replace("001.Black_footed_Albatross/Black", "../../../secret", 1)
    with pytest.raises(hr.HrlibError, match="points out of the folder"):
        load(members | {"CUB_200_2011/images.txt": listed}, form="folder")
