import json

import pytest

import hrlib as hr
from hrlib.catalogue.sources import inaturalist

# number: species, genus, family, order, class, phylum, kingdom, supercategory. Ficus is a fig and a snail; one family is blank.
TAXA = {
    3: ("Ficus carica", "Ficus", "Moraceae", "Rosales", "Magnoliopsida", "Tracheophyta", "Plantae", "Plantae"),
    10: ("Ficus variegata", "Ficus", "Ficidae", "Littorinimorpha", "Gastropoda", "Mollusca", "Animalia", "Mollusca"),
    11: ("Littorina littorea", "Littorina", "", "Littorinimorpha", "Gastropoda", "Mollusca", "Animalia", "Mollusca"),
    12: ("Turdus merula", "Turdus", "Turdidae", "Passeriformes", "Aves", "Chordata", "Animalia", "Aves"),
}
KEYS = ("name", "genus", "family", "order", "class", "phylum", "kingdom", "supercategory")
CATEGORIES = [{"id": number, **dict(zip(KEYS, names, strict=True))} for number, names in TAXA.items()]
PATHS = [f"train_val2018/{names[-1]}/{number}/{n}{number}.jpg" for number, names in TAXA.items() for n in (1, 2)]
COUNTS = {"photos": 8, "species": 4, "train": 4, "test": 4}


@pytest.fixture
def members(make_photo):
    lists = {"train": PATHS[:2] + PATHS[4:6], "test": PATHS[2:4] + PATHS[6:]}
    annotated = {"train": PATHS[::2], "val": PATHS[1::2]}
    return {
        "train_val2018": {path: make_photo(n) for n, path in enumerate(PATHS)},
        "categories.json": {"categories.json": json.dumps(CATEGORIES)},
        "Inat_dataset_splits": {f"Inaturalist_{part}_set1.txt": "\n".join(paths) for part, paths in lists.items()},
    } | {f"{part}2018.json": {f"{part}2018.json": json.dumps(annotations(paths))} for part, paths in annotated.items()}


def annotations(paths):
    return {
        "images": [{"id": n, "file_name": path, "width": 8} for n, path in enumerate(paths)],
        "annotations": [
            {"id": 90 + n, "image_id": n, "category_id": int(path.split("/")[2])} for n, path in enumerate(paths)
        ],
    }


@pytest.fixture
def load(monkeypatch, tmp_path, write_archive):
    monkeypatch.setattr(
        inaturalist, "EXPECTED", {"smooth-ap": COUNTS, "competition": {"photos": 8, "train": 4, "val": 4}}
    )

    def load(members, form="tar.gz", **settings):
        for stem, files in members.items():
            unpacked_in_place = form == "folder" and stem != "Inat_dataset_splits"
            write_archive(tmp_path / "inaturalist", "." if unpacked_in_place else stem, files, form)
        common = {"size": "full", "cache_dir": tmp_path / "cache", "workers": 1}
        return hr.load("inaturalist", data_dir=tmp_path, **common | settings)

    return load


@pytest.mark.parametrize("form", ["tar.gz", "folder"])
def test_the_taxonomy_is_a_tree(load, members, form):
    nature = load(members, form)
    assert nature.hierarchy.levels == inaturalist.LEVELS and nature.hierarchy.n_classes == (4, 4, 4, 3, 3, 3, 2)
    paths = {nature.items["id"][row]: nature.hierarchy.path(row) for row in range(8)}
    fig = paths["train_val2018/Plantae/3/13.jpg"]
    assert fig == (
        "Plantae",
        "Tracheophyta",
        "Magnoliopsida",
        "Rosales",
        "Moraceae",
        "Ficus (Moraceae)",
        "Ficus carica",
    )
    snail = paths["train_val2018/Mollusca/11/111.jpg"]
    assert snail[3:] == ("Littorinimorpha", "no family in Littorinimorpha", "Littorina", "Littorina littorea")
    assert set(nature.items["supercategory"]) == {"Plantae", "Mollusca", "Aves"}


def test_the_split_of_smooth_ap_divides_species(load, members):
    train, test = load(members).official_split()
    assert set(train.items["species"]) == {"Ficus carica", "Littorina littorea"}
    assert set(test.items["species"]) == {"Ficus variegata", "Turdus merula"}


def test_the_split_of_the_competition_divides_photos(load, members):
    nature = load(members, protocol="competition")
    assert [part.hierarchy.n_classes[0] for part in nature.official_split()] == [4, 4]
    assert set(nature.items["split"]) == {"train", "val"}
    with pytest.raises(hr.HrlibError, match="protocol is 'test': expected 'smooth-ap' or 'competition'"):
        load(members, protocol="test")


def test_two_species_of_one_name_stay_two(load, members):
    categories = [
        {**category, "name": "Ficus sp"} if category["id"] in (3, 10) else category for category in CATEGORIES
    ]
    nature = load(members | {"categories.json": {"categories.json": json.dumps({"categories": categories})}})
    names = nature.hierarchy.names[0]
    assert len(names) == 4 and len(set(names)) == 4 and all(name.startswith("Ficus sp (Ficus (") for name in names[:2])
    twins = [CATEGORIES[0], CATEGORIES[1], {**CATEGORIES[1], "id": 11}, CATEGORIES[3]]
    nature = load(members | {"categories.json": {"categories.json": json.dumps(twins)}})
    assert {"Ficus variegata 10", "Ficus variegata 11"} < set(nature.hierarchy.names[0])


def test_small_takes_species_of_both_parts(load, members, monkeypatch):
    monkeypatch.setattr(inaturalist, "SMALL", (2, 1))
    assert [len(part) for part in load(members, size="small").official_split()] == [1, 1]


def test_what_is_missing_or_wrong_is_named(load, members, tmp_path, monkeypatch):
    def splits(text):
        return members | {"Inat_dataset_splits": members["Inat_dataset_splits"] | {"Inaturalist_test_set1.txt": text}}

    with pytest.raises(
        hr.HrlibError, match="Inaturalist_test_set1.txt has lines that do not end in SUPERCATEGORY/NUMBER/PHOTO"
    ):
        load(splits("photo.jpg"))
    with pytest.raises(hr.HrlibError, match="categories.json has no species 77, which the lists name"):
        load(splits("train_val2018/Aves/77/1.jpg"))
    with pytest.raises(
        hr.HrlibError, match="inaturalist: 1 of 5 photos are missing, the first: train_val2018/Aves/12/9.jpg"
    ):
        load(splits("train_val2018/Aves/12/9.jpg"))
    with pytest.raises(
        hr.HrlibError, match="inaturalist: 5 photos, expected 8; 3 species, expected 4; 1 test, expected 4"
    ):
        load(splits(PATHS[-1]))
    assert len(load(splits(PATHS[-1]), partial=True)) == 5
    for text, says in (("[{", "categories.json is no whole JSON file"), ("[]", "the categories have no class, family")):
        with pytest.raises(hr.HrlibError, match=says):
            load(members | {"categories.json": {"categories.json": text}})
    whole = json.loads(members["categories.json"]["categories.json"])
    for wrong in ({"genus": False}, {"genus": []}, {"supercategory": 0}, {"id": True}):
        text = json.dumps([whole[0] | wrong, *whole[1:]])
        with pytest.raises(hr.HrlibError, match="not in the published form: expected an id and names of each"):
            load(members | {"categories.json": {"categories.json": text}})
    for text in (
        "{}",
        json.dumps({"images": [{"id": 1, "file_name": "a"}] * 2, "annotations": [{"image_id": 1, "category_id": 3}]}),
    ):
        with pytest.raises(hr.HrlibError, match="val2018.json has no images with an annotation each"):
            load(members | {"val2018.json": {"val2018.json": text}}, protocol="competition")


def test_the_split_lists_are_asked_for_by_name(load, members):
    del members["Inat_dataset_splits"]
    with pytest.raises(
        hr.HrlibError, match=r"neither Inat_dataset_splits.zip nor .*Inaturalist_train_set1.txt .*protocol='smooth-ap'"
    ):
        load(members)
