import os
import platform
import subprocess
import sys

import pytest

from hrlib import HrlibError
from hrlib.files import abandoned, from_json, mark, sweep, write


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    write(tmp_path / "file", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(
        HrlibError, match=r"file cannot be written \(3 bytes\): the disk is full .* what was there before is as it was"
    ):
        write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_what_a_killed_process_left_is_swept_and_a_living_one_s_is_not(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    node = platform.node()
    names = {number: tmp_path / f".file [1].{node}.{number}" for number in (dead.pid, os.getppid())}
    other = tmp_path / f".file [1].of-another-machine.{dead.pid}"
    for left in (*names.values(), other):
        left.write_bytes(b"half")
    assert abandoned(names[dead.pid]) and not abandoned(names[os.getppid()]) and not abandoned(other)
    write(tmp_path / "another", b"whole")
    assert {file.name for file in tmp_path.iterdir()} == {"another", names[os.getppid()].name, other.name}


def test_folders_are_swept_too_and_whole_names_are_not(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".folder.{platform.node()}.{dead.pid}" / "in it").mkdir(parents=True)
    (tmp_path / f"folder.{platform.node()}.{dead.pid}").mkdir()
    sweep(tmp_path)
    sweep(tmp_path / "nowhere")
    assert [path.name for path in tmp_path.iterdir()] == [f"folder.{platform.node()}.{dead.pid}"]


def test_where_nothing_can_be_written_the_error_says_why(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file" / "in a file", tmp_path / "file" / "deeper" / "in a file"):
        with pytest.raises(
            HrlibError,
            match=r"in a file cannot be written \(3 bytes\): (File exists|Not a directory). Choose another folder",
        ):
            write(path, b"new")
    (tmp_path / "folder").mkdir()
    with pytest.raises(HrlibError, match="folder cannot be written .* Is a directory"):
        write(tmp_path / "folder", b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize(
    "name", ["", ".", "1", f"x.{platform.node()}.", f"x.{platform.node()}.one", f"x.{platform.node()}.{10**30}"]
)
def test_names_without_a_mark_are_nobody_s(tmp_path, name):
    assert not abandoned(tmp_path / name)
    assert mark() == f"{platform.node()}.{os.getpid()}"


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, b"\xff\xfe", '{"a": 1} 2'], ids=["empty", "cut", "deep", "bytes", "more"]
)
def test_whatever_is_no_json_is_one_kind_of_error(text):
    with pytest.raises(ValueError):
        from_json(text)
    assert from_json(b'{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize("text", ['["\\ud83d"]', '{"\\uDE00": 1}', '["\ud83d"]', b'["\xed\xa0\xbd"]', b'"\xff"'])
def test_half_a_surrogate_pair_is_no_json(text):
    with pytest.raises(ValueError):
        from_json(text)


def test_whole_surrogate_pairs_are_a_character():
    face = ["\U0001f600"]
    assert from_json('["\\ud83d\\ude00"]') == from_json('["\U0001f600"]'.encode()) == face
    assert from_json('["\U0001f600"]'.encode("utf-16")) == face and from_json('["\\\\ud83d"]') == ["\\ud83d"]
    assert from_json('{"a": [1]}', pairs=list) == [("a", [1])]
