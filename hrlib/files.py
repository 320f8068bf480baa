"""Writing files so that a crash leaves the old one or the new one, whole, and its remains are swept; JSON of unknown origin."""

from __future__ import annotations

import glob
import json
import os
import platform
from pathlib import Path
from typing import Any


def write(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader finds the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        if abandoned(left):
            left.unlink(missing_ok=True)
    aside = path.with_name(f".{path.name}.{mark()}")
    try:
        with open(aside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Return when a file's content, or a folder's list of names, is on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def from_json(text: str | bytes) -> Any:
    """The value that a JSON text stands for; whatever is wrong with the text is a ValueError, also that it is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def mark() -> str:
    """The end of the name of what this process writes aside: its machine and its number there."""
    return f"{platform.node()}.{os.getpid()}"


def abandoned(path: Path) -> bool:
    """Whether the process that marked the name of `path` was of this machine and lives no more."""
    start, _, number = path.name.rpartition(".")
    if not start.endswith(f".{platform.node()}") or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)  # the signal 0 only asks whether the process is there
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # it is there, and another user's; or there never was such a number
        pass
    return False
