import os
import zipfile

import pytest

from hrlib import BadImage
from hrlib.catalogue.originals import ZipReader, files_fingerprint, read_file, zip_fingerprint


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in ("a.jpg", "b.jpg")]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 100)
    return paths


def packed(path, contents, stamp):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    os.utime(path, ns=(stamp, stamp))
    return path


def test_files_are_read_up_to_a_size(files):
    assert read_file(files[1]) == read_file(files[1], most=100) == b"\x01" * 100
    with pytest.raises(BadImage, match="a.jpg: 100 bytes, more than the cap of 99; make it smaller"):
        read_file(files[0], most=99)


def test_what_is_unpacked_is_held_to_it_too(tmp_path):
    path = packed(tmp_path / "photos.zip", {"zeros.jpg": bytes(100_000)}, stamp=10**18)
    assert path.stat().st_size < 1000 and ZipReader(str(path))("zeros.jpg") == bytes(100_000)
    with pytest.raises(BadImage, match="zeros.jpg in .*photos.zip: 100,000 bytes, more than the cap of 99,999"):
        ZipReader(str(path), most=99_999)("zeros.jpg")
    with pytest.raises(BadImage, match="none.jpg is not in .*photos.zip, or damaged there"):
        ZipReader(str(path))("none.jpg")


def test_an_archive_that_was_replaced_is_opened_anew(tmp_path):
    path = packed(tmp_path / "photos.zip", {"a.jpg": b"old"}, stamp=10**18)
    reader = ZipReader(str(path))
    assert reader("a.jpg") == b"old"
    packed(path, {"a.jpg": b"new one"}, stamp=2 * 10**18)
    assert reader("a.jpg") == b"new one"


def test_a_fingerprint_is_of_content_order_and_what_is_missing(files, tmp_path):
    first = files_fingerprint(files)
    copies = [tmp_path / f"copy of {path.name}" for path in files]
    for path, copy in zip(files, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    assert files_fingerprint(copies) == first != files_fingerprint(files[::-1])
    files[0].unlink()
    assert files_fingerprint(files) != first


def test_a_fingerprint_of_an_archive_is_of_its_directory(tmp_path):
    contents = {"a.jpg": b"one", "b.jpg": b"two"}
    paths = [
        packed(tmp_path / f"{n}.zip", made, 10**18)
        for n, made in enumerate((contents, contents, contents | {"b.jpg": b"owt"}))
    ]
    same, again, other = (zip_fingerprint(path, ["a.jpg", "b.jpg"]) for path in paths)
    assert same == again != other and zip_fingerprint(paths[0], ["b.jpg", "a.jpg"]) != same
