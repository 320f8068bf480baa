"""Photos as users send them: compressed, cropped, drawn upon, with a sticker, blurred, made small.

The kinds are those of visual search in a shop (Nadkarni, Dasararaju, 2022, arXiv 2210.04560). How bad each severity is was chosen here, by eye.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from hrlib.errors import HrlibError

KINDS = ("jpeg", "crop", "scribble", "overlay", "blur", "resize")

# A value for each severity, 1 to 5. What is a share of the photo's sides or area looks alike at any size of photo; so does
# "resize", which leaves a number of pixels. Only the blocks of JPEG are 8 x 8 pixels always: in a larger photo they are seen less.
JPEG_QUALITY = (35, 20, 12, 8, 6)  # PIL's, 1 to 95; at 9 and at 5 a white ground happens to turn grey
CROP_SIDE = (0.88, 0.78, 0.68, 0.59, 0.5)  # of the photo's width and height that the window keeps
STROKES = (1, 2, 4, 6, 8)
STROKE_WIDTH = (0.03, 0.036, 0.043, 0.051, 0.06)  # of the photo's shorter side
STICKER_AREA = (0.06, 0.12, 0.2, 0.3, 0.42)  # of the photo's
BLUR_SIGMA = (0.011, 0.02, 0.032, 0.047, 0.065)  # of the photo's shorter side
RESIZE_SIDE = (0.6, 0.42, 0.3, 0.22, 0.16)  # of the pixels along each side that are left in between ...
RESIZED_FROM = 48  # ... of a photo whose shorter side has so many; of a larger one as many pixels as of that are left

TEXTS = ("SALE", "NEW", "-50%", "TOP", "FREE", "9.99", "24.90", "149.-", "SOLD", "2 FOR 1")


def degrade(
    photos: np.ndarray,
    kind: str,
    severity: int,
    seed: int | Sequence[int] = 0,
    positions: Sequence[int] | np.ndarray | None = None,
) -> np.ndarray:
    """Photos (B, H, W, 3) uint8 as a user might send them: a new array of the same shape.

    What is random (the window of "crop", the strokes of "scribble", the sticker of "overlay") depends on the seed and the photo's position
    only, not on the photos around it. At a higher severity the same window is smaller, the same sticker larger, and strokes are added.

    Args:
        kind: "jpeg" (compressed), "crop" (a window, enlarged to the whole), "scribble" (strokes), "overlay" (a sticker with a text),
            "blur" (Gaussian) or "resize" (made small and enlarged again).
        severity: 1 to 5, see the tables of this module; 0 changes nothing.
        seed: an integer of 0 or more, or several.
        positions: (B,) the photos' numbers, such as their rows in a catalogue; None: 0, 1, ...

    Raises:
        HrlibError: photos that are not (B, H, W, 3) uint8, an unknown kind, a severity that is none, a negative seed or position,
            another number of positions than photos.
    """
    check(kind, severity)
    result = _copied(photos)
    numbers = range(len(photos)) if positions is None else positions
    if len(numbers) != len(photos):
        raise HrlibError(f"{len(numbers)} positions for {len(photos)} photos: expected one a photo")
    if severity:
        for row, number in enumerate(numbers):
            result[row] = _degraded(photos[row], kind, severity, _generator(seed, number))
    return result


def degrade_randomly(photos: np.ndarray, seed: int | Sequence[int] = 0, share: float = 0.5) -> np.ndarray:
    """For training: each photo of a batch (B, H, W, 3) uint8 is, with probability `share`, degraded in a random kind at a severity of 1 to 5."""
    if not 0 <= share <= 1:
        raise HrlibError(f"share is {share}: expected 0 to 1, the probability that a photo is degraded")
    result = _copied(photos)
    for row, photo in enumerate(photos):
        rng = _generator(seed, row)
        if rng.random() < share:
            kind, severity = KINDS[rng.integers(len(KINDS))], int(rng.integers(1, 6))
            result[row] = _degraded(photo, kind, severity, rng)
    return result


def check(kind: str, severity: int) -> None:
    """Refuse what is no kind or no severity."""
    if kind not in KINDS:
        raise HrlibError(f"kind is {kind!r}: expected one of {', '.join(KINDS)}")
    if isinstance(severity, bool) or not isinstance(severity, int | np.integer) or not 0 <= severity <= 5:
        raise HrlibError(f"severity is {severity!r}: expected an integer, 0 (unchanged) to 5 (worst)")


def _copied(photos: np.ndarray) -> np.ndarray:
    good = isinstance(photos, np.ndarray) and photos.ndim == 4 and photos.shape[-1] == 3 and photos.dtype == np.uint8
    if not good or 0 in photos.shape[1:]:
        said = f"{photos.shape} {photos.dtype}" if isinstance(photos, np.ndarray) else type(photos).__name__
        raise HrlibError(f"photos are {said}: expected an array (B, H, W, 3) uint8, H and W at least 1")
    return photos.copy()


def _generator(seed: int | Sequence[int], position: int) -> np.random.Generator:
    words = [int(word) for word in (*np.atleast_1d(seed), position)]
    if min(words) < 0:
        raise HrlibError(f"seed {seed} and position {position}: expected integers of 0 or more")
    return np.random.default_rng(words)


def _degraded(pixels: np.ndarray, kind: str, severity: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(_CHANGES[kind](Image.fromarray(pixels), severity - 1, rng))


def _jpeg(photo: Image.Image, at: int, rng: np.random.Generator) -> Image.Image:
    data = io.BytesIO()
    photo.save(data, "JPEG", quality=JPEG_QUALITY[at])
    return Image.open(data)


def _crop(photo: Image.Image, at: int, rng: np.random.Generator) -> Image.Image:
    size = np.array(photo.size)
    corner = rng.random(2) * size * (1 - CROP_SIDE[at])
    return photo.resize(photo.size, Image.Resampling.BICUBIC, box=(*corner, *(corner + size * CROP_SIDE[at])))


def _scribble(photo: Image.Image, at: int, rng: np.random.Generator) -> Image.Image:
    """Strokes of 16 short steps, whose direction turns at random; at the edges of the photo they turn back."""
    size = np.array(photo.size)
    draw, width = ImageDraw.Draw(photo), max(1, round(STROKE_WIDTH[at] * size.min()))
    for _ in range(STROKES[at]):
        start, colour = rng.random(2) * size, tuple(rng.integers(256, size=3).tolist())
        angles = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.5, 16).cumsum()
        path = start + 0.09 * size.min() * np.stack([np.cos(angles), np.sin(angles)], axis=1).cumsum(axis=0)
        within = size - np.abs(path % (2 * size) - size)  # reflected
        draw.line([tuple(point) for point in within.tolist()], fill=colour, width=width, joint="curve")
    return photo


def _overlay(photo: Image.Image, at: int, rng: np.random.Generator) -> Image.Image:
    size = np.array(photo.size)
    area, ratio = STICKER_AREA[at] * size.prod(), rng.uniform(1.3, 2.2)
    wide = min(max(1.0, (area * ratio) ** 0.5), size[0])
    high = min(max(1.0, area / wide), size[1])
    left, top = rng.random(2) * (size - (wide, high))
    fill, text = rng.integers(256, size=3), TEXTS[rng.integers(len(TEXTS))]
    ink = "white" if fill @ (0.299, 0.587, 0.114) < 128 else "black"
    draw = ImageDraw.Draw(photo)
    box = (left, top, left + wide - 1, top + high - 1)
    draw.rounded_rectangle(box, radius=high / 4, fill=tuple(fill.tolist()))
    font = _font(max(1, round(min(0.7 * high, 0.85 * wide / _length(text)))))
    draw.text((left + wide / 2, top + high / 2), text, fill=ink, font=font, anchor="mm")
    return photo


@lru_cache(maxsize=256)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache
def _length(text: str) -> float:
    """Of a text in the font of size 1."""
    return _font(100).getlength(text) / 100


def _blur(photo: Image.Image, at: int, rng: np.random.Generator) -> Image.Image:
    return photo.filter(ImageFilter.GaussianBlur(BLUR_SIGMA[at] * min(photo.size)))


def _resize(photo: Image.Image, at: int, rng: np.random.Generator) -> Image.Image:
    share = RESIZE_SIDE[at] * min(1, RESIZED_FROM / min(photo.size))
    small = [max(1, round(side * share)) for side in photo.size]
    return photo.resize(small, Image.Resampling.BILINEAR).resize(photo.size, Image.Resampling.BILINEAR)


_CHANGES = {"jpeg": _jpeg, "crop": _crop, "scribble": _scribble, "overlay": _overlay, "blur": _blur, "resize": _resize}
