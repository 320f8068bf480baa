"""Pictures as nobody should send them: seeded mutations of JPEG, PNG and WEBP bytes."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
from PIL import Image

PNG_START = b"\x89PNG\r\n\x1a\n"


def pictures(rng: np.random.Generator) -> list[bytes]:
    """Sound pictures of all three formats: many modes, with EXIF, profiles, text, several frames."""
    noise = Image.fromarray(rng.integers(0, 256, (37, 53, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    deep = Image.fromarray(rng.integers(0, 2**16, (20, 30), np.uint16))
    made = [
        *((noise.convert(mode), "PNG", {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
        (deep, "PNG", {}),
        (noise.convert("P"), "PNG", {"transparency": 3}),
        (noise, "PNG", {"exif": exif, "icc_profile": bytes(300)}),
        (noise, "PNG", {"save_all": True, "append_images": [noise]}),
        *((noise.convert(mode), "JPEG", {"exif": exif}) for mode in ("L", "RGB", "CMYK")),
        (noise, "JPEG", {"progressive": True, "icc_profile": bytes(300)}),
        (noise, "MPO", {"save_all": True, "append_images": [noise]}),
        (noise, "WEBP", {"exif": exif}),
        (noise, "WEBP", {"lossless": True}),
        (noise.convert("RGBA"), "WEBP", {}),
        (noise, "WEBP", {"save_all": True, "append_images": [noise.rotate(180)]}),
    ]
    encoded = []
    for image, kind, settings in made:
        file = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.save(file, kind, **settings)
        encoded.append(file.getvalue())
    return encoded


def mutated(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """One to three of: cut off, bits turned, bytes replaced, zeros, a piece of itself or of another picture put in, sizes gone mad."""
    for _ in range(rng.integers(1, 4)):
        data = MUTATIONS[rng.integers(len(MUTATIONS))](bytearray(data or b"\0"), other, rng)
    return _with_checksums(data) if data.startswith(PNG_START) and rng.random() < 0.7 else bytes(data)


def _cut(data, other, rng):
    return data[: rng.integers(len(data))]


def _bits(data, other, rng):
    for place in rng.integers(0, len(data), rng.integers(1, 20)):
        data[place] ^= 1 << int(rng.integers(8))
    return data


def _header_bits(data, other, rng):
    for place in rng.integers(0, min(len(data), 64), 2):
        data[place] = rng.integers(256)
    return data


def _zeros(data, other, rng):
    start = rng.integers(len(data))
    stop = min(len(data), start + rng.integers(1, 50))
    data[start:stop] = bytes(stop - start)
    return data


def _spliced(data, other, rng):
    source = other if rng.random() < 0.5 else bytes(data)
    start, place = rng.integers(len(source)), rng.integers(len(data))
    data[place:place] = source[start : start + rng.integers(1, 400)]
    return data


def _insane_size(data, other, rng):
    """Width and height in the header: 0, 1, odd, or up to all bits set."""
    width, height = (int(rng.choice([0, 1, 2, 16383, 65535, 2**24 - 1, 2**31 - 1, 2**32 - 1])) for _ in range(2))
    if data.startswith(PNG_START) and len(data) > 33:
        data[16:24] = struct.pack(">II", width, height)
        data[24], data[25] = rng.choice([1, 2, 4, 8, 16]), rng.choice([0, 2, 3, 4, 6])
    elif data.startswith(b"\xff\xd8"):
        for marker in (b"\xff\xc0", b"\xff\xc2"):
            if (place := data.find(marker)) > 0:
                data[place + 5 : place + 9] = struct.pack(">HH", height & 0xFFFF, width & 0xFFFF)
    elif data[12:16] == b"VP8X":
        data[24:30] = struct.pack("<I", width & 0xFFFFFF)[:3] + struct.pack("<I", height & 0xFFFFFF)[:3]
    elif data[12:15] == b"VP8":
        data[26:30] = struct.pack("<HH", width & 0xFFFF, height & 0xFFFF)
    return data


def _bomb(data, other, rng):
    """A PNG chunk whose few bytes unpack to 100 MB: text, a profile, or the pixels themselves."""
    if not data.startswith(PNG_START):
        return data
    kind = [b"zTXt", b"iCCP", b"iTXt", b"IDAT"][rng.integers(4)]
    packed = _bombed()
    body = {b"zTXt": b"a\0\0", b"iCCP": b"a\0\0", b"iTXt": b"a\0\1\0\0\0", b"IDAT": b""}[kind] + packed
    data[33:33] = struct.pack(">I", len(body)) + kind + body + bytes(4)
    return bytearray(_with_checksums(data))


def _bombed(cache={}) -> bytes:  # noqa: B006 - packed once
    if not cache:
        cache[0] = zlib.compress(bytes(100_000_000), 9)
    return cache[0]


def _with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums of what is in them, so that the decoder goes on to look at it."""
    data, place = bytearray(data), len(PNG_START)
    while place + 12 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        end = place + 8 + length
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(data)


MUTATIONS = [_cut, _bits, _bits, _header_bits, _zeros, _spliced, _insane_size, _bomb]
