"""The image store: decoded once, opened from then on, whole or not there."""

import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from hrlib import BadImage, HrlibError, ImageStore
from hrlib.catalogue.originals import ZipReader, files_fingerprint, read_file, zip_fingerprint
from hrlib.catalogue.store import build_store


@dataclass(frozen=True)
class CountingReader:
    """Reads a file and leaves a mark for each read: reads happen in other processes."""

    marks: str

    def __call__(self, path):
        with open(self.marks, "ab") as file:
            file.write(b".")
        return read_file(path)

    @property
    def count(self):
        return os.path.getsize(self.marks) if os.path.exists(self.marks) else 0


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "my photos"
    folder.mkdir()
    paths = [folder / f"{number}.jpg" for number in range(10)]
    for number, path in enumerate(paths):
        Image.new("RGB", (30, 20), (number * 20, 0, 0)).save(path)
    return [str(path) for path in paths]


def build(paths, tmp_path, read=read_file, **settings):
    settings = {"size": (8, 12), "cache_dir": tmp_path / "a cache", "workers": 2} | settings
    return build_store(paths, read, fingerprint=files_fingerprint(paths), **settings)


def test_photos_in_order_as_copies(photos, tmp_path):
    store, bad = build(photos, tmp_path)
    assert len(store) == 10 and store.size == (8, 12) and bad == {}
    assert store[3].shape == (8, 12, 3) and abs(int(store[3][..., 0].mean()) - 60) < 4
    assert store[2:5].shape == store[np.array([7, 1, 1])].shape == (3, 8, 12, 3)
    store[0][:] = 255
    assert store[0].max() < 255
    part = store.subset(np.array([9, 2])).subset(np.array([1]))
    np.testing.assert_array_equal(part[0], store[2])
    assert part.fit == store.fit == "pad" and build(photos, tmp_path, fit="crop")[0].subset(np.array([1])).fit == "crop"


def test_the_second_time_nothing_is_read(photos, tmp_path):
    reader = CountingReader(str(tmp_path / "marks"))
    first, _ = build(photos, tmp_path, reader)
    assert reader.count == 10
    second, _ = build(photos, tmp_path, reader)
    assert reader.count == 10
    np.testing.assert_array_equal(first[:], second[:])


@pytest.mark.parametrize("change", ["content", "size", "fit", "order"])
def test_another_content_or_setting_is_another_cache(photos, tmp_path, change):
    reader = CountingReader(str(tmp_path / "marks"))
    build(photos, tmp_path, reader)
    if change == "content":
        Image.new("RGB", (30, 20), (0, 255, 0)).save(photos[4])
    settings = {"size": {"size": (9, 9)}, "fit": {"fit": "crop"}}.get(change, {})
    store, _ = build(photos[::-1] if change == "order" else photos, tmp_path, reader, **settings)
    assert reader.count == 20
    if change == "content":
        assert store[4][..., 1].mean() > 200


def test_bad_photos_are_named_or_skipped_also_from_the_cache(photos, tmp_path):
    with open(photos[2], "wb") as file:
        file.write(b"")
    os.remove(photos[5])
    for _ in range(2):
        with pytest.raises(
            BadImage, match=r"2 of 10 photos cannot be used: .*2\.jpg: the file is empty; .*5\.jpg: No such file"
        ):
            build(photos, tmp_path)
        _, bad = build(photos, tmp_path, on_bad="skip")
        assert sorted(bad) == [2, 5] and "empty" in bad[2] and "No such file" in bad[5]


def test_the_same_content_elsewhere_is_named_by_its_own_path(photos, tmp_path):
    with open(photos[2], "wb") as file:
        file.write(b"no photo")
    build(photos, tmp_path, on_bad="skip")
    moved = tmp_path / "moved"
    os.rename(os.path.dirname(photos[0]), moved)
    _, bad = build([str(moved / os.path.basename(photo)) for photo in photos], tmp_path, on_bad="skip")
    assert bad[2].startswith(f"{moved}")


@pytest.mark.parametrize("damage", ["array", "manifest", "gone"])
def test_a_damaged_cache_is_built_again(photos, tmp_path, damage):
    expected, _ = build(photos, tmp_path)
    expected = expected[:]
    (folder,) = (tmp_path / "a cache").iterdir()
    if damage == "array":
        os.truncate(folder / "photos.npy", 100)
    elif damage == "manifest":
        (folder / "manifest.json").write_text('{"key": ')
    else:
        (folder / "photos.npy").unlink()
    again, _ = build(photos, tmp_path)
    np.testing.assert_array_equal(again[:], expected)
    assert len(list((tmp_path / "a cache").iterdir())) == 1


def test_a_build_that_fails_leaves_nothing(photos, tmp_path):
    def broken(path):
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError, match="a fault of ours"):
        build(photos, tmp_path, broken, workers=1)
    assert list((tmp_path / "a cache").iterdir()) == []
    assert len(build(photos, tmp_path)[0]) == 10


def test_old_remains_of_killed_builds_are_swept(photos, tmp_path):
    old, new = tmp_path / "a cache" / ".building-old", tmp_path / "a cache" / ".building-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (time.time() - 10**6,) * 2)
    build(photos, tmp_path)
    assert not old.exists() and new.exists()


def test_two_processes_may_build_the_same(photos, tmp_path):
    code = f"""
from hrlib.catalogue.originals import files_fingerprint, read_file
from hrlib.catalogue.store import build_store
paths = {photos!r}
store, bad = build_store(paths, read_file, fingerprint=files_fingerprint(paths), size=(8, 12), cache_dir={str(tmp_path / "a cache")!r}, workers=1)
print(len(store), int(store[9].max()))
"""
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0] and said[0] == said[1] and said[0][0] == "10"
    assert len(list((tmp_path / "a cache").iterdir())) == 1


def test_photos_out_of_a_zip(photos, tmp_path):
    path = tmp_path / "all of them.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, photo in enumerate(photos):
            archive.write(photo, f"images/{number}.jpg")
    names = [f"images/{number}.jpg" for number in range(10)]
    fingerprint = zip_fingerprint(path, names)
    settings = {"size": (8, 12), "cache_dir": tmp_path / "a cache", "fingerprint": fingerprint}
    store, _ = build_store(names, ZipReader(str(path)), **settings)
    np.testing.assert_array_equal(store[:], build(photos, tmp_path)[0][:])
    assert zip_fingerprint(path, names[::-1]) != fingerprint
    with pytest.raises(BadImage, match="nothere.jpg is not in .*all of them.zip"):
        ZipReader(str(path))("nothere.jpg")


def test_arrays_of_the_final_size_are_taken_as_they_are(tmp_path):
    rows = [np.full((8, 12, 3), value, np.uint8) for value in (3, 4)]
    store, _ = build_store([0, 1], rows.__getitem__, fingerprint="two", size=(8, 12), cache_dir=tmp_path, workers=1)
    assert store[:].mean((1, 2, 3)).tolist() == [3, 4]


def test_images_are_brought_to_the_size(tmp_path):
    rows = [Image.new("RGB", (6, 4), (value, 0, 0)) for value in (3, 4)]
    store, _ = build_store([0, 1], rows.__getitem__, fingerprint="two", size=(8, 12), cache_dir=tmp_path, workers=1)
    assert store[:].max((1, 2)).tolist() == [[3, 0, 0], [4, 0, 0]]


def test_bad_settings():
    with pytest.raises(HrlibError, match="on_bad is 'ignore'"):
        build_store([], read_file, fingerprint="", size=(8, 8), on_bad="ignore")
    with pytest.raises(HrlibError, match=r"photos are \(2, 4, 4\) uint8: expected \(N, H, W, 3\)"):
        ImageStore.from_array(np.zeros((2, 4, 4), np.uint8))
