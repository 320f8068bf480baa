import gzip
import hashlib

import numpy as np
import pytest

import hrlib as hr
from hrlib.catalogue.sources import fashion_mnist

PIXELS = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
LABELS = np.tile(np.arange(10, dtype=np.uint8), 3)
ARRAYS = {"x_train": PIXELS[:20], "y_train": LABELS[:20], "x_test": PIXELS[20:], "y_test": LABELS[20:]}


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def write_gz(folder, arrays=ARRAYS):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(fashion_mnist.FILES, arrays.values(), strict=True):
        (folder / name).write_bytes(gzip.compress(idx(array), mtime=0))


@pytest.fixture
def load(monkeypatch, tmp_path):
    monkeypatch.setattr(fashion_mnist, "EXPECTED", {"photos": 30, "class": 10, "train": 20, "test": 10})
    common = {"size": "full", "data_dir": tmp_path, "cache_dir": tmp_path / "cache", "workers": 1}
    return lambda **settings: hr.load("fashion-mnist", **common | settings)


def check(catalogue):
    np.testing.assert_array_equal(catalogue.images[:], np.broadcast_to(PIXELS[..., None], (30, 28, 28, 3)))
    assert catalogue.hierarchy.levels == ("class", "kind", "department") and catalogue.hierarchy.n_classes == (10, 5, 3)
    assert catalogue.hierarchy.path(19) == ("footwear", "shoes", "Ankle boot")
    assert [len(part) for part in catalogue.official_split()] == [20, 10]


def test_the_four_files_as_distributed(load, tmp_path):
    write_gz(tmp_path / "fashion-mnist")
    check(load())


def test_one_file_of_arrays(load, tmp_path):
    np.savez(tmp_path / "fashion_mnist.npz", **ARRAYS)
    check(load())


def test_small(load, tmp_path, monkeypatch):
    write_gz(tmp_path)
    monkeypatch.setattr(fashion_mnist, "SMALL", (10, 2))
    assert load(size="small").summary().loc["class"].tolist() == [10, 2, 2, 2]


def test_they_are_downloaded_if_asked_for(load, tmp_path, monkeypatch, server):
    write_gz(tmp_path / "site")
    server.files |= {f"/{name}": (tmp_path / "site" / name).read_bytes() for name in fashion_mnist.FILES}
    sums = {name: "md5:" + hashlib.md5(server.files[f"/{name}"]).hexdigest() for name in fashion_mnist.FILES}
    monkeypatch.setattr(fashion_mnist, "SITE", server.url)
    with pytest.raises(
        hr.HrlibError, match=r"train-images-idx3-ubyte.gz: .* does not match the known hash: expected md5:8d4fb7e6"
    ):
        load(download=True)
    monkeypatch.setattr(fashion_mnist, "FILES", sums)
    with pytest.raises(
        hr.HrlibError, match=r"neither fashion_mnist.npz nor .*With download=True it is fetched\. Get the four"
    ):
        load()
    check(load(download=True))
    asked = len(server.asked)
    check(load())
    assert len(server.asked) == asked  # they lie in data_dir/fashion-mnist now


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "x_train",
            gzip.compress(idx(PIXELS[:20]), mtime=0)[:-200],
            r"train-images-idx3-ubyte.gz is no whole gzip file",
        ),
        ("x_train", b"<html>", r"is no whole gzip file .*fetch it again"),
        (
            "x_train",
            gzip.compress(idx(PIXELS[:20])[:-1], mtime=0),
            r"not in the IDX form, or cut off: 15,695 bytes for .* \(20, 28, 28\)",
        ),
        ("y_test", gzip.compress(b"label,name", mtime=0), r"t10k-labels-idx1-ubyte.gz is not in the IDX form"),
        ("y_test", gzip.compress(b"", mtime=0), r"t10k-labels-idx1-ubyte.gz is not in the IDX form"),
        (
            "x_test",
            gzip.compress(idx(PIXELS[20:, :14]), mtime=0),
            r"test has pictures \(10, 14, 28\) uint8 and labels \(10,\): expected",
        ),
        ("y_train", gzip.compress(idx(LABELS), mtime=0), r"train has pictures \(20, 28, 28\) uint8 and labels \(30,\)"),
        ("y_train", gzip.compress(idx(LABELS[:20] + 1), mtime=0), r"train has labels from 1 to 10: expected 0 to 9"),
    ],
)
def test_damaged_files_are_named(load, tmp_path, name, content, says):
    write_gz(tmp_path)
    (tmp_path / list(fashion_mnist.FILES)[list(ARRAYS).index(name)]).write_bytes(content)
    with pytest.raises(hr.HrlibError, match=says):
        load()


def test_damaged_arrays_and_pickles_are_refused(load, tmp_path):
    path = tmp_path / "fashion_mnist.npz"
    for arrays in ({"x_train": PIXELS}, ARRAYS | {"y_test": np.array([{}], dtype=object)}):
        np.savez(path, **arrays)
        with pytest.raises(hr.HrlibError, match=r"cannot be read as arrays x_train, y_train, x_test, y_test"):
            load()
    np.savez(path, **ARRAYS)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(hr.HrlibError, match=r"cannot be read as arrays"):
        load()


def test_wrong_counts(load, tmp_path):
    write_gz(tmp_path, ARRAYS | {"x_test": PIXELS[20:29], "y_test": LABELS[20:29]})
    with pytest.raises(hr.HrlibError, match="fashion-mnist: 29 photos, expected 30; 9 test, expected 10"):
        load()
    assert len(load(partial=True)) == 29


def test_real(data_dir):
    catalogue = hr.load("fashion-mnist", size="full", data_dir=data_dir)
    train, test = catalogue.official_split()
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.summary().loc["class"].tolist() == [10, 6_000, 6_000, 6_000]
    small = hr.load("fashion-mnist", size="small", data_dir=data_dir)
    assert small.summary().loc["class"].tolist() == [10, 200, 200, 200]
    dark, light = (small.images[small.items["class"] == name].mean() for name in ("Sandal", "Coat"))
    assert dark < light  # sandals are mostly holes: pictures and labels belong together
