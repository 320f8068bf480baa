import numpy as np
import pytest

import hrlib as hr
from hrlib.catalogue.sources import cifar100

FINE = [f"class_{n}" for n in range(4)]
COARSE = ["even", "odd"]


def records(labels, seed):
    """Bytes as in train.bin, and the pictures (n, 32, 32, 3) that they stand for."""
    pixels = np.random.default_rng(seed).integers(0, 256, (len(labels), 32, 32, 3), dtype=np.uint8)
    parts = [
        bytes([label % 2, label]) + picture.transpose(2, 0, 1).tobytes()
        for label, picture in zip(labels, pixels, strict=True)
    ]
    return b"".join(parts), pixels


TRAIN, TRAIN_PIXELS = records([0, 1, 2, 3, 0, 1, 2, 3], 0)
TEST, TEST_PIXELS = records([3, 2, 1, 0], 1)


@pytest.fixture
def members():
    files = {
        "train.bin": TRAIN,
        "test.bin": TEST,
        "fine_label_names.txt": "\n".join(FINE) + "\n",
        "coarse_label_names.txt": "\n".join(COARSE) + "\n\n",
    }
    return {f"cifar-100-binary/{name}": data for name, data in files.items()}


@pytest.fixture
def load(monkeypatch, write_archive, tmp_path):
    monkeypatch.setattr(cifar100, "EXPECTED", {"photos": 12, "class": 4, "superclass": 2, "train": 8, "test": 4})
    monkeypatch.setattr(cifar100, "CLASSES_A_SUPERCLASS", 2)

    def load(members, form="tar.gz", **settings):
        write_archive(tmp_path, "cifar-100-binary" if form != "folder" else ".", members, form)
        common = {"size": "full", "cache_dir": tmp_path / "cache", "workers": 1}
        return hr.load("cifar100", data_dir=tmp_path, **common | settings)

    return load


@pytest.mark.parametrize("form", ["tar.gz", "folder"])
def test_pictures_are_exact_and_labels_their_own(load, members, form):
    catalogue = load(members, form)
    assert catalogue.hierarchy.names == (tuple(FINE), ("even", "odd")) and catalogue.images.size == (32, 32)
    np.testing.assert_array_equal(catalogue.images[:], np.concatenate([TRAIN_PIXELS, TEST_PIXELS]))
    assert catalogue.items["class"].tolist() == [FINE[n] for n in (0, 1, 2, 3, 0, 1, 2, 3, 3, 2, 1, 0)]
    train, test = catalogue.official_split()
    assert train.items["id"].iloc[-1] == "train/7" and test.items["id"].tolist() == [f"test/{n}" for n in range(4)]
    assert load(members, image_size=(16, 20)).images.size == (16, 20)


def test_small(load, members, monkeypatch):
    monkeypatch.setattr(cifar100, "SMALL", (2, 2))
    small = load(members, size="small")
    assert small.hierarchy.n_classes == (2, 2) and len(small) == 4


def test_what_is_missing_or_wrong_is_named(load, members):
    top = "cifar-100-binary/"
    with pytest.raises(hr.HrlibError, match="train.bin has 24,591 bytes, no multiple of 3,074: it is cut off"):
        load(members | {f"{top}train.bin": TRAIN[:-1]})
    with pytest.raises(hr.HrlibError, match=r"test.bin has labels up to \[1, 9\]: expected below \[2, 4\]"):
        load(members | {f"{top}test.bin": bytes([1, 9]) + TEST[2:]})
    with pytest.raises(hr.HrlibError, match="fine_label_names.txt is missing in"):
        load({name: data for name, data in members.items() if "fine" not in name})
    with pytest.raises(hr.HrlibError, match="cifar100: 11 photos, expected 12; 3 test, expected 4"):
        load(members | {f"{top}test.bin": TEST[:-3074]})
    assert len(load(members | {f"{top}test.bin": TEST[:-3074]}, partial=True)) == 11
    with pytest.raises(hr.HrlibError, match="class 'class_3' has 2 parents|even has 3 classes, expected 2"):
        load(members | {f"{top}test.bin": bytes([0, 3]) + TEST[2:]})


def test_the_pickles_are_not_opened(tmp_path, write_archive):
    write_archive(tmp_path, "cifar-100-python", {"cifar-100-python/train": b"cos\nsystem\n(S'true'\ntR."}, "tar.gz")
    with pytest.raises(hr.HrlibError, match="neither cifar-100-binary.tar.gz nor .*the python version is a pickle"):
        hr.load("cifar100", data_dir=tmp_path)
