"""Karpathy's lists: what is read of them, and what is refused. On Flickr8k's layout; the others' are tested in their own files."""

import json

import pytest

import hrlib as hr
from hrlib.catalogue.captions import Captions
from hrlib.catalogue.sources import flickr8k, karpathy


def listed(*images, **more):
    """A list in the published form; an image is (filename, split, texts)."""
    made = [
        {
            "filename": name,
            "split": split,
            "imgid": n,
            "sentences": [{"raw": text, "tokens": text.split()} for text in texts],
        }
        | more
        for n, (name, split, texts) in enumerate(images)
    ]
    return json.dumps({"images": made, "dataset": "tiny"})


IMAGES = [
    ("1_a.jpg", "train", ["A dog runs .", "Ein Hund läuft ."]),
    ("2_b.jpg", "restval", ["Two <b>cats</b> ."]),
    ("3_c.jpg", "val", ["A child .", "A boy .", "Someone ."]),
    ("4_d.jpg", "test", ["A dog runs .", ""]),
]


@pytest.fixture
def load(monkeypatch, pack, make_photo, tmp_path):
    monkeypatch.setattr(flickr8k, "EXPECTED", {"photos": 4, "train": 2, "val": 1, "test": 1})

    def load(content, names=tuple(name for name, *_ in IMAGES), **settings):
        pack("Flickr8k_Dataset", {f"Flicker8k_Dataset/{name}": make_photo(n) for n, name in enumerate(names)})
        folder = pack("caption_datasets", {"dataset_flickr8k.json": content, "dataset_coco.json": "{}"})
        common = {"size": "full", "cache_dir": tmp_path / "cache", "workers": 1}
        return hr.load("flickr8k", data_dir=folder, **common | settings)

    return load


def test_captions_and_parts(load, make_photo):
    catalogue = load(listed(*IMAGES))
    assert catalogue.caption == "captions" and catalogue.items["captions"].tolist() == [texts for *_, texts in IMAGES]
    assert [part.items["id"].tolist() for part in catalogue.official_split()] == [
        ["1_a.jpg", "2_b.jpg"],
        ["3_c.jpg"],
        ["4_d.jpg"],
    ]
    captions = Captions.of(catalogue)
    assert captions.owner.tolist() == [0, 0, 1, 2, 2, 2, 3] and captions.flat[1] == "Ein Hund läuft ."
    assert catalogue.hierarchy.levels == ("photo",) and catalogue.hierarchy.n_classes == (4,)
    assert len({image.tobytes() for image in catalogue.images[:]}) == 4


def test_small_takes_photos_of_all_parts(load, monkeypatch):
    monkeypatch.setattr(karpathy, "SMALL", (3, None))
    parts = load(listed(*IMAGES), size="small").official_split()
    assert sum(map(len, parts)) == 3 and len(parts) >= 2


def test_missing_photos_are_named_or_left_out(load):
    with pytest.raises(hr.HrlibError, match=r"flickr8k: 1 of 4 photos are missing, the first: 4_d.jpg\."):
        load(listed(*IMAGES), names=["1_a.jpg", "2_b.jpg", "3_c.jpg"])


def test_partial_takes_what_is_there(load):
    assert len(load(listed(*IMAGES), names=["1_a.jpg", "3_c.jpg"], partial=True)) == 2


def test_other_numbers_are_refused(load):
    with pytest.raises(hr.HrlibError, match="flickr8k: 3 photos, expected 4; 0 test, expected 1"):
        load(listed(*IMAGES[:3]))


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        "[]",
        "{}",
        '{"images": []}',
        '{"images": [1]}',
        listed(("1_a.jpg", "somewhere", ["a"])),
        listed((1, "train", ["a"])),
        listed(("1_a.jpg", "train", ["a"]), sentences=["a"]),
        listed(("1_a.jpg", "train", ["a"]), sentences=[{"raw": 3}]),
        listed(("1_a.jpg", "train", ["a"]), filepath="elsewhere"),
        listed(("1_a.jpg", "train", ["a"]), filepath=["a"]),
    ],
)
def test_a_list_of_another_form_is_refused(content, tmp_path, write_archive, make_photo):
    write_archive(tmp_path, "Flickr8k_Dataset", {"Flicker8k_Dataset/1_a.jpg": make_photo(0)}, "zip")
    write_archive(tmp_path, "caption_datasets", {"dataset_flickr8k.json": content}, "zip")
    with pytest.raises(
        hr.HrlibError,
        match="dataset_flickr8k.json is not in the published form: expected images, each with a filename, a split",
    ):
        hr.load("flickr8k", data_dir=tmp_path, cache_dir=tmp_path / "cache")


def test_a_photo_twice_is_refused(load):
    with pytest.raises(hr.HrlibError, match="1 ids of column 'id' repeat, the first '1_a.jpg'"):
        load(listed(*IMAGES, IMAGES[0]))


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, write_archive, make_photo):
    write_archive(tmp_path, "flickr8k", {"Flicker8k_Dataset/1_a.jpg": make_photo(0)}, "folder")
    content = listed(("../../../../etc/passwd", "train", ["a"]))
    (tmp_path / "flickr8k/dataset_flickr8k.json").write_text(content)
    with pytest.raises(hr.HrlibError, match="points out of the folder"):
        hr.load("flickr8k", data_dir=tmp_path, cache_dir=tmp_path / "cache")


def test_the_list_alone_beside_the_folder_will_do(tmp_path, write_archive, make_photo, monkeypatch):
    monkeypatch.setattr(flickr8k, "EXPECTED", {"photos": 1})
    write_archive(tmp_path, "flickr8k", {"Flicker8k_Dataset/1_a.jpg": make_photo(0)}, "folder")
    (tmp_path / "flickr8k/dataset_flickr8k.json").write_text(listed(("1_a.jpg", "train", ["a"])))
    assert len(hr.load("flickr8k", size="full", data_dir=tmp_path, cache_dir=tmp_path / "cache", workers=1)) == 1
