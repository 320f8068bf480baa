"""Flickr8k as it is distributed: the photos' zip file beside the captions'. More of the lists in test_karpathy.py."""

import json

import pytest

import hrlib as hr
from hrlib.catalogue.sources import flickr8k


def test_photos_and_captions(monkeypatch, pack, make_photo, tmp_path):
    monkeypatch.setattr(flickr8k, "EXPECTED", {"photos": 2, "train": 1, "test": 1})
    sentences = [{"raw": f"Caption {n} .", "tokens": ["caption"], "sentid": n} for n in range(5)]
    images = [
        {"filename": f"{n}.jpg", "split": split, "sentences": sentences} for n, split in enumerate(["train", "test"])
    ]
    pack(
        "Flickr8k_Dataset",
        {f"Flicker8k_Dataset/{n}.jpg": make_photo(n) for n in range(2)} | {"__MACOSX/Flicker8k_Dataset/._0.jpg": b"x"},
    )
    folder = pack("caption_datasets", {"dataset_flickr8k.json": json.dumps({"images": images})})
    train, test = hr.load(
        "flickr8k", size="full", data_dir=folder, cache_dir=tmp_path / "cache", workers=1
    ).official_split()
    assert (train.items["id"][0], test.items["id"][0]) == ("0.jpg", "1.jpg") and len(train.items["captions"][0]) == 5


def test_what_is_missing_is_named(tmp_path, write_archive, make_photo):
    with pytest.raises(
        hr.HrlibError,
        match=r"neither Flickr8k_Dataset.zip nor Flickr8k_Dataset/Flicker8k_Dataset is in .* https://forms\.illinois",
    ):
        hr.load("flickr8k", data_dir=tmp_path)
    write_archive(tmp_path, "Flickr8k_Dataset", {"Flicker8k_Dataset/0.jpg": make_photo(0)}, "zip")
    with pytest.raises(
        hr.HrlibError, match="neither caption_datasets.zip nor caption_datasets/dataset_flickr8k.json is in"
    ):
        hr.load("flickr8k", data_dir=tmp_path)
