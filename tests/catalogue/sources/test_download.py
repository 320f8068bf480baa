"""Downloads over a real connection, from a server that the test starts."""

import hashlib

import pytest

from hrlib import HrlibError
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.download import fetch
from hrlib.catalogue.sources.parts import Part

CONTENT = bytes(range(256)) * 10_000
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def server(server):
    server.files["/a/things.bin"] = CONTENT
    server.url += "a/things.bin"
    return server


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new" / "things.bin"


def test_a_file_comes_once(server, target):
    for _ in range(2):
        assert fetch(server.url, target, MD5) == target and target.read_bytes() == CONTENT
    assert len(server.asked) == 1 and [file.name for file in target.parent.iterdir()] == ["things.bin"]


def test_the_bar_is_shown_to_people_only(server, target, capfd, monkeypatch):
    fetch(server.url, target, MD5)
    assert capfd.readouterr().err == ""
    target.unlink()
    monkeypatch.setenv("HRLIB_PROGRESS", "1")
    fetch(server.url, target, MD5)
    shown = capfd.readouterr().err
    assert "things.bin: 100%" in shown and "2.56M/2.56M" in shown


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_off_download_goes_on(server, target, ranges):
    server.ranges, server.breaks_at = ranges, 1_500_000
    with pytest.raises(
        HrlibError, match=r"cannot be fetched to .*things.bin \(.*[0-9,]+ bytes are kept: call again.*By hand"
    ):
        fetch(server.url, target, MD5, "By hand.")
    assert not target.exists()
    kept = target.with_name("things.bin.part").stat().st_size
    assert 0 < kept <= 1_500_000
    server.breaks_at = None
    fetch(server.url, target, MD5)
    assert target.read_bytes() == CONTENT and server.asked[-1] == ("/a/things.bin", f"bytes={kept}-")
    assert [file.name for file in target.parent.iterdir()] == ["things.bin"]


def test_without_a_checksum_it_begins_anew(server, target):
    server.breaks_at = 1_500_000
    with pytest.raises(HrlibError, match="cannot be fetched"):
        fetch(server.url, target)
    server.breaks_at = None
    fetch(server.url, target)
    assert target.read_bytes() == CONTENT and server.asked[-1][1] is None


@pytest.mark.parametrize("before", [b"", b"x" * 1000])
def test_a_wrong_checksum_says_got_and_expected_and_leaves_nothing(server, target, before):
    target.parent.mkdir()
    if before:  # what another file of this name left: the rest does not fit it
        target.with_name("things.bin.part").write_bytes(before)
        expected = MD5
    else:
        expected = "md5:" + "0" * 32
    with pytest.raises(HrlibError, match=f"does not match the known hash: expected {expected} but got .*By hand"):
        fetch(server.url, target, expected, "By hand.")
    assert list(target.parent.iterdir()) == []
    assert fetch(server.url, target, MD5).read_bytes() == CONTENT


def test_a_part_that_is_longer_than_the_file_is_dropped(server, target):
    target.parent.mkdir()
    target.with_name("things.bin.part").write_bytes(CONTENT + b"more")
    with pytest.raises(HrlibError, match="416"):
        fetch(server.url, target, MD5)
    assert fetch(server.url, target, MD5).read_bytes() == CONTENT


def test_no_such_file_and_no_server(server, target):
    with pytest.raises(HrlibError, match=r"404 .*; .*\. By hand\."):
        fetch(server.url + ".gz", target, MD5, "By hand.")
    with pytest.raises(HrlibError, match=r"cannot be fetched to .*refused.*By hand\."):
        fetch("http://127.0.0.1:9/things.bin", target, MD5, "By hand.")


def test_an_archive_is_fetched_where_it_is_looked_for(server, tmp_path, write_archive):
    path = write_archive(tmp_path / "site", "things", {"list.csv": "a,b"}, "tgz")
    server.files["/a/things.tgz"] = content = path.read_bytes()
    url = server.url.replace(".bin", ".tgz")
    part = Part("things.tgz", "list.csv", url, "md5:" + hashlib.md5(content).hexdigest())
    for download in (True, False):
        archive = Archive.find("some", part, "", tmp_path / "data", download=download, cache_dir=tmp_path / "cache")
        assert archive.text("list.csv") == "a,b"
    assert len(server.asked) == 1 and (tmp_path / "data" / "some" / "things.tgz").read_bytes() == content


def test_without_a_folder_it_goes_to_the_cache(server, tmp_path, monkeypatch):
    monkeypatch.delenv("HRLIB_DATA", raising=False)
    monkeypatch.setenv("HRLIB_CACHE", str(tmp_path / "cache"))
    server.files["/a/things.zip"] = b"not a zip"
    part = Part("things.zip", "list.csv", server.url.replace(".bin", ".zip"))
    with pytest.raises(HrlibError, match=r"cache/data/some/things.zip is no whole zip file"):
        Archive.find("some", part, "", download=True)
