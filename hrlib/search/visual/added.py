"""The photos of items that were added: kept by a digest of their pixels, which stands in the item's metadata.

So whatever saves the store, whole, has also saved which photo belongs to which item. The photos themselves are PNG files called by their
digest, written before the store is saved; files that no item has any more are removed after that.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hrlib.errors import HrlibError
from hrlib.files import sync, write, writing
from hrlib.search.visual.queries import opened

DIGEST = re.compile("[0-9a-f]{32}")
COLUMN = "added_photo"  # of the store's metadata: the digest of an added item's photo


class AddedPhotos:
    """Photos (H, W, 3) uint8 by their digest: those added in this process in memory, those before it in a folder.

    Args:
        folder: where those before were saved; None: there are none.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder
        self._pixels: dict[str, np.ndarray] = {}

    def put(self, pixels: np.ndarray) -> str:
        """Keep a photo; returns its digest."""
        name = _digest(pixels)
        self._pixels[name] = pixels
        return name

    def drop(self, name: str) -> None:
        """Forget a photo that no item has any more; its file, if there is one, is left to `remove_unused`."""
        self._pixels.pop(name, None)

    def get(self, name: str) -> np.ndarray:
        """The photo of a digest; HrlibError where it is missing or damaged."""
        if (pixels := self._pixels.get(name)) is not None:
            return pixels.copy()
        if not DIGEST.fullmatch(name):  # a path out of the folder, perhaps
            raise HrlibError(
                f"the photo of an added item is called {name!r:.80}: expected a digest; add the item again"
            )
        path = (self.folder or Path()) / f"{name}.png"
        if self.folder is None or not path.is_file():
            raise HrlibError(f"the photo of an added item is missing ({path}): restore its file, or add the item again")
        pixels = np.array(opened(path))
        if _digest(pixels) != name:
            raise HrlibError(
                f"{path} is damaged (its pixels are not those that were saved): restore it, or add the item again"
            )
        return pixels

    def save(self, folder: Path) -> None:
        """Write all photos to a folder; those that are there already stay as they are."""
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for name, pixels in self._pixels.items():
                if not (path := folder / f"{name}.png").is_file():
                    data = io.BytesIO()
                    Image.fromarray(pixels).save(data, "PNG")
                    write(path, data.getvalue())
            if self.folder and self.folder.resolve() != folder.resolve():
                for path in _files(self.folder):
                    if not (folder / path.name).is_file():
                        write(folder / path.name, path.read_bytes())
            sync(folder)

    def remove_unused(self, folder: Path, used: Callable[[str], bool]) -> None:
        """Remove the files of photos that no item has any more, once a store is saved that does not know them.

        Those too that a process left which was killed before it came to this; other files are let alone.
        """
        for path in _files(folder):
            if not used(path.stem):
                path.unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    """The photos in a folder: what is called by a digest."""
    return [path for path in folder.glob("*.png") if DIGEST.fullmatch(path.stem)]


def _digest(pixels: np.ndarray) -> str:
    return hashlib.blake2b(f"{pixels.shape}".encode() + pixels.tobytes(), digest_size=16).hexdigest()
