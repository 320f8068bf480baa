"""Findings about photos: left out, without content, there twice, or on both sides of a split."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hrlib.catalogue.reporting.finding import Finding, counted, item_table, pair_table

if TYPE_CHECKING:
    from hrlib.catalogue.catalogue import Catalogue

LABELS = " Where the two are of different classes, one label is wrong or the photo shows both things: say which one is meant."


def broken(catalogue: Catalogue) -> Finding | None:
    """Rows of the source that were left out."""
    skipped = catalogue.skipped
    if not len(skipped):
        return None
    short = [re.sub(r"(^|no file )/.*/", r"\1", str(reason)) for reason in skipped["reason"]]  # without the folder
    return Finding(
        f"Left out: {counted(len(skipped), 'row')}, whose photo is missing or cannot be read.",
        "Put these photos in their place, or save them anew, and load the catalogue again; as it is, nothing here knows of these rows.",
        skipped.assign(reason=short),
    )


def plain(catalogue: Catalogue, is_plain: np.ndarray) -> Finding | None:
    """Photos of one colour: `is_plain` (N,) bool."""
    if not is_plain.any():
        return None
    return Finding(
        f"One colour and nothing else: {counted(is_plain.sum(), 'photo')} of {len(catalogue):,}.",
        'Take these rows out: such a picture usually stands for "no photo yet", and a model would learn that it is what the class looks like.',
        item_table(catalogue, np.flatnonzero(is_plain)),
    )


def repeated(catalogue: Catalogue, first: np.ndarray) -> Finding | None:
    """Photos with the pixels of an earlier one: `first` (N,), the row of the first with the same pixels."""
    rows = np.flatnonzero(first != np.arange(len(first)))
    if not len(rows):
        return None
    pairs = pd.DataFrame({"row": rows, "other": first[rows], "similarity": 1.0})
    return Finding(
        f"The same pixels as an earlier photo: {counted(len(rows), 'photo')} of {len(catalogue):,}{_apart(catalogue, pairs)}.",
        "Keep one of each, catalogue.subset(report.distinct): a photo that is there twice finds itself, and the results look better than they are."
        + (LABELS if _classes_differ(catalogue, pairs).any() else ""),
        pair_table(catalogue, pairs),
    )


def alike(catalogue: Catalogue, pairs: pd.DataFrame) -> Finding | None:
    """Pairs of photos that look the same, from `duplicates.alike_pairs`."""
    if not len(pairs):
        return None
    photos = len(np.unique(pairs[["row", "other"]]))
    return Finding(
        f"Nearly the same as another photo: {counted(photos, 'photo')} of {len(catalogue):,}, in {counted(len(pairs), 'pair')}{_apart(catalogue, pairs)}.",
        "Look at them, report.pairs(): of one photo that was saved twice keep one; two products that look the same are no fault, keep both."
        + (LABELS if _classes_differ(catalogue, pairs).any() else ""),
        pair_table(catalogue, pairs),
    )


def across(catalogue: Catalogue, pairs: pd.DataFrame, part: np.ndarray) -> Finding | None:
    """Such pairs with one photo in each of two parts of a split: `part` (N,), the part of each row."""
    if not len(pairs):
        return None
    photos = pd.Series(part[np.unique(pairs[["row", "other"]])]).value_counts(sort=False)
    sides = ", ".join(f"{counted(count, 'photo')} of {name}" for name, count in photos.items())
    table = pair_table(catalogue, pairs).assign(part=part[pairs["row"]], **{"other part": part[pairs["other"]]})
    return Finding(
        f"The same photo, or nearly, on both sides of the split: {counted(len(pairs), 'pair')} ({sides}).",
        "Take one of each pair out, or divide again with both in one part: otherwise the model is asked about photos that it has learned by heart.",
        table,
    )


def _classes_differ(catalogue: Catalogue, pairs: pd.DataFrame) -> np.ndarray:
    label = catalogue.hierarchy.column(0)
    return label[pairs["row"]] != label[pairs["other"]]


def _apart(catalogue: Catalogue, pairs: pd.DataFrame) -> str:
    count = int(_classes_differ(catalogue, pairs).sum())
    return f"; {count:,} of two classes" if count else ""
