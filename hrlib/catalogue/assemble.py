"""From a table and where its photos are to a catalogue: the photos are decoded, what cannot be used is refused or left out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
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
    references: Sequence[Any] | np.ndarray,
    read: Callable[[Any], Any],
    fingerprint: str,
    hierarchy: Hierarchy,
    attributes: Sequence[str] = (),
    caption: str | None = None,
    *,
    absent: Mapping[int, str] | None = None,
    image_size: tuple[int, int],
    fit: str = "pad",
    on_bad: str = "raise",
    cache_dir: str | os.PathLike[str] | None = None,
    workers: int | None = None,
) -> Catalogue:
    """The catalogue of N items whose photos `read` gives for their references (see `build_store`).

    Args:
        references: one for each item that is not in `absent`, in order.
        absent: the rows that have no photo, and why; they are listed in `skipped` with those that cannot be read.

    Raises:
        BadImage: photos that cannot be read, if on_bad is "raise".
        HrlibError: none can be read.
    """
    reasons = dict(absent or {})
    rows = np.array([row for row in range(len(items)) if row not in reasons], dtype=np.int64)
    settings: dict[str, Any] = {"size": image_size, "fit": fit, "on_bad": on_bad}
    where: dict[str, Any] = {"name": name, "cache_dir": cache_dir, "workers": workers}
    images, bad = build_store(references, read, fingerprint=fingerprint, **settings, **where)
    reasons |= {int(rows[place]): reason for place, reason in bad.items()}
    if len(reasons) == len(items):
        raise HrlibError(f"{name}: none of {len(items)} photos can be read, the first: {reasons[min(reasons)]}")
    skipped = no_skipped()
    if reasons:
        lost = sorted(reasons)
        skipped = pd.DataFrame({"row": lost, "id": items["id"].to_numpy()[lost], "reason": [reasons[r] for r in lost]})
        warnings.warn(f"{name}: skipped {rows_text(lost)}; the reasons are in catalogue.skipped", stacklevel=4)
    places = np.setdiff1d(np.arange(len(rows)), list(bad))
    good = rows[places]
    images, hierarchy = images.subset(places), hierarchy.subset(good)
    return Catalogue(name, items.iloc[good], images, hierarchy, tuple(attributes), caption, skipped)
