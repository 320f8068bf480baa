"""From a table and where its photos are to a catalogue: the photos are decoded, what cannot be used is refused or left out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hrlib.catalogue.catalogue import Catalogue, no_skipped
from hrlib.catalogue.checks import rows_text
from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.catalogue.store import build_store
from hrlib.errors import HrlibError


def assemble(
    name: str,
    items: pd.DataFrame,
    references: Sequence[Any],
    read: Callable[[Any], bytes | np.ndarray],
    fingerprint: str,
    hierarchy: Hierarchy,
    attributes: Sequence[str] = (),
    caption: str | None = None,
    *,
    image_size: tuple[int, int],
    fit: str = "pad",
    on_bad: str = "raise",
    cache_dir: str | os.PathLike[str] | None = None,
    workers: int | None = None,
) -> Catalogue:
    """The catalogue of N items whose photos `read` gives for their N references (see `build_store`).

    Raises:
        BadImage: photos that cannot be read, if on_bad is "raise".
        HrlibError: none can be read.
    """
    settings = {"size": image_size, "fit": fit, "on_bad": on_bad, "workers": workers, "cache_dir": cache_dir}
    images, bad = build_store(references, read, fingerprint=fingerprint, name=name, **settings)
    if len(bad) == len(items):
        raise HrlibError(f"{name}: none of {len(items)} photos can be read, the first: {bad[0]}")
    skipped = no_skipped()
    if bad:
        rows = sorted(bad)
        skipped = pd.DataFrame({"row": rows, "id": items["id"].to_numpy()[rows], "reason": [bad[row] for row in rows]})
        warnings.warn(f"{name}: skipped {rows_text(rows)}; the reasons are in catalogue.skipped", stacklevel=3)
    good = np.setdiff1d(np.arange(len(items)), skipped["row"].to_numpy(np.int64))
    return Catalogue(
        name, items.iloc[good], images.subset(good), hierarchy.subset(good), tuple(attributes), caption, skipped
    )
