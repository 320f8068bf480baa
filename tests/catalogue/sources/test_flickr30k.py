"""Flickr30k as it is distributed: the photos' tar file beside the captions' zip file. More of the lists in test_karpathy.py."""

import json

import pytest

import hrlib as hr
from hrlib.catalogue.sources import flickr30k


def test_photos_and_captions(monkeypatch, write_archive, make_photo, tmp_path):
    monkeypatch.setattr(flickr30k, "EXPECTED", {"photos": 3, "train": 1, "val": 1, "test": 1})
    parts = ["train", "val", "test"]
    images = [
        {"filename": f"{n}.jpg", "split": part, "sentences": [{"raw": part}, {"raw": "b"}]}
        for n, part in enumerate(parts)
    ]
    write_archive(
        tmp_path, "flickr30k-images", {f"flickr30k-images/{n}.jpg": make_photo(n) for n in range(3)}, "tar.gz"
    )
    write_archive(tmp_path, "caption_datasets", {"dataset_flickr30k.json": json.dumps({"images": images})}, "zip")
    catalogue = hr.load("flickr30k", size="full", data_dir=tmp_path, cache_dir=tmp_path / "cache", workers=1)
    assert [part.items["captions"][0][0] for part in catalogue.official_split()] == parts


def test_other_numbers_are_refused(write_archive, make_photo, tmp_path):
    write_archive(tmp_path, "flickr30k-images", {"flickr30k-images/0.jpg": make_photo(0)}, "zip")
    images = [{"filename": "0.jpg", "split": "train", "sentences": [{"raw": "a"}]}]
    write_archive(tmp_path, "caption_datasets", {"dataset_flickr30k.json": json.dumps({"images": images})}, "zip")
    with pytest.raises(hr.HrlibError, match="flickr30k: 1 photos, expected 31,014; 1 train, expected 29,000"):
        hr.load("flickr30k", size="full", data_dir=tmp_path, cache_dir=tmp_path / "cache", workers=1)
