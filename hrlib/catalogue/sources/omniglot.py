"""Omniglot's two small background sets (Lake, Salakhutdinov and Tenenbaum, Science 2015): 242 characters of 8 alphabets, 20 drawers."""

from __future__ import annotations

import os
import re
from typing import Any

import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.parts import Part
from hrlib.errors import HrlibError

WHERE = (
    "Get images_background_small1 and 2 from Omniglot's repository and put them there as omniglot_small.zip "
    "or as a folder omniglot_small with images/ALPHABET/CHARACTER/*.png."
)
LEVELS = ("character", "alphabet")
ARCHIVE = Part("omniglot_small.zip", "images")
SMALL = (60, None)  # classes, photos a class
PHOTO = re.compile(r"images/([^/]+)/([^/]+)/(\d+)_(\d+)\.png")


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    image_size: tuple[int, int] = (56, 56),
    **photos: Any,
) -> Catalogue:
    """The catalogue of characters: character < alphabet, with the drawer as an attribute. Alphabets are no *visual* superclasses.

    These two sets come without an official split: use `split_classes`.

    Args:
        size: "full", or "small" for 60 characters drawn with `seed`.
        data_dir: the folder with omniglot_small.zip or the unpacked files; None takes the environment's HRLIB_DATA.
        download: the two sets are distributed in other files than this one: an error that says where to get them.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.
    """
    archive = Archive.find("omniglot", ARCHIVE, WHERE, data_dir, download=download, cache_dir=photos.get("cache_dir"))
    matches = [match for match in map(PHOTO.fullmatch, archive.names()) if match]
    if not matches:
        raise HrlibError(f"{archive.path} has no images/ALPHABET/CHARACTER/*.png; is this the whole data set?")
    items = pd.DataFrame(
        [(m.string, m[1], f"{m[1]}: {m[2]}", m[4]) for m in matches], columns=["id", "alphabet", "character", "drawer"]
    )
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "image_size": image_size}
    return build("omniglot", items, LEVELS, archive.members(items["id"]), attributes=("drawer",), **common, **photos)
