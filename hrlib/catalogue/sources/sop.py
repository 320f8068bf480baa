"""Stanford Online Products (Song et al., CVPR 2016): 120,053 photos of 22,634 products in 12 superclasses."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.parts import Part
from hrlib.errors import HrlibError

WHERE = (
    "Get Stanford_Online_Products.zip (2.9 GB) by way of https://cvgl.stanford.edu/projects/lifted_struct/ "
    "and put it there, or unpacked as Stanford_Online_Products/."
)
ARCHIVE = Part("Stanford_Online_Products.zip", "Ebay_train.txt")
COLUMNS = ["image_id", "class_id", "super_class_id", "path"]
EXPECTED = {"photos": 120_053, "product": 22_634, "superclass": 12, "train": 59_551, "test": 60_502}
CLASSES = {"train": 11_318, "test": 11_316}
SMALL = (240, None)  # classes, photos a class


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    partial: bool = False,
    image_size: tuple[int, int] = (64, 64),
    **photos: Any,
) -> Catalogue:
    """The catalogue of products: product < superclass (bicycle, cabinet, ..., toaster). Terms: research only; photos from eBay's sellers.

    Official split, by classes: `train, test = catalogue.official_split()` are the 11,318 products (59,551 photos) of Ebay_train.txt
    and the 11,316 (60,502 photos) of Ebay_test.txt.

    Args:
        size: "full", or "small": 120 products of each part, drawn with `seed`.
        data_dir: the folder with Stanford_Online_Products.zip, packed or unpacked, or with a folder "sop" that holds it; None takes HRLIB_DATA.
        download: the publisher offers no plain download: an error that says where to get it.
        partial: photos that are missing are left out, and the counts are not checked.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: files or photos are missing or another number than expected, or a list that is not in the published form.
    """
    archive = Archive.find("sop", ARCHIVE, WHERE, data_dir, download=download, cache_dir=photos.get("cache_dir"))
    lists = [_list(archive, part) for part in ("train", "test")]
    if not partial:
        _check_classes(archive, lists)
    items = pd.concat(lists, ignore_index=True)
    items["superclass"] = items["id"].str.partition("/")[0].str.removesuffix("_final")
    items["product"] = items["superclass"] + " " + items["class_id"]
    items = items[["id", "product", "superclass", "split"]]
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "expected": EXPECTED, "partial": partial}
    levels, members = ("product", "superclass"), archive.members(items["id"])
    return build("sop", items, levels, members, image_size=image_size, **common, **photos)


def _list(archive: Archive, part: str) -> pd.DataFrame:
    """Ebay_train.txt or Ebay_test.txt: a header, then a photo a line."""
    name = f"Ebay_{part}.txt"
    header, *rows = [line.split() for line in archive.text(name).splitlines() if line.strip()] or [[]]
    if header != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise HrlibError(f"{archive.path}: {name} has lines that are not '{' '.join(COLUMNS)}'")
    return pd.DataFrame(rows, columns=COLUMNS).rename(columns={"path": "id"}).assign(split=part)


def _check_classes(archive: Archive, lists: list[pd.DataFrame]) -> None:
    for table, (part, expected) in zip(lists, CLASSES.items(), strict=True):
        got = table["class_id"].nunique()
        if got != expected:
            raise HrlibError(f"{archive.path}: Ebay_{part}.txt has {got:,} classes, expected {expected:,}")
