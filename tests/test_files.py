import os
import platform
import subprocess
import sys

import pytest

from hrlib.files import abandoned, from_json, mark, write


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    write(tmp_path / "file", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
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
    write(tmp_path / "file [1]", b"whole")
    assert {file.name for file in tmp_path.iterdir()} == {"file [1]", names[os.getppid()].name, other.name}


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
