"""The files that a data set is distributed as: their names, where they are looked for, and what is said where they are missing."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrlib.catalogue.store import cache_folder
from hrlib.errors import HrlibError

SUFFIXES = (".zip", ".tgz", ".tar.gz", ".tar")


@dataclass(frozen=True)
class Part:
    """One of the files that a data set is distributed as.

    Attributes:
        file: its name: "CUB_200_2011.tgz".
        marker: a file or folder in it by which it is known, packed or unpacked.
        url: where its publisher offers it for download, if so; checksum: "md5:...", if the publisher gives one.
        folders: where it may lie in the data set's folder.
    """

    file: str
    marker: str
    url: str | None = None
    checksum: str | None = None
    folders: tuple[str, ...] = ("",)

    @property
    def stem(self) -> str:
        """The name without .zip, .tgz, .tar.gz or .tar."""
        return next((self.file.removesuffix(end) for end in SUFFIXES if self.file.endswith(end)), self.file)


def places(source: str, where: str, data_dir: str | os.PathLike[str] | None, download: bool) -> list[Path]:
    """The folders to look in for a data set: data_dir/SOURCE and data_dir; a download goes to the first.

    None takes the environment's HRLIB_DATA, or what was downloaded to the cache folder before.
    """
    if given := data_dir or os.environ.get("HRLIB_DATA"):
        folder = Path(given).expanduser()
        return [folder / source, folder]
    folder = cache_folder() / "data" / source
    if not folder.is_dir() and not download:
        raise HrlibError(f"no folder for {source}: give data_dir=... or set HRLIB_DATA. {where}")
    return [folder]


def absence(packed: str, unpacked: str, roots: Sequence[Path], url: str | None, download: bool, where: str) -> str:
    """The words of the error about a file that is not there."""
    if download:
        why = f"download=True cannot help: the publisher of {packed} offers no plain download. "
    else:
        why = "With download=True it is fetched. " if url else ""
    return f"neither {packed} nor {unpacked} is in {' or '.join(map(str, roots))}. {why}{where}"


def rows_of(text: str, what: str, **settings: Any) -> list[list[str]]:
    """The rows of a list with commas, blank ones left out; `what` it is stands in the error, `settings` are those of csv.reader."""
    try:
        return [row for row in csv.reader(io.StringIO(text), **settings) if row]
    except csv.Error as error:
        raise HrlibError(f"{what} cannot be read as a table: {error}") from error


def is_number(text: str) -> bool:
    """Whether it is a number from 0 as the lists have them: of other digits and of thousands of them Python thinks otherwise."""
    return text.isascii() and text.isdigit() and len(text) < 10
