"""COCO as it is distributed: two zip files of photos beside the captions', each of which can be fetched. More of the lists in test_karpathy.py."""

import json
from dataclasses import replace

import pytest

import hrlib as hr
from hrlib.catalogue.sources import coco

IMAGES = [("train2014", "train"), ("val2014", "restval"), ("val2014", "val"), ("val2014", "test")]


def content(images=IMAGES):
    made = [
        {
            "filepath": folder,
            "filename": f"COCO_{folder}_{n}.jpg",
            "cocoid": n,
            "split": split,
            "sentences": [{"raw": f"text {n}"}] * 5,
        }
        for n, (folder, split) in enumerate(images)
    ]
    return json.dumps({"images": made, "dataset": "coco"})


@pytest.fixture
def archives(make_photo):
    made = {"caption_datasets": {"dataset_coco.json": content()}, "train2014": {}, "val2014": {}}
    for n, (folder, _) in enumerate(IMAGES):
        made[folder][f"{folder}/COCO_{folder}_{n}.jpg"] = make_photo(n)
    return made


@pytest.fixture(autouse=True)
def expected(monkeypatch):
    monkeypatch.setattr(coco, "EXPECTED", {"photos": 4, "train": 2, "val": 1, "test": 1})


def test_photos_of_both_archives_and_restval_trains(archives, pack, tmp_path):
    for stem, members in archives.items():
        folder = pack(stem, members)
    catalogue = hr.load("coco", size="full", data_dir=folder, cache_dir=tmp_path / "cache", workers=1)
    parts = [part.items["id"].tolist() for part in catalogue.official_split()]
    assert parts == [["COCO_train2014_0.jpg", "COCO_val2014_1.jpg"], ["COCO_val2014_2.jpg"], ["COCO_val2014_3.jpg"]]
    assert catalogue.items["captions"][3] == ["text 3"] * 5


def test_a_folder_that_is_none_is_refused(archives, write_archive, tmp_path):
    archives["caption_datasets"]["dataset_coco.json"] = content([("test2014", "test")])
    for stem, members in archives.items():
        write_archive(tmp_path, stem, members, "zip")
    with pytest.raises(hr.HrlibError, match=r"not in the published form.* a filepath \(train2014 or val2014\)"):
        hr.load("coco", data_dir=tmp_path, cache_dir=tmp_path / "cache")


def test_all_three_are_fetched(archives, write_archive, server, tmp_path, monkeypatch):
    for stem, members in archives.items():
        server.files[f"/{stem}.zip"] = write_archive(tmp_path / "published", stem, members, "zip").read_bytes()
    parts = [replace(part, url=f"{server.url}{part.file}") for part in (coco.LISTS, *coco.PHOTOS)]
    monkeypatch.setattr(coco, "LISTS", parts[0])
    monkeypatch.setattr(coco, "PHOTOS", tuple(parts[1:]))
    settings = {"size": "full", "data_dir": tmp_path / "mine", "cache_dir": tmp_path / "cache", "workers": 1}
    with pytest.raises(hr.HrlibError, match="With download=True it is fetched"):
        hr.load("coco", **settings)
    assert len(hr.load("coco", download=True, **settings)) == 4
    assert [path for path, _ in server.asked] == ["/caption_datasets.zip", "/train2014.zip", "/val2014.zip"]
    assert len(hr.load("coco", **settings)) == 4 and len(server.asked) == 3
