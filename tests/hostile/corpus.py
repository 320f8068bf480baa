"""Hostile photos, archives and tables, made here: as files of bytes, and what must be said of each."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import warnings
import zipfile
import zlib

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)
NOISE = Image.fromarray(RNG.integers(0, 256, (40, 60, 3), np.uint8))


def encoded(image: Image.Image, form: str = "PNG", **settings) -> bytes:
    data = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image.save(data, form, **settings)
    return data.getvalue()


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG file that says this size and has the right checksums, with a few bytes of pixels."""
    header = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", body or zlib.compress(bytes(100))), (b"IEND", b""))
    packed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def zipped(files: dict[str, bytes], **settings) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", **settings) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(NOISE, "JPEG", exif=exif)


# name of the file -> its bytes, and what must be said of it; None: it is a photo, and is taken
PHOTOS: dict[str, tuple[bytes, str | None]] = {
    "sound.jpg": (encoded(NOISE, "JPEG"), None),
    "a png that is called.jpg": (encoded(NOISE), None),
    "a jpeg that is called.webp": (encoded(NOISE, "JPEG"), None),
    "cmyk.jpg": (encoded(NOISE.convert("CMYK"), "JPEG"), None),
    "palette.png": (encoded(NOISE.convert("P")), None),
    "sixteen bits.png": (encoded(Image.fromarray(RNG.integers(0, 2**16, (20, 30), np.uint16))), None),
    "rgba.png": (encoded(NOISE.convert("RGBA")), None),
    "turned.jpg": (_turned(), None),
    "one pixel.png": (encoded(NOISE.crop((0, 0, 1, 1))), None),
    "jpeg and zip.jpg": (encoded(NOISE, "JPEG") + zipped({"../../evil.py": b"raise SystemExit"}), None),
    "jpeg and html.jpg": (encoded(NOISE, "JPEG") + b"<script>alert(1)</script>", None),
    "empty.jpg": (b"", "the file is empty"),
    "cut.jpg": (encoded(NOISE, "JPEG")[:-900], "cut off or damaged"),
    "cut.png": (encoded(NOISE)[:200], "cut off or damaged"),
    "words.jpg": (b"no photo at all", "not a JPEG, PNG or WEBP"),
    "huge.png": (png(65_000, 65_000), "more than the cap of 64,000,000 pixels"),
    "thin.png": (png(2**31 - 1, 1), "more than the cap of 64,000,000 pixels"),
    "no size.png": (png(0, 0), "PNG that cannot be decoded"),
    "animated.png": (encoded(NOISE, save_all=True, append_images=[NOISE.rotate(180)]), "animated, 2 frames"),
    "animated.webp": (encoded(NOISE, "WEBP", save_all=True, append_images=[NOISE.rotate(180)]), "animated, 2 frames"),
    "animated.gif": (encoded(NOISE, "GIF", save_all=True, append_images=[NOISE.rotate(180)]), "but GIF"),
    "gif and script.gif": (b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//", "but GIF"),
    "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "but SVG"),
    "entities.svg": (
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>",
        "but XML",
    ),
    "page.png": (b"<!doctype html><script>alert(1)</script>", "but HTML"),
    "postscript.jpg": (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file",
        "not a JPEG, PNG or WEBP",
    ),
    "document.jpg": (b"%PDF-1.7 1 0 obj<</JS(app.alert(1))>>", "but PDF"),
    "pickle.png": (
        b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
        "not a JPEG",
    ),
}


def bomb(size: int) -> bytes:
    """A zip file in which a file of zeros has shrunk a thousandfold."""
    return zipped({"classes.csv": bytes(size)}, compression=zipfile.ZIP_DEFLATED)


def encrypted(files: dict[str, bytes]) -> bytes:
    """A zip file that says of its files that they are encrypted."""
    data = bytearray(zipped(files))
    for start, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := data.find(start, place + 1)) >= 0:
            data[place + at] |= 1
    return bytes(data)


def unknown_method(files: dict[str, bytes]) -> bytes:
    """A zip file whose files are packed in a way that nobody knows."""
    data = bytearray(zipped(files))
    for start, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        place = -1
        while (place := data.find(start, place + 1)) >= 0:
            data[place + at : place + at + 2] = b"\xfb\x00"
    return bytes(data)


def tarred(*members: tuple[str, bytes, str | bytes], packed: bool = True) -> bytes:
    """A tar file of (name, type, content of a file or target of a link)."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, kind, what in members:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if kind == tarfile.REGTYPE:
                entry.size = len(what)
                archive.addfile(entry, io.BytesIO(what))
            else:
                entry.linkname = what
                archive.addfile(entry)
    return gzip.compress(data.getvalue(), mtime=0) if packed else data.getvalue()
