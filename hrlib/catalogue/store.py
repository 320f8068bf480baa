"""Photos at one size in one memory-mapped array, decoded once and kept in a cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import platformdirs
from PIL import Image

from hrlib import progress
from hrlib.catalogue.decoding import decoded
from hrlib.catalogue.images import Fit
from hrlib.errors import BadImage, HrlibError
from hrlib.files import abandoned, from_json, mark, sync, writing

FORMAT = 2
STALE_SECONDS = 24 * 3600


@dataclass(frozen=True, eq=False)
class ImageStore:
    """Some rows of an array (N0, H, W, 3) uint8, which lies on disk and is read as it is used.

    `fit` says how photos were brought to that size, so that others can be brought to it alike.
    """

    array: np.ndarray
    rows: np.ndarray
    fit: Fit = "pad"

    @classmethod
    def from_array(cls, array: np.ndarray) -> ImageStore:
        """A store over an array (N, H, W, 3) uint8 in memory."""
        if array.ndim != 4 or array.shape[-1] != 3 or array.dtype != np.uint8:
            raise HrlibError(f"photos are {array.shape} {array.dtype}: expected (N, H, W, 3) uint8")
        return cls(array, np.arange(len(array)))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int | slice | Sequence[int] | np.ndarray) -> np.ndarray:
        """Photos as copies: (H, W, 3) for an integer, else (n, H, W, 3)."""
        return np.array(self.array[self.rows[index]])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.array.shape[1:3]

    def subset(self, rows: np.ndarray) -> ImageStore:
        """Some of the photos; the pixels stay where they are."""
        return ImageStore(self.array, self.rows[rows], self.fit)


def cache_folder(cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """Where decoded photos are kept: the argument, the environment's HRLIB_CACHE, or the user's cache folder."""
    return Path(cache_dir or os.environ.get("HRLIB_CACHE") or platformdirs.user_cache_dir("hrlib"))


def build_store(
    references: Sequence[Any] | np.ndarray,
    read: Callable[[Any], bytes | Image.Image | np.ndarray],
    *,
    fingerprint: str,
    size: tuple[int, int],
    fit: Fit = "pad",
    on_bad: str = "raise",
    workers: int | None = None,
    cache_dir: str | Path | None = None,
    name: str = "photos",
) -> tuple[ImageStore, dict[int, str]]:
    """A store of the photos that the references stand for, decoded in parallel the first time and only opened from then on.

    Args:
        references: N picklable things, such as paths.
        read: gives an encoded photo (bytes), an RGB image, or a photo of the final size (H, W, 3) uint8; it runs in worker processes.
        fingerprint: of the content (see `hrlib.catalogue.originals`); with the settings it names the cache.
        size: (height, width); fit: see `resize`.
        on_bad: "raise" refuses bad photos by name; "skip" leaves them black and lists them.
        workers: processes; None: one a core. name: shown in the progress bar and in the folder's name.

    Returns:
        The store of all N rows, and the reason for each bad row (empty with on_bad="raise").

    Raises:
        BadImage: with on_bad="raise", the first bad photos and their number. HrlibError: the cache cannot be written, such as on a full disk.
    """
    if on_bad not in ("raise", "skip"):
        raise HrlibError(f"on_bad is {on_bad!r}: expected 'raise' or 'skip'")
    key = {"format": FORMAT, "fingerprint": fingerprint, "size": list(size), "fit": fit, "count": len(references)}
    digest = hashlib.blake2b(json.dumps(key, sort_keys=True).encode(), digest_size=12).hexdigest()
    short = name.encode()[:100].decode(errors="ignore")  # a file's name may have 255 bytes
    folder = cache_folder(cache_dir) / f"{short}-{digest}"
    _sweep(folder.parent)
    found = _open(folder, key)
    for _ in range(2):  # again, if another process has taken ours for the damaged one that both found
        if found is None:
            _build(folder, key, references, read, workers, name)
            found = _open(folder, key)
    if found is None:
        raise HrlibError(
            f"the cache {folder} was built and cannot be read: is the disk full or shared with another program?"
        )
    array, reasons = found
    # the cache is found by content and may have been made from files of other names: the names are added here
    bad = {row: f"{references[row]}: {reason}" for row, reason in reasons.items()}
    if bad and on_bad == "raise":
        shown = "; ".join(list(bad.values())[:5])
        raise BadImage(
            f"{len(bad)} of {len(references)} photos cannot be used: {shown}{'; ...' if len(bad) > 5 else ''}. "
            'Mend or remove them, or leave them out with on_bad="skip"'
        )
    return ImageStore(array, np.arange(len(references)), fit), bad


def _open(folder: Path, key: dict) -> tuple[np.ndarray, dict[int, str]] | None:
    """The finished cache, or None where there is none or it is damaged (it is then built again)."""
    try:
        manifest = from_json((folder / "manifest.json").read_bytes())
        array = np.load(folder / "photos.npy", mmap_mode="r", allow_pickle=False)
        if manifest["key"] != key or list(array.shape) != [key["count"], *key["size"], 3] or array.dtype != np.uint8:
            return None
        if array.offset + array.nbytes != (folder / "photos.npy").stat().st_size:
            return None
        bad = {int(row): str(reason) for row, reason in manifest["bad"].items()}
        return (array, bad) if all(0 <= row < key["count"] for row in bad) else None
    except Exception:  # numpy raises all kinds on a damaged file
        return None


def _build(
    folder: Path, key: dict, references: Sequence[Any] | np.ndarray, read: Callable, workers: int | None, name: str
) -> None:
    with writing(folder, len(references) * key["size"][0] * key["size"][1] * 3):
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".building-", suffix=f".{mark()}", dir=folder.parent))
        try:
            with open(aside / "photos.npy", "wb") as file:
                bad = _write_photos(file, key, references, read, workers, name)
            (aside / "manifest.json").write_text(json.dumps({"key": key, "bad": bad}))
            for path in (*aside.iterdir(), aside):
                sync(path)
            _put(aside, folder, key)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _write_photos(
    file: BinaryIO, key: dict, references: Sequence[Any] | np.ndarray, read: Callable, workers: int | None, name: str
) -> dict[int, str]:
    """Write the photos as .npy; the reason for each bad row. Not through a memory map: on a full disk that ends the process (SIGBUS)."""
    shape = (len(references), *key["size"], 3)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    bad, done = {}, 0
    results = decoded(references, read, tuple(key["size"]), key["fit"], workers)
    with contextlib.closing(results), progress.bar(total=len(references), desc=name, unit="photo") as bar:
        for pixels, reasons in results:
            file.write(pixels.data)
            bad.update({done + offset: reason for offset, reason in reasons.items()})
            done += len(pixels)
            bar.update(len(pixels))
    return bad


def _put(aside: Path, folder: Path, key: dict) -> None:
    """Give the finished folder its name. Where another process was quicker, its work is the same: ours is dropped."""
    for _ in range(3):
        try:
            os.rename(aside, folder)
            return
        except OSError:
            if _open(folder, key) is not None:
                return
            shutil.rmtree(folder, ignore_errors=True)  # a damaged one is in the way


def _sweep(parent: Path) -> None:
    """Drop what killed builds have left: those of this machine at once, others when they are too old to be work in progress."""
    for left in parent.glob(".building-*"):
        try:
            old = time.time() - left.stat().st_mtime > STALE_SECONDS
        except FileNotFoundError:  # it was finished just now, by another process
            continue
        if old or abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
