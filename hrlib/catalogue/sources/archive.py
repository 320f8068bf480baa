"""A data set as it is distributed: its zip or tar file, or the folder that it was unpacked to."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from hrlib.catalogue.originals import ZipReader, read_file, zip_fingerprint
from hrlib.catalogue.sources.download import fetch
from hrlib.catalogue.sources.parts import SUFFIXES, Part, absence, places
from hrlib.catalogue.sources.tar import as_zip
from hrlib.errors import HrlibError

MOST_BYTES = 1_000_000_000  # of a list or an array in an archive, unpacked; the largest that is known, CIFAR-100's, has 153 million


class Member(NamedTuple):
    """A photo in an archive (a zip file, or a folder)."""

    archive: str
    name: str

    def __str__(self) -> str:
        return self.name


def read_member(member: Member) -> bytes:
    """The bytes of a photo; it runs in worker processes."""
    if member.archive.endswith(".zip"):
        return ZipReader(member.archive)(member.name)
    return read_file(os.path.join(member.archive, member.name))


@dataclass(frozen=True)
class Archive:
    """The files of a zip file or of a folder, by their names with forward slashes, below `prefix`."""

    path: Path
    prefix: str = ""

    @classmethod
    def find(
        cls,
        source: str,
        part: Part,
        where: str,
        data_dir: str | os.PathLike[str] | None = None,
        *,
        download: bool = False,
        cache_dir: str | os.PathLike[str] | None = None,
    ) -> Archive:
        """A part of a data set, packed or unpacked, in data_dir/SOURCE or in data_dir.

        Raises:
            HrlibError: it is not there (`where` says where to get it), cannot be downloaded, or holds something else.
        """
        roots = places(source, where, data_dir, download)
        if found := cls.search(roots, part, cache_dir):
            return found
        if download and part.url:
            return cls._packed(fetch(part.url, roots[0] / part.file, part.checksum, where), part.marker, cache_dir)
        raise HrlibError(absence(part.file, f"{part.stem}/{part.marker}", roots, part.url, download, where))

    @classmethod
    def search(
        cls, roots: Sequence[Path], part: Part, cache_dir: str | os.PathLike[str] | None = None
    ) -> Archive | None:
        """A part of a data set, packed or unpacked, in the first of some folders that holds it, or None."""
        for root in (root / folder for root in roots for folder in part.folders):
            for suffix in SUFFIXES:
                if (path := root / (part.stem + suffix)).is_file():
                    return cls._packed(path, part.marker, cache_dir)
            for folder in (root / part.stem / part.stem, root / part.stem, root):
                if (folder / part.marker).exists():
                    return cls(folder)
        return None

    @classmethod
    def _packed(cls, path: Path, marker: str, cache_dir: str | os.PathLike[str] | None) -> Archive:
        whole = cls(path if path.suffix == ".zip" else as_zip(path, cache_dir))
        places = [(f"/{name}/".find(f"/{marker}/"), name) for name in whole._names]
        prefixes = [name[:place] for place, name in places if place >= 0]
        if not prefixes:
            raise HrlibError(f"{path} holds no {marker}: is it the right file, and whole?")
        return cls(whole.path, min(prefixes, key=len))

    @cached_property
    def _names(self) -> set[str]:
        """All files; those of a zip file with the prefix."""
        if self._unpacked:
            return {path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file()}
        try:
            with zipfile.ZipFile(self.path) as archive:
                return {name for name in archive.namelist() if not name.endswith("/")}
        except Exception as error:  # zipfile raises all kinds on a damaged file
            raise HrlibError(f"{self.path} is no whole zip file ({error}): fetch it again") from error

    @cached_property
    def _unpacked(self) -> bool:
        return self.path.is_dir()

    def names(self) -> list[str]:
        """All files below the prefix, sorted."""
        return sorted(name.removeprefix(self.prefix) for name in self._names if name.startswith(self.prefix))

    def __contains__(self, name: str) -> bool:
        if self._unpacked:
            return os.path.isfile(self._file(name))
        return self.prefix + name in self._names

    @cached_property
    def _inside(self) -> str:
        """The folder's path, with a separator at its end."""
        return os.path.join(os.path.normpath(self.path), "")

    def _file(self, name: str) -> str:
        """A file of a folder; a name that leads out of it is refused."""
        file = os.path.normpath(os.path.join(self._inside, name))
        if not file.startswith(self._inside):
            raise HrlibError(f"{self.path}: the name {name!r} points out of the folder: expected names inside it")
        return file

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            HrlibError: there is no such file.
        """
        if name not in self:
            raise HrlibError(f"{name} is missing in {self.path}: is this the whole data set?")
        if self._unpacked:
            return read_file(self._file(name), MOST_BYTES)
        return ZipReader(str(self.path), MOST_BYTES)(self.prefix + name)

    def text(self, name: str) -> str:
        """The content of a text file, as `read`."""
        return self.read(name).decode("utf-8-sig", errors="replace")

    def members(self, names: Sequence[str]) -> list[Member | None]:
        """The photos of these names, None where there is no such file."""
        return [Member(str(self.path), self.prefix + name) if name in self else None for name in names]

    def checksums(self, names: Sequence[str]) -> list[tuple[int, int]]:
        """(CRC-32, size) of some files: equal for files that are equal byte by byte, and only by a rare chance for others."""
        if self._unpacked:
            data = (read_file(self._file(name)) for name in names)
            return [(zlib.crc32(content), len(content)) for content in data]
        with zipfile.ZipFile(self.path) as archive:
            entries = [archive.getinfo(self.prefix + name) for name in names]
        return [(entry.CRC, entry.file_size) for entry in entries]


def fingerprint(members: Sequence[Member]) -> str:
    """A fingerprint of photos: the checksums that a zip file lists, a folder's sizes and times. No photo is read.

    Some of these sets have 120 GB: they cannot be read whole at every load.
    """
    archives: dict[str, list[str]] = {}
    for member in members:
        archives.setdefault(member.archive, []).append(member.name)
    number = {archive: place for place, archive in enumerate(archives)}
    parts = [zip_fingerprint(a, n) if a.endswith(".zip") else _stats(a, n) for a, n in archives.items()]
    order = [number[member.archive] for member in members] if len(archives) > 1 else []
    return hashlib.blake2b(json.dumps([parts, order]).encode(), digest_size=16).hexdigest()


def _stats(folder: str, names: Sequence[str]) -> list[tuple[str, int, int]]:
    found = ((name, os.stat(os.path.join(folder, name))) for name in names)
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]
