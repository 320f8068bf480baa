import os

import pytest

from hrlib import HrlibError
from hrlib.catalogue.sources.archive import Archive, fingerprint, read_member
from hrlib.catalogue.sources.parts import Part

PART = Part("things.zip", "list.csv")


def find(folder, part=PART, **settings):
    return Archive.find("some-things", part, "Get it.", folder, cache_dir=folder and folder / "cache", **settings)


@pytest.mark.parametrize("top", ["", "THINGS_2011/", "./"])
def test_packed_and_unpacked_are_alike(pack, make_photo, top):
    files = {"list.csv": "\ufeffa,b", "images/1.jpg": make_photo(1), "images/2.jpg": make_photo(1)}
    folder = pack("things", {top + name: data for name, data in files.items()} if top != "./" else files)
    if top == "THINGS_2011/" and (folder / "things").is_dir():
        os.rename(folder / "things" / "THINGS_2011", folder / "things" / "things")  # unpacked into a folder of its name
    archive = find(folder)
    assert archive.names() == ["images/1.jpg", "images/2.jpg", "list.csv"]
    assert archive.text("list.csv") == "a,b" and archive.read("images/1.jpg") == make_photo(1)
    first, second = archive.checksums(["images/1.jpg", "images/2.jpg"])
    assert first == second
    there, missing = archive.members(["images/1.jpg", "images/3.jpg"])
    assert read_member(there) == make_photo(1) and str(there).endswith("images/1.jpg") and missing is None
    assert fingerprint([there]) != fingerprint(archive.members(["images/2.jpg"]))
    with pytest.raises(HrlibError, match="other.csv is missing in"):
        archive.text("other.csv")


def test_a_folder_of_the_name_comes_first(write_archive, tmp_path):
    write_archive(tmp_path, "things", {"list.csv": "outside"}, "zip")
    write_archive(tmp_path / "some-things", "things", {"list.csv": "inside"}, "tar.gz")
    assert find(tmp_path).text("list.csv") == "inside"


def test_the_order_of_photos_counts_over_several_archives(write_archive, make_photo, tmp_path):
    for stem in ("a", "b"):
        write_archive(tmp_path, stem, {f"{stem}/{n}.jpg": make_photo(n) for n in (1, 2)}, "zip")
    a, b = (find(tmp_path, Part(f"{stem}.zip", stem)).members([f"{stem}/1.jpg", f"{stem}/2.jpg"]) for stem in "ab")
    orders = [[*a, *b], [*b, *a], [a[0], b[0], a[1], b[1]], [a[0], a[1], b[1], b[0]]]
    assert len({fingerprint(order) for order in orders}) == 4


def test_a_damaged_or_wrong_archive_is_named(tmp_path, write_archive):
    path = write_archive(tmp_path, "things", {"list.csv": "a,b" * 5000}, "zip")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(HrlibError, match=r"things\.zip is no whole zip file .*fetch it again"):
        find(tmp_path)
    write_archive(tmp_path, "things", {"readme.txt": "no list"}, "zip")
    with pytest.raises(HrlibError, match=r"things\.zip holds no list.csv: is it the right file, and whole\?"):
        find(tmp_path)


@pytest.mark.parametrize("name", ["../secret.txt", "a/../../secret.txt", "{absolute}"])
def test_a_name_out_of_a_folder_is_refused(tmp_path, write_archive, name):
    (tmp_path / "secret.txt").write_text("secret")
    write_archive(tmp_path, "things", {"list.csv": "a,b"}, "folder")
    name = name.format(absolute=tmp_path / "secret.txt")
    for ask in (Archive.read, lambda archive, name: archive.members([name])):
        with pytest.raises(HrlibError, match="secret.txt' points out of the folder: expected names inside it"):
            ask(find(tmp_path), name)
