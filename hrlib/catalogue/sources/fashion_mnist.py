"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 70,000 grey pictures of 28 x 28 of ten kinds of clothes, shoes and bags."""

from __future__ import annotations

import gzip
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import MOST_BYTES
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.download import fetch
from hrlib.catalogue.sources.parts import absence, places
from hrlib.errors import HrlibError

SITE = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
WHERE = (
    "Get the four files train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz "
    "from https://github.com/zalandoresearch/fashion-mnist and put them there, or fashion_mnist.npz with x_train, y_train, x_test, y_test."
)
FILES = {  # in the order x_train, y_train, x_test, y_test
    "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
}
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
NPZ = ("fashion_mnist.npz", "fashion-mnist.npz")
LEVELS = ("class", "kind", "department")
CLASSES = [  # by label; kinds and departments are hrlib's
    ("T-shirt/top", "tops", "clothing"),
    ("Trouser", "trousers", "clothing"),
    ("Pullover", "tops", "clothing"),
    ("Dress", "dresses", "clothing"),
    ("Coat", "tops", "clothing"),
    ("Sandal", "shoes", "footwear"),
    ("Shirt", "tops", "clothing"),
    ("Sneaker", "shoes", "footwear"),
    ("Bag", "bags", "accessories"),
    ("Ankle boot", "shoes", "footwear"),
]
EXPECTED = {"photos": 70_000, "class": 10, "train": 60_000, "test": 10_000}
SMALL = (10, 200)  # classes, photos a class


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    partial: bool = False,
    image_size: tuple[int, int] = (28, 28),
    **photos: Any,
) -> Catalogue:
    """The catalogue of Fashion-MNIST: class < kind < department. MIT licence.

    The data set has ten classes and no hierarchy: the kinds (tops, trousers, dresses, shoes, bags) and departments are hrlib's own.
    Official split, by pictures: `train, test = catalogue.official_split()`, 6,000 and 1,000 of each class.

    Args:
        size: "full", or "small": 200 pictures of each class, drawn with `seed`.
        data_dir: the folder with the four .gz files or fashion_mnist.npz, or with a folder "fashion-mnist" that holds them; None takes HRLIB_DATA.
        download: fetch the four files (31 MB) to data_dir/fashion-mnist if they are not there.
        partial: the counts are not checked.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: a file is missing, cut off or of another form, or there are other numbers than expected.
    """
    arrays = _arrays(places("fashion-mnist", WHERE, data_dir, download), download)
    tables = []
    for part, (pixels, labels) in {"train": arrays[:2], "test": arrays[2:]}.items():
        fits = labels.shape == pixels.shape[:1] and pixels.shape[1:] == (28, 28)
        if not fits or pixels.dtype != np.uint8 or labels.dtype.kind not in "iu":
            raise HrlibError(
                f"fashion-mnist: {part} has pictures {pixels.shape} {pixels.dtype} and labels {labels.shape}: "
                "expected (n, 28, 28) uint8 and integers (n,)"
            )
        if len(labels) and not 0 <= labels.min() <= labels.max() < len(CLASSES):
            raise HrlibError(f"fashion-mnist: {part} has labels from {labels.min()} to {labels.max()}: expected 0 to 9")
        table = pd.DataFrame([CLASSES[label] for label in labels], columns=LEVELS)
        table.insert(0, "id", [f"{part}/{number}" for number in range(len(labels))])
        tables.append(table.assign(split=part))
    items, pictures = pd.concat(tables, ignore_index=True), np.concatenate([arrays[0], arrays[2]])
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "expected": EXPECTED, "partial": partial}
    return build("fashion-mnist", items, LEVELS, pictures, image_size=image_size, **common, **photos)


def _arrays(roots: Sequence[Path], download: bool) -> list[np.ndarray]:
    """x_train, y_train, x_test, y_test out of one file or of four."""
    for root in roots:
        for name in NPZ:
            if (root / name).is_file():
                return _npz(root / name)
        if all((root / name).is_file() for name in FILES):
            return [_idx(root / name) for name in FILES]
    if download:
        return [_idx(fetch(SITE + name, roots[0] / name, checksum, WHERE)) for name, checksum in FILES.items()]
    raise HrlibError(absence(NPZ[0], "the four .gz files", roots, SITE, download, WHERE))


def _npz(path: Path) -> list[np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return [file[name] for name in ARRAYS]
    except Exception as error:  # numpy and zipfile raise all kinds on a damaged file
        raise HrlibError(f"{path} cannot be read as arrays {', '.join(ARRAYS)} ({error}): fetch it again") from error


def _idx(path: Path) -> np.ndarray:
    """The array in a file of the IDX form: 0, 0, 8 for uint8, the number of dimensions, each as 4 bytes, then the values."""
    try:
        with gzip.open(path) as file:
            content = file.read(MOST_BYTES)
    except Exception as error:  # gzip raises all kinds on a damaged file
        raise HrlibError(f"{path} is no whole gzip file ({error}): fetch it again") from error
    dimensions = content[3] if content[:3] == b"\0\0\x08" and len(content) > 3 else 0
    start = 4 + 4 * dimensions
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist()) if len(content) >= start else ()
    if not 0 < dimensions <= 3 or len(shape) != dimensions or len(content) - start != math.prod(shape):
        raise HrlibError(
            f"{path} is not in the IDX form, or cut off: {len(content):,} bytes for an array of shape {shape[:4]}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
