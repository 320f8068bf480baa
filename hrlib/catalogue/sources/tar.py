"""Tar archives, which can only be read from their start, as zip files, which are read in any order by many processes."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from hrlib import progress
from hrlib.catalogue.store import cache_folder
from hrlib.errors import HrlibError
from hrlib.files import mark, sweep, sync, writing

# how many times its own size an archive's files may have: photos hardly shrink, lists of words to a tenth; and bytes that are always allowed
TIMES, ALWAYS = 100, 1 << 30


def as_zip(path: Path, cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """The files of a tar archive (plain or compressed) in a zip file without compression in the cache; made once.

    Only files are taken, no links. Nothing is unpacked to the disk under a name that the archive gives.

    Raises:
        HrlibError: the archive is cut off or damaged, a name in it points out of it, its files are far larger than it, or there is no
            room for the zip file.
    """
    stat = path.stat()
    key = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
    digest = hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    target = cache_folder(cache_dir) / "archives" / f"{path.name.split('.')[0]}-{digest}.zip"
    if target.is_file():
        return target
    aside = target.with_name(f".{target.name}.{mark()}")
    try:
        with open(path, "rb") as raw, writing(target, stat.st_size):
            target.parent.mkdir(parents=True, exist_ok=True)
            sweep(target.parent)
            _copy(raw, path, aside, stat.st_size)
            sync(aside)  # what has the name is taken for whole from then on
            os.replace(aside, target)
    except OSError as error:
        raise HrlibError(f"{path} cannot be read ({error})") from error
    finally:
        aside.unlink(missing_ok=True)
    return target


def _copy(raw: BinaryIO, path: Path, to: Path, size: int) -> None:
    try:
        _copy_members(raw, path, to, size)
    except HrlibError:
        raise
    except Exception as error:  # tarfile and the libraries of compression raise all kinds on a damaged file
        if (
            isinstance(error, OSError) and error.errno is not None
        ):  # the system's, such as of a full disk; theirs have no number
            raise
        raise HrlibError(f"{path} is no whole tar archive ({error}): fetch it again") from error


def _copy_members(raw: BinaryIO, path: Path, to: Path, size: int) -> None:
    bar = progress.bar(total=size, desc=f"reading {path.name}", unit="B", unit_scale=True)
    with bar, tarfile.open(fileobj=raw) as tar, zipfile.ZipFile(to, "w") as packed:
        left = max(ALWAYS, TIMES * size)
        for member in tar:
            if member.isfile():
                if (left := left - member.size) < 0:
                    raise HrlibError(
                        f"{path} has {size:,} bytes and holds files of more than {max(ALWAYS, TIMES * size):,}: is it a bomb?"
                    )
                entry = zipfile.ZipInfo(_inside(member.name, path))
                with tar.extractfile(member) as content, packed.open(entry, "w", force_zip64=True) as out:
                    shutil.copyfileobj(content, out, 1 << 20)
            bar.update(raw.tell() - bar.n)
        while tar.fileobj.read(1 << 20):  # to its very end, where gzip has the checksum of it all
            pass


def _inside(name: str, path: Path) -> str:
    """The name of a member without "./"; refused where it is absolute or climbs out."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts:
        raise HrlibError(f"{path}: the member {name!r} points out of the archive: expected names inside it")
    return str(pure)
