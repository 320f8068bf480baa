"""Decoding photos safely, and bringing them to one size."""

from __future__ import annotations

import io
import re
import warnings
from typing import Literal, get_args

import numpy as np
from PIL import Image, ImageOps

from hrlib.errors import BadImage, HrlibError

FORMATS = ("JPEG", "PNG", "WEBP")
STARTS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"RIFF....WEBP": "WEBP"}
MAX_PIXELS = 64_000_000
Fit = Literal["pad", "crop", "stretch"]


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, name: str = "") -> Image.Image:
    """An RGB image from the bytes of a JPEG, PNG or WEBP file; what the file is called does not matter.

    The header is checked before a pixel is decoded. The EXIF orientation is applied; transparency is laid on white; CMYK, palette, grey and
    16-bit pictures are converted. Of the several pictures in a phone's JPEG (MPO: a depth map, a second lens) the first is taken.

    Raises:
        BadImage: with `name` before the reason: empty, not an image, of another format, animated, more than `max_pixels`, or cut off.
    """
    name = f"{name}: " if name else ""
    if not data:
        raise BadImage(f"{name}the file is empty")
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of large pictures, where our own cap is the stricter one, and of damaged EXIF data
        return as_rgb(_opened(data, max_pixels, name), max_pixels=max_pixels, prefix=name)


def as_rgb(image: Image.Image, *, max_pixels: int = MAX_PIXELS, prefix: str = "") -> Image.Image:
    """A picture that Pillow has open, as `decode` gives those of files: upright, RGB, on white; refused for the same reasons."""
    if image.width * image.height > max_pixels:
        raise BadImage(
            f"{prefix}{image.width} x {image.height}, more than the cap of {max_pixels:,} pixels; make it smaller"
        )
    try:
        frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
        if frames == 1:
            image.load()
            return _rgb(_upright(image))
    except Exception as error:
        raise _damaged(prefix, image.format or "a picture", error) from error
    raise BadImage(f"{prefix}animated, {frames} frames; give a still picture")


def _opened(data: bytes, max_pixels: int, name: str) -> Image.Image:
    """The picture with its header read."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise BadImage(f"{name}more than the cap of {max_pixels:,} pixels; make it smaller ({error})") from error
    except Exception as error:
        kind = next((kind for start, kind in STARTS.items() if re.match(start, data, re.DOTALL)), None)
        if kind:
            raise _damaged(name, kind, error) from error
        raise BadImage(
            f"{name}not a JPEG, PNG or WEBP picture{_looks_like(data)}; convert it to one of these"
        ) from error


def _damaged(name: str, kind: str, error: Exception) -> BadImage:
    reason = str(error).split(" <_io.")[0]  # Pillow says at which address the bytes lie
    return BadImage(f"{name}{kind} that cannot be decoded, cut off or damaged ({reason})")


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF data say; as it lies where these are damaged and its pixels are not."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def resize(image: Image.Image, size: tuple[int, int], fit: Fit = "pad") -> np.ndarray:
    """The image at `size` = (height, width): an array (H, W, 3) uint8.

    "pad" keeps everything and fills the rest with the median colour of the border, which is the background of most product photos and so adds
    no edge; "crop" fills the frame and cuts what is over; "stretch" changes the proportions.
    """
    height, width = size
    if fit in get_args(Fit) and image.size == (width, height):
        return np.asarray(image)
    if fit == "pad":
        fill = tuple(int(value) for value in np.median(_border(image), axis=0))
        return np.asarray(ImageOps.pad(image, (width, height), Image.Resampling.LANCZOS, color=fill))
    if fit == "crop":
        return np.asarray(ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS))
    if fit == "stretch":
        return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))
    raise HrlibError(f"fit is {fit!r}: expected pad, crop or stretch")


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":  # 16 bits a channel: Pillow would clip them, not scale them
        image = Image.fromarray((np.asarray(image, dtype=np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _border(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image)
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _looks_like(data: bytes) -> str:
    start = data[:512].lstrip().lower()
    known = {
        b"gif8": "GIF",
        b"bm": "BMP",
        b"<svg": "SVG",
        b"<?xml": "XML or SVG",
        b"<": "HTML or XML",
        b"%pdf": "PDF",
        b"ii*": "TIFF",
        b"mm\0*": "TIFF",
    }
    return next((f" but {what}" for magic, what in known.items() if start.startswith(magic)), "")
