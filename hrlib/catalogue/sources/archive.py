"""A data set as it is distributed: its zip file, or the folder that it was unpacked to."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hrlib.catalogue.store import ZipReader, files_fingerprint, read_file, zip_fingerprint
from hrlib.errors import HrlibError


@dataclass(frozen=True)
class Archive:
    """The members of a zip file or of a folder, by their names with forward slashes."""

    path: Path

    @classmethod
    def find(cls, stem: str, marker: str, where: str, data_dir: str | os.PathLike[str] | None) -> Archive:
        """STEM.zip or the folder STEM below data_dir, or data_dir itself if it holds the file `marker`.

        Raises:
            HrlibError: none of them is there; `where` says where to get the data.
        """
        given = data_dir or os.environ.get("HRLIB_DATA")
        if not given:
            raise HrlibError(f"no folder for {stem}: give data_dir=... or set HRLIB_DATA. {where}")
        folder = Path(given).expanduser()
        for path in (folder / f"{stem}.zip", folder / stem, folder):
            if path.suffix == ".zip" and path.is_file():
                return cls(path)
            if (path / marker).exists():
                return cls(path)
        raise HrlibError(f"neither {stem}.zip nor {stem}/{marker} is in {folder}. {where}")

    def names(self) -> list[str]:
        """All files, sorted."""
        if self.path.is_dir():
            return sorted(path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file())
        try:
            with zipfile.ZipFile(self.path) as archive:
                return sorted(name for name in archive.namelist() if not name.endswith("/"))
        except zipfile.BadZipFile as error:
            raise HrlibError(f"{self.path} is no whole zip file ({error}): fetch it again") from error

    def text(self, name: str) -> str:
        """The content of a text file.

        Raises:
            HrlibError: there is no such file.
        """
        try:
            data = (self.path / name).read_bytes() if self.path.is_dir() else ZipReader(str(self.path))(name)
        except (OSError, HrlibError) as error:
            raise HrlibError(f"{name} is missing in {self.path}: is this the whole data set?") from error
        return data.decode("utf-8-sig", errors="replace")

    def photos(self, names: Sequence[str]) -> tuple[list[str], Callable[[str], bytes], str]:
        """What `build_store` needs for some members: references, a reader and a fingerprint."""
        if self.path.is_dir():
            paths = [str(self.path / name) for name in names]
            return paths, read_file, files_fingerprint(paths)
        return list(names), ZipReader(str(self.path)), zip_fingerprint(self.path, names)

    def checksums(self, names: Sequence[str]) -> list[tuple[int, int]]:
        """(CRC-32, size) of some members: equal for files that are equal byte by byte, and only by a rare chance for others."""
        if self.path.is_dir():
            data = (path.read_bytes() for path in (self.path / name for name in names))
            return [(zipfile.crc32(content), len(content)) for content in data]
        with zipfile.ZipFile(self.path) as archive:
            return [(archive.getinfo(name).CRC, archive.getinfo(name).file_size) for name in names]
