import pytest

from hrlib import HrlibError
from hrlib.catalogue.sources.archive import Archive


def test_zip_and_folder_are_alike(pack, make_photo):
    folder = pack("things", {"list.csv": "\ufeffa,b", "images/1.jpg": make_photo(1), "images/2.jpg": make_photo(1)})
    archive = Archive.find("things", "list.csv", "Get it.", folder)
    assert archive.names() == ["images/1.jpg", "images/2.jpg", "list.csv"]
    assert archive.text("list.csv") == "a,b"
    first, second = archive.checksums(["images/1.jpg", "images/2.jpg"])
    assert first == second
    references, read, fingerprint = archive.photos(["images/1.jpg"])
    assert read(references[0]) == make_photo(1) and fingerprint
    with pytest.raises(HrlibError, match="other.csv is missing in"):
        archive.text("other.csv")


def test_a_damaged_zip(tmp_path):
    (tmp_path / "things.zip").write_bytes(b"PK and no more")
    with pytest.raises(HrlibError, match="no whole zip file"):
        Archive.find("things", "list.csv", "Get it.", tmp_path).names()
