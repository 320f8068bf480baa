"""The last steps of every source: what must be there is there, a small share is drawn, and the photos are decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from PIL import Image

from hrlib.catalogue.assemble import assemble
from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.catalogue.sources.archive import Member, fingerprint, read_member
from hrlib.catalogue.splits import sample_rows
from hrlib.errors import HrlibError

REMEDY = "Is this the whole data set? partial=True takes what is there"


def build(
    name: str,
    items: pd.DataFrame,
    levels: Sequence[str],
    photos: Sequence[Any] | np.ndarray,
    *,
    size: str,
    seed: int,
    small: tuple[int, int | None],
    expected: Mapping[str, int] | None = None,
    partial: bool = False,
    on_conflict: Literal["raise", "majority"] = "raise",
    attributes: Sequence[str] = (),
    caption: str | None = None,
    **settings: Any,
) -> Catalogue:
    """The catalogue of N items.

    Args:
        photos: N members of archives, None where the file is missing, or an array (N, H, W) or (N, H, W, 3) uint8.
        small: how many classes, and how many photos a class, size="small" draws.
        expected: how many "photos", classes of a level, or items of a part (a value of the column "split") there must be.
        partial: missing photos are left out, and the counts are not checked.
        settings: image_size, fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: photos are missing, or a count is another than expected.
    """
    items = items.reset_index(drop=True)
    if not isinstance(photos, np.ndarray):
        items, photos = _there(name, items, photos, partial)
    if (twice := items["id"].duplicated()).any():
        raise HrlibError(
            f"{name}: {items['id'][twice].iloc[0]!r:.200} is listed twice: expected each photo once. {REMEDY}"
        )
    hierarchy = Hierarchy.from_frame(items, levels, on_conflict)
    items = items.assign(**dict(hierarchy.frame()))
    if not partial:
        _check_counts(name, items, hierarchy, expected or {})
    if size == "small":
        classes, photos_a_class = min(small[0], hierarchy.n_classes[0]), small[1]
        rows = sample_rows(hierarchy, classes, seed, items.get("split"), photos_a_class)
        items, hierarchy = items.iloc[rows].reset_index(drop=True), hierarchy.subset(rows)
        photos = photos[rows] if isinstance(photos, np.ndarray) else [photos[row] for row in rows]
    if isinstance(photos, np.ndarray):
        mark, read = hashlib.blake2b(np.ascontiguousarray(photos).data, digest_size=16).hexdigest(), picture
    else:
        mark, read = fingerprint(photos), read_member
    return assemble(name, items, photos, read, mark, hierarchy, attributes, caption, **settings)


def picture(pixels: np.ndarray) -> Image.Image:
    """An RGB image from pixels (H, W) or (H, W, 3) uint8; it runs in worker processes."""
    return Image.fromarray(pixels).convert("RGB")


def _there(
    name: str, items: pd.DataFrame, photos: Sequence[Member | None], partial: bool
) -> tuple[pd.DataFrame, list[Member]]:
    missing = np.array([photo is None for photo in photos], dtype=bool)
    if missing.all() or (missing.any() and not partial):
        first = items["id"].iloc[int(missing.argmax())] if len(items) else "none is listed"
        raise HrlibError(
            f"{name}: {missing.sum():,} of {len(items):,} photos are missing, the first: {first}. {REMEDY}"
        )
    return items[~missing].reset_index(drop=True), [photo for photo in photos if photo is not None]


def _check_counts(name: str, items: pd.DataFrame, hierarchy: Hierarchy, expected: Mapping[str, int]) -> None:
    got = {"photos": len(items), **dict(zip(hierarchy.levels, hierarchy.n_classes, strict=True))}
    if "split" in items:
        got |= items["split"].value_counts().to_dict()
    wrong = [
        f"{got.get(what, 0):,} {what}, expected {count:,}"
        for what, count in expected.items()
        if got.get(what, 0) != count
    ]
    if wrong:
        raise HrlibError(f"{name}: {'; '.join(wrong)}. {REMEDY}")
