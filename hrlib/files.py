"""Writing files so that a crash or a full disk leaves the old one or the new one, whole, and its remains are
swept; JSON of unknown origin."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from hrlib.errors import HrlibError

HALF = re.compile(
    r"[\ud800-\udfff]|\\u[dD][89a-fA-F]"
)  # of a surrogate pair, as it is or written in ASCII; perhaps with the other half


def write(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader finds the old content or the new, never a part.

    The first call for a folder also sweeps what killed processes have left there.

    Raises:
        HrlibError: the disk is full, or nothing may be written there.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files that belong together: none gets its name before all are on the disk, so that a full one leaves all as they were."""
    asides = {path: path.with_name(f".{path.name}.{mark()}") for path in files}
    with writing(next(iter(files)), sum(map(len, files.values()))):
        try:
            for path, aside in asides.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                _sweep_once(path.parent.resolve())
                with open(aside, "wb") as file:
                    file.write(files[path])
                    file.flush()
                    os.fsync(file.fileno())
            for path, aside in asides.items():
                os.replace(aside, path)
        finally:
            for aside in asides.values():
                with contextlib.suppress(OSError):  # it has its name, or was never begun
                    aside.unlink()


@contextlib.contextmanager
def writing(path: Path, size: int | None = None) -> Iterator[None]:
    """A block that writes `path`, about `size` bytes, and leaves what was there whole if it fails: its OSErrors become an HrlibError.

    It says what was to be written, how much, why that was not possible, and what to do.
    """
    try:
        yield
    except OSError as error:
        free, full = _free(path), error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = f"{path} cannot be written" + ("" if size is None else f" ({size:,} bytes)")
        why = f"the disk is full ({free:,} bytes are free)" if full else error.strerror or str(error)
        todo = "Make room there or choose another folder" if full else "Choose another folder, or mend this one"
        raise HrlibError(f"{what}: {why}. {todo}, and do it again; what was there before is as it was") from error


def _free(path: Path) -> int:
    """The bytes that are free where `path` is to be."""
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    return shutil.disk_usage(there).free


def sweep(folder: Path) -> None:
    """Remove what processes have left in the folder that were killed while they wrote."""
    for left in folder.glob(".*"):
        if abandoned(left):
            with contextlib.suppress(OSError):  # another process was quicker, or it is not ours to remove
                shutil.rmtree(left) if left.is_dir() else left.unlink()


_sweep_once = lru_cache(maxsize=1024)(sweep)


def sync(path: Path) -> None:
    """Return when a file's content, or a folder's list of names, is on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def from_json(text: str | bytes, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value that a JSON text stands for; whatever is wrong with the text is a ValueError, also that it is nested too deeply,
    or holds half of a surrogate pair, which JSON can write and which no table, file or page can take.

    Args:
        pairs: makes an object of its keys and values; None makes a dictionary.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))  # json itself would let halves pass
    try:
        value = json.loads(text, object_pairs_hook=pairs)
        if HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a surrogate pair, which is no character") from error
    return value


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
