"""Fashion Product Images (Small), as on Kaggle: 44,072 photos of 60 x 80 with styles.csv."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.parts import Part, rows_of
from hrlib.errors import HrlibError

WHERE = "Get fashion-product-images-small from Kaggle (styles.csv and images/) and put it there as fashion_products.zip or unpacked."
LEVELS = ("product", "articleType", "subCategory", "masterCategory")
ATTRIBUTES = ("gender", "baseColour", "season", "year", "usage")
ARCHIVE = Part("fashion_products.zip", "styles.csv")
SMALL = (240, None)  # classes, photos a class


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    classes: str = "product",
    min_photos: int = 3,
    download: bool = False,
    image_size: tuple[int, int] = (64, 48),
    **photos: Any,
) -> Catalogue:
    """The catalogue of fashion products.

    Photos that are equal byte by byte are kept once. Some articleTypes have a few items under a second parent: they get the parent of
    the majority, and `catalogue.hierarchy.conflicts` lists the rows.

    Args:
        size: "full", or "small" for 240 classes drawn with `seed`.
        classes: "product": items with the same articleType and title are a product, products with fewer than `min_photos` photos are left out (2,216
            products, 12,110 photos), levels product < articleType < subCategory < masterCategory; "articleType": all items, levels from articleType up.
        data_dir: the folder with fashion_products.zip or the unpacked files; None takes the environment's HRLIB_DATA.
        download: Kaggle asks for an account: an error that says where to get it.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.
    """
    if classes not in ("product", "articleType"):
        raise HrlibError(f"classes is {classes!r}: expected 'product' or 'articleType'")
    archive = Archive.find(
        "fashion-products", ARCHIVE, WHERE, data_dir, download=download, cache_dir=photos.get("cache_dir")
    )
    items = _styles(archive.text("styles.csv"))
    there = set(archive.names())
    items["image"] = "images/" + items["id"] + ".jpg"
    items = items[items["image"].isin(there)]
    items = items[~pd.Series(archive.checksums(items["image"]), index=items.index).duplicated()]
    levels = LEVELS[LEVELS.index(classes) :]
    if classes == "product":
        items["product"] = items["articleType"] + ": " + items["productDisplayName"]
        items = items[items.groupby("product")["id"].transform("size") >= min_photos]
    if not len(items):
        raise HrlibError(
            f"{archive.path}: no item of styles.csv has a photo in images/ and enough company; is this the whole data set?"
        )
    settings: dict[str, Any] = {"attributes": ATTRIBUTES, "caption": "productDisplayName", "on_conflict": "majority"}
    members = archive.members(items["image"])
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "image_size": image_size}
    return build("fashion-products", items, levels, members, **settings, **common, **photos)


def _styles(text: str) -> pd.DataFrame:
    """styles.csv: the last field, the title, may hold commas that nobody quoted."""
    header, *rows = rows_of(text, "styles.csv") or [[]]
    missing = {"id", *LEVELS[1:], *ATTRIBUTES, "productDisplayName"} - set(header)
    if not missing and len(set(header)) < len(header):
        raise HrlibError(f"styles.csv has two columns of one name among {', '.join(header)}: expected each once")
    if missing:
        raise HrlibError(
            f"styles.csv has no column {', '.join(sorted(missing))}; it has {', '.join(header) or 'nothing'}"
        )
    last = len(header) - 1
    table = pd.DataFrame([[*row[:last], ",".join(row[last:])] for row in rows if len(row) > last], columns=header)
    return table.replace({"": None, "NA": None}).dropna(subset=["id", *LEVELS[1:], "productDisplayName"])
