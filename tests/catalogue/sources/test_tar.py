import gzip
import io
import random
import tarfile
import zipfile

import pytest

from hrlib import HrlibError
from hrlib.catalogue.sources.tar import as_zip


def test_files_come_over_and_links_do_not(tmp_path, write_archive):
    path = write_archive(tmp_path, "things", {"./a/b.txt": "one", "c.bin": bytes(70_000)}, "tgz")
    with gzip.open(path) as packed:
        content = packed.read()
    with tarfile.open(fileobj=(more := io.BytesIO(content)), mode="a") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    (tmp_path / "plain.tar").write_bytes(more.getvalue())
    for source in (path, tmp_path / "plain.tar"):
        made = as_zip(source, tmp_path / "cache")
        with zipfile.ZipFile(made) as archive:
            assert archive.namelist() == ["a/b.txt", "c.bin"] and archive.testzip() is None
            assert archive.read("a/b.txt") == b"one" and len(archive.read("c.bin")) == 70_000
        changed = made.stat().st_mtime_ns
        assert as_zip(source, tmp_path / "cache") == made and made.stat().st_mtime_ns == changed  # only once


@pytest.mark.parametrize("name", ["../evil.txt", "a/../../evil.txt", "/evil.txt"])
def test_a_member_that_points_out_is_refused_and_nothing_is_written(tmp_path, write_archive, name):
    path = write_archive(tmp_path / "deep" / "er", "things", {"good.txt": "one", name: "evil"}, "tar.gz")
    with pytest.raises(HrlibError, match=r"things.tar.gz: the member '.*evil.txt' points out of the archive"):
        as_zip(path, tmp_path / "cache")
    left = [file.name for file in tmp_path.rglob("*") if file.is_file()]
    assert left == ["things.tar.gz"]


@pytest.mark.parametrize("kept", [0.5, 0.98, 100])
def test_a_cut_off_archive_is_named_and_nothing_is_left(tmp_path, write_archive, kept):
    noise = bytes(range(256)) * 40
    path = write_archive(tmp_path, "things", {f"{n}.bin": noise[n:] + noise[:n] for n in range(20)}, "tgz")
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if kept > 1 else int(len(whole) * kept)])
    with pytest.raises(HrlibError, match=r"things.tgz is no whole tar archive \(.*\): fetch it again"):
        as_zip(path, tmp_path / "cache")
    assert list((tmp_path / "cache" / "archives").iterdir()) == []


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2", "tar.xz"])
def test_a_byte_that_is_another_is_seen_by_the_checksum(tmp_path, kind):
    path = tmp_path / f"things.{kind}"
    with tarfile.open(path, f"w:{kind.split('.')[1]}") as archive:
        entry = tarfile.TarInfo("noise.bin")  # which no compression makes smaller: it stands there as it is
        entry.size = 50_000
        archive.addfile(entry, io.BytesIO(random.Random(0).randbytes(entry.size)))
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(HrlibError, match=rf"(?s)things.{kind} is no whole tar archive \(.*\): fetch it again"):
        as_zip(path, tmp_path / "cache")
    assert list((tmp_path / "cache" / "archives").iterdir()) == []


def test_something_else_under_the_name(tmp_path):
    (tmp_path / "things.tgz").write_text("<html>404</html>")
    with pytest.raises(HrlibError, match="things.tgz is no whole tar archive"):
        as_zip(tmp_path / "things.tgz", tmp_path / "cache")
