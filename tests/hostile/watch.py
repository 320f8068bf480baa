"""What a reader does to the machine while it reads: seen by Python's audit hook, and by what lies around its folder before and after."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from hrlib.catalogue.sources.matlab import READER

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# event -> the arguments that are paths which it changes, and the one that is the folder which a relative path starts from
CHANGES = {
    "os.chmod": ((0,), 2),
    "os.link": ((1,), 3),
    "os.mkdir": ((0,), 2),
    "os.remove": ((0,), 1),
    "os.rename": ((0, 1), 2),
    "os.rmdir": ((0,), 1),
    "os.symlink": ((1,), 2),
    "os.truncate": ((0,), None),
}
# no reader has a reason for these: something would be unpickled, fetched, offered to others, or started
REFUSED = (
    "pickle.find_class",
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
)
OURS = [sys.executable, "-P", "-c", READER]  # a reader that may crash has a process of its own

_folders: list[tuple[str, ...]] = []  # where writing is allowed, of the watch that is on
_seen: list[str] = []


def _hook(event: str, arguments: tuple) -> None:
    if not _folders:
        return
    if event in REFUSED and not (event == "subprocess.Popen" and list(arguments[1]) == OURS):
        _seen.append(f"{event}{arguments!r:.200}")
    elif event == "open" and (arguments[2] or 0) & WRITING and isinstance(arguments[0], (str, bytes, os.PathLike)):
        _check(event, arguments[0], None)
    elif event in CHANGES:
        places, start = CHANGES[event]
        for place in places:
            _check(event, arguments[place], None if start is None else arguments[start])


def _check(event: str, path: str | bytes | int, start: int | None) -> None:
    if isinstance(path, int):
        return
    path = os.fsdecode(path)
    if start is not None and start >= 0 and not os.path.isabs(path):
        path = os.path.join(os.readlink(f"/proc/self/fd/{start}"), path)
    # the folder is followed, the last name is not: it is the name that is made or taken away
    real = os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
    if real != os.devnull and "__pycache__" not in real and not any(f"{real}/".startswith(f) for f in _folders[-1]):
        _seen.append(f"{event} {real}")


sys.addaudithook(_hook)  # for good: a hook cannot be taken away; it does nothing while no watch is on


@contextlib.contextmanager
def watched(*folders: Path) -> Iterator[list[str]]:
    """Gives the list of what was done beyond writing below `folders`; complete when the block ends.

    Libraries written in C open files without telling Python: what lies beside the first folder is compared, too.
    """
    _seen.clear()
    before = _beside(folders)
    _folders.append(tuple(f"{os.path.realpath(folder)}/" for folder in folders))
    found: list[str] = []
    try:
        yield found
    finally:
        _folders.pop()
        found += [*_seen, *(f"beside the folder: {path}" for path in sorted(_beside(folders) ^ before))]


def _beside(folders: Sequence[Path]) -> set[tuple[str, int, int]]:
    """Name, size and time of change of all that lies beside the first of some folders, but for the others."""
    if not folders:
        return set()
    with os.scandir(folders[0].parent) as entries:
        stats = [(entry.path, entry.stat(follow_symlinks=False)) for entry in entries]
    return {(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats if Path(path) not in folders}
