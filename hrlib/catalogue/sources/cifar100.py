"""CIFAR-100 (Krizhevsky 2009): 60,000 pictures of 32 x 32 of 100 classes, five in each of 20 superclasses."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.parts import Part
from hrlib.errors import HrlibError

WHERE = (
    "Get the binary version, cifar-100-binary.tar.gz (161 MB), from https://www.cs.toronto.edu/~kriz/cifar.html and put it there, "
    "packed or unpacked (the python version is a pickle, which hrlib never opens)."
)
ARCHIVE = Part(
    "cifar-100-binary.tar.gz",
    "train.bin",
    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    "md5:03b5dce01913d631647c71ecec9e9cb8",
)
RECORD = 2 + 3 * 32 * 32  # a byte for the superclass, one for the class, then the red, the green and the blue plane
CLASSES_A_SUPERCLASS = 5
EXPECTED = {"photos": 60_000, "class": 100, "superclass": 20, "train": 50_000, "test": 10_000}
SMALL = (40, 60)  # classes, photos a class


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    partial: bool = False,
    image_size: tuple[int, int] = (32, 32),
    **photos: Any,
) -> Catalogue:
    """The catalogue of CIFAR-100: class < superclass, 20 x 5. Terms: none stated; cite Krizhevsky 2009.

    Official split, by pictures: `train, test = catalogue.official_split()`, 500 and 100 of each class. Retrieval on unseen classes:
    `split_classes`.

    Args:
        size: "full", or "small": 40 classes, two of each superclass, 60 pictures each, drawn with `seed`.
        data_dir: the folder with cifar-100-binary.tar.gz, packed or unpacked, or with a folder "cifar100" that holds it; None takes HRLIB_DATA.
        download: fetch the file (161 MB) to data_dir/cifar100 if it is not there.
        partial: the counts are not checked.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: a file is missing or cut off, or there are other numbers than expected.
    """
    archive = Archive.find("cifar100", ARCHIVE, WHERE, data_dir, download=download, cache_dir=photos.get("cache_dir"))
    names = {level: archive.text(f"{level}_label_names.txt").split() for level in ("coarse", "fine")}
    tables, pixels = [], []
    for part in ("train", "test"):
        records = _records(archive, f"{part}.bin", [len(names["coarse"]), len(names["fine"])])
        table = pd.DataFrame({"id": [f"{part}/{number}" for number in range(len(records))]})
        table["class"] = np.array(names["fine"], dtype=object)[records[:, 1]]
        table["superclass"] = np.array(names["coarse"], dtype=object)[records[:, 0]]
        tables.append(table.assign(split=part))
        pixels.append(records[:, 2:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    items = pd.concat(tables, ignore_index=True)
    sizes = items.groupby("superclass")["class"].nunique()
    if not partial and not (sizes == CLASSES_A_SUPERCLASS).all():
        wrong = sizes[sizes != CLASSES_A_SUPERCLASS]
        raise HrlibError(
            f"{archive.path}: {wrong.index[0]} has {wrong.iloc[0]} classes, expected {CLASSES_A_SUPERCLASS}"
        )
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "expected": EXPECTED, "partial": partial}
    levels, pictures = ("class", "superclass"), np.concatenate(pixels)
    return build("cifar100", items, levels, pictures, image_size=image_size, **common, **photos)


def _records(archive: Archive, name: str, classes: list[int]) -> np.ndarray:
    """(n, 3074) uint8: superclass, class and pixels of each picture."""
    content = np.frombuffer(archive.read(name), np.uint8)
    if not len(content) or len(content) % RECORD:
        raise HrlibError(f"{archive.path}: {name} has {len(content):,} bytes, no multiple of {RECORD:,}: it is cut off")
    records = content.reshape(-1, RECORD)
    highest = records[:, :2].max(0)
    if (highest >= classes).any():
        raise HrlibError(f"{archive.path}: {name} has labels up to {highest.tolist()}: expected below {classes}")
    return records
