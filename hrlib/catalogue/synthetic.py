"""The shop that the kit draws itself: departments > categories > products > photos, the same for a seed.

Not a random number or a pixel depends on the machine, but for one thing: a Pillow that was compiled to fuse multiplications, as for some
ARM processors, fills a few polygons a pixel wider (13 of 560 photos, 69 pixels). On x86-64 the bytes are the same everywhere.

A product keeps its colours, pattern, material and cut over its photos, which differ in pose, light, background and in what hides a part
of it. Colours, patterns and materials are shared between categories and departments, so that nothing is won by them alone.
"""

from __future__ import annotations

import hashlib
import os
import random
from typing import Any

import pandas as pd

from hrlib.catalogue.assemble import assemble
from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.drawing.shop import CATEGORIES, WORDINGS, Photo, captions_of, draw, look, scene_of
from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.settings import whole_number

VERSION = 1  # of the drawings: a change of them is a new number, so that no old cache is taken for the new pictures
SIZES = {"small": (12, 5), "full": (30, 7)}  # products a category, photos a product
LEVELS = ("product", "category", "department")
ATTRIBUTES = ("colour", "second_colour", "pattern", "material", "sleeve_length")
MISSING = 0.1  # the share of each attribute that nobody filled in
SLEEVES = {"T-shirt": "short", "hoodie": "long", "jacket": "long"}


def load(
    *,
    size: str = "small",
    seed: int = 0,
    products: int | None = None,
    photos: int | None = None,
    mismatched: float = 0.0,
    captions: int | None = None,
    image_size: tuple[int, int] = (64, 64),
    data_dir: str | os.PathLike[str] | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    workers: int | None = None,
) -> Catalogue:
    """The synthetic shop: 28 categories in 6 departments, levels product < category < department.

    Args:
        size: "small": 12 products a category with 5 photos each (1,680 photos); "full": 30 with 7 (5,880).
        seed: of everything that is drawn. More products or photos leave those of the same seed as they are.
        products: a category; photos: a product; instead of what `size` says.
        mismatched: the share of titles that belong to another product, for experiments with noisy pairs.
        captions: texts an item, 1 to 6: the column "captions" holds a list of them, each in another wording, the title first (one of the six
            says where the product is in the photo), and is the catalogue's caption. None: the title alone.
        image_size: (height, width) in pixels.
        data_dir: taken so that every source has it; nothing is read.

    Raises:
        HrlibError: numbers that make no shop.
    """
    if size not in SIZES:
        raise HrlibError(f"size is {size!r}: expected {' or '.join(map(repr, SIZES))}")
    counts = {
        "products": SIZES[size][0] if products is None else products,
        "photos": SIZES[size][1] if photos is None else photos,
    }
    for name, count in counts.items():
        whole_number(name, count)
    if not 0 <= mismatched <= 1:
        raise HrlibError(f"mismatched is {mismatched}: expected a share from 0 to 1")
    if captions is not None and (type(captions) is not int or not 1 <= captions <= WORDINGS):
        raise HrlibError(
            f"captions is {captions!r}: expected an integer from 1 to {WORDINGS}, or None for the title alone"
        )
    side: Any = tuple(image_size)
    shown = [
        Photo(seed, category, product, photo, side)
        for category in CATEGORIES
        for product in range(counts["products"])
        for photo in range(counts["photos"])
    ]
    items = pd.DataFrame([_row(photo) for photo in shown])
    items["title"] = _mismatch(items["title"], items["product"], mismatched, seed)
    caption = "title" if captions is None else "captions"
    if captions is not None:
        texts = [captions_of(photo)[:captions] for photo in shown]
        items[caption] = _mismatch(pd.Series(texts), items["product"], mismatched, seed)
    hierarchy = Hierarchy.from_frame(items, LEVELS)
    fingerprint = hashlib.blake2b(repr((VERSION, shown)).encode(), digest_size=16).hexdigest()
    return assemble(
        "synthetic",
        items,
        shown,
        draw,
        fingerprint,
        hierarchy,
        ATTRIBUTES,
        caption,
        image_size=side,
        cache_dir=cache_dir,
        workers=workers,
    )


def _row(photo: Photo) -> dict[str, Any]:
    """The photo's row of the item table, with some attributes missing."""
    product, known = look(photo), photo.rng("known")
    name = f"{photo.category} {photo.product:03d}"
    values = {
        "colour": product.colour,
        "second_colour": product.second if product.pattern != "plain" else None,
        "pattern": product.pattern,
        "material": product.material,
        "sleeve_length": SLEEVES.get(photo.category),
    }
    values = {key: value if known.random() >= MISSING else None for key, value in values.items()}
    row = {"id": f"{photo.category}-{photo.product:03d}-{photo.photo:02d}", "product": name, "category": photo.category}
    return row | {
        "department": CATEGORIES[photo.category],
        **values,
        "scene": scene_of(photo),
        "title": captions_of(photo)[0],
    }


def _mismatch(titles: pd.Series, products: pd.Series, share: float, seed: int) -> pd.Series:
    """Give a share of the photos the title of another product's photo."""
    rng = random.Random(f"{seed}/mismatch")
    result, products = titles.tolist(), products.tolist()
    if share and len(set(products)) > 1:
        for row in rng.sample(range(len(result)), round(share * len(result))):
            other = row
            while products[other] == products[row]:
                other = rng.randrange(len(result))
            result[row] = titles.iloc[other]
    return pd.Series(result)
