"""What is searched by: photos in all the forms in which they come, a part of one, and several as one vector."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hrlib.catalogue.images import as_rgb, decode
from hrlib.catalogue.originals import read_file
from hrlib.errors import BadImage, HrlibError
from hrlib.search.checks import Id, check_ids
from hrlib.settings import whole_number

MAX_BYTES = 128_000_000  # of a photo's file; a JPEG as large as `decode` takes has about a third of that
Crop = tuple[float, float, float, float]
# decoding silences Python's warnings, which are the whole process's: two at once would leave them silent
_decoding = threading.Lock()


@dataclass(frozen=True)
class Item:
    """A query that is an item of the store, by its id (a plain string is a path of a file)."""

    id: Id

    def __post_init__(self):
        object.__setattr__(self, "id", *check_ids([self.id]))


Photo = str | Path | bytes | np.ndarray | Image.Image | Item


def opened(photo: Photo) -> Image.Image:
    """A photo as an upright RGB image: the path or the bytes of a JPEG, PNG or WEBP file, an array (H, W, 3) uint8 or an image of Pillow's.

    Raises:
        BadImage: one that cannot be decoded, or is refused; the sentence can be shown to whom it belongs to.
        HrlibError: no such file, or no photo at all.
    """
    if isinstance(photo, str | Path):
        return _decoded(_read(Path(photo)), Path(photo).name)
    if isinstance(photo, bytes | bytearray | memoryview):
        return _decoded(bytes(photo))
    if isinstance(photo, np.ndarray):
        if photo.ndim != 3 or photo.shape[-1] != 3 or photo.dtype != np.uint8 or 0 in photo.shape:
            raise HrlibError(f"a photo of shape {photo.shape} and {photo.dtype}: expected (H, W, 3) uint8")
        return Image.fromarray(photo)
    if isinstance(photo, Image.Image):
        if 0 in photo.size:
            raise BadImage(f"{photo.width} x {photo.height}: a picture without a pixel; give another")
        return as_rgb(photo)
    raise HrlibError(
        f"a query is {photo!r:.80} ({type(photo).__name__}): expected a path, the bytes of a file, an array (H, W, 3) uint8, "
        "an image of Pillow's or Item(id)"
    )


def _decoded(data: bytes, name: str = "") -> Image.Image:
    with _decoding:
        return decode(data, name=name)


def _read(path: Path) -> bytes:
    if not os.path.isfile(path):
        raise HrlibError(
            f"there is no file {path!s:.300}: expected the path of a photo; an item of the store is Item(id)"
        )
    if (size := path.stat().st_size) > MAX_BYTES:
        raise BadImage(f"{path.name}: {size:,} bytes, more than the cap of {MAX_BYTES:,}; make it smaller")
    return read_file(path)


def cropped(image: Image.Image, crop: Crop | None) -> Image.Image:
    """The part (left, top, right, bottom) of an image, in pixels of it as it is seen (upright); what lies outside is left away.

    Raises:
        HrlibError: not four numbers, or a part without a pixel.
    """
    if crop is None:
        return image
    try:
        left, top, right, bottom = (float(value) for value in crop)
    except (TypeError, ValueError, OverflowError) as error:
        raise HrlibError(
            f"crop is {crop!r:.200}: expected four numbers, (left, top, right, bottom) in pixels"
        ) from error
    box = [left, top, right, bottom]
    if all(map(math.isfinite, box)):
        left, top = max(0, round(left)), max(0, round(top))
        right, bottom = min(image.width, round(right)), min(image.height, round(bottom))
        if left < right and top < bottom:
            return image.crop((left, top, right, bottom))
    raise HrlibError(
        f"crop is {box}, which holds no pixel of a photo of {image.width} x {image.height}: expected (left, top, right, bottom) "
        f"in pixels, left < right within 0..{image.width} and top < bottom within 0..{image.height}"
    )


def mean_direction(vectors: np.ndarray) -> np.ndarray:
    """The mean of unit vectors (N, D), made of unit length again: (D,) float32; of one vector itself."""
    if len(vectors) == 1:
        return vectors[0]
    mean = vectors.mean(axis=0, dtype=np.float64)
    if (norm := np.linalg.norm(mean)) < 1e-6:
        raise HrlibError(
            f"the {len(vectors)} queries cancel each other out (their mean is zero): search for them one by one"
        )
    return (mean / norm).astype(np.float32)


def as_list(query: Photo | Sequence[Photo] | None) -> list[Any]:
    """The photos of a query: of one, of a sequence of several, or none."""
    if query is None:
        return []
    return list(query) if isinstance(query, list | tuple) else [query]


def check_query(asked: list, k: int, crop: Crop | None, text: str | None) -> str | None:
    """Refuse what is no query; returns the text, None where it is blank."""
    whole_number("k", k, 0)
    if not isinstance(text, str | None):
        raise HrlibError(f"text is {text!r} ({type(text).__name__}): expected words")
    text = (text or "").strip() or None
    if not asked and text is None:
        raise HrlibError("nothing to search for: give a photo, Item(id), a list of them, or a text")
    if crop is not None and len(asked) != 1:
        raise HrlibError(f"a crop of {len(asked)} photos: expected one photo, to which it belongs")
    return text
