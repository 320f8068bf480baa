"""Photos as they come, encoded: in files, or in a zip archive. Their bytes, and fingerprints of their content."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import joblib

from hrlib.errors import BadImage

MAX_BYTES = 128_000_000  # of a photo's file; a JPEG as large as `decode` takes has about a third of that


def read_file(path: str | Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a file of at most so many, else a BadImage: the reader of photos that lie in a folder."""
    with open(path, "rb") as file:
        _check_size(str(path), os.fstat(file.fileno()).st_size, most)
        return file.read()


def _check_size(name: str, size: int, most: int) -> None:
    if size > most:
        raise BadImage(f"{name}: {size:,} bytes, more than the cap of {most:,}; make it smaller")


@dataclass(frozen=True)
class ZipReader:
    """Reads photos, of at most so many bytes unpacked, out of an archive by name; the archive is opened once a process."""

    path: str
    most: int = MAX_BYTES

    def __call__(self, name: str) -> bytes:
        try:
            archive = _archive(self.path, os.stat(self.path).st_mtime_ns)
            _check_size(f"{name} in {self.path}", archive.getinfo(name).file_size, self.most)  # zipfile unpacks no more
            return archive.read(name)
        except BadImage:
            raise
        except (
            Exception
        ) as error:  # zipfile raises all kinds: damaged, encrypted, packed in a way that it does not know
            raise BadImage(f"{name} is not in {self.path}, or damaged there ({error})") from error


@lru_cache(maxsize=8)
def _archive(path: str, changed: int) -> zipfile.ZipFile:
    """The open archive; one that was replaced since is opened anew."""
    return zipfile.ZipFile(path)


def files_fingerprint(paths: Iterable[str | Path]) -> str:
    """A fingerprint of the files' content, in their order; a missing file counts as such. Read in parallel threads."""
    digests = joblib.Parallel(8, prefer="threads")(joblib.delayed(_file_digest)(path) for path in paths)
    return hashlib.blake2b(b"".join(digests), digest_size=16).hexdigest()


def _file_digest(path: str | Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).digest()
    except OSError as error:
        return hashlib.blake2b(
            f"missing {path}: {error.errno}".encode("utf-8", "surrogateescape"), digest_size=16
        ).digest()


def zip_fingerprint(path: str | Path, names: Iterable[str]) -> str:
    """A fingerprint of members of an archive, from the checksums in its directory: nothing is unpacked."""
    with zipfile.ZipFile(path) as archive:
        listed = [(name, archive.getinfo(name).CRC, archive.getinfo(name).file_size) for name in names]
    return hashlib.blake2b(json.dumps(listed).encode(), digest_size=16).hexdigest()
