"""Omniglot's two small background sets (Lake, Salakhutdinov and Tenenbaum, Science 2015): 242 characters of 8 alphabets, 20 drawers."""

from __future__ import annotations

import os
import re

import pandas as pd

from hrlib.catalogue.assemble import assemble
from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.catalogue.sources.archive import Archive
from hrlib.errors import HrlibError

WHERE = (
    "Get images_background_small1 and 2 from Omniglot's repository and put them there as omniglot_small.zip "
    "or as a folder omniglot_small with images/ALPHABET/CHARACTER/*.png."
)
LEVELS = ("character", "alphabet")
SMALL_CLASSES = 60
PHOTO = re.compile(r"images/([^/]+)/([^/]+)/(\d+)_(\d+)\.png")


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    image_size: tuple[int, int] = (56, 56),
    fit: str = "pad",
    on_bad: str = "raise",
    cache_dir: str | os.PathLike[str] | None = None,
    workers: int | None = None,
) -> Catalogue:
    """The catalogue of characters: character < alphabet, with the drawer as an attribute. Alphabets are no *visual* superclasses.

    Args:
        size: "full", or "small" for 60 characters drawn with `seed`.
        data_dir: the folder with omniglot_small.zip or the unpacked files; None takes the environment's HRLIB_DATA.
    """
    archive = Archive.find("omniglot_small", "images", WHERE, data_dir)
    matches = [match for match in map(PHOTO.fullmatch, archive.names()) if match]
    if not matches:
        raise HrlibError(f"{archive.path} has no images/ALPHABET/CHARACTER/*.png; is this the whole data set?")
    items = pd.DataFrame(
        [(m.string, m[1], f"{m[1]}: {m[2]}", m[4]) for m in matches], columns=["id", "alphabet", "character", "drawer"]
    )
    hierarchy = Hierarchy.from_frame(items, LEVELS)
    references, read, fingerprint = archive.photos(items["id"].tolist())
    catalogue = assemble(
        "omniglot",
        items,
        references,
        read,
        fingerprint,
        hierarchy,
        ("drawer",),
        image_size=image_size,
        fit=fit,
        on_bad=on_bad,
        cache_dir=cache_dir,
        workers=workers,
    )
    return catalogue if size == "full" else catalogue.sample_classes(min(SMALL_CLASSES, hierarchy.n_classes[0]), seed)
