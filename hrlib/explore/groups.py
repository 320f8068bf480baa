"""What the points of a picture are coloured by: the classes of a level, or the values of an attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.explore.colours import GREY, MARKS, colours, hue_level, hues, ramp, superclasses
from hrlib.settings import nearest

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue, Hierarchy

SEVERAL = 12  # values of an attribute that get a colour each; of numbers, more are divided into RANGES
RANGES = 6


@dataclass(frozen=True, eq=False)
class Groups:
    """N items in G groups, and the groups in families that share a hue.

    Attributes:
        by: what the groups are: the name of a level or of an attribute.
        labels: (N,) int64, the group of each item, 0..G-1.
        names, colours, marks: of the G groups.
        families: (G,) int64, the family of each group. Where a group is its own, as many families as groups.
        family_names, family_colours: of the families.
        families_are: the level that the families are classes of; None where each group is its own.
    """

    by: str
    labels: np.ndarray
    names: tuple[str, ...]
    colours: tuple[str, ...]
    marks: tuple[str, ...]
    families: np.ndarray
    family_names: tuple[str, ...]
    family_colours: tuple[str, ...]
    families_are: str | None = None

    def __len__(self) -> int:
        return len(self.names)


def groups(catalogue: Catalogue, colour: str | int) -> Groups:
    """The groups of the catalogue's items by `colour`.

    Args:
        colour: the name or number of a level; "superclass" (where no level is called so: level 1, or the only one); or a column of the
            items. Numbers with many values are divided into ranges of about as many items; of many texts the most frequent have a colour.

    Raises:
        HrlibError: no such level or column.
    """
    hierarchy = catalogue.hierarchy
    if colour == "superclass" and colour not in hierarchy.levels:
        colour = hierarchy.superclass
    if not isinstance(colour, str) or colour in hierarchy.levels:
        return by_level(hierarchy, colour)
    if colour not in catalogue.items:
        known = ["superclass", *hierarchy.levels, *catalogue.attributes]
        raise HrlibError(f"no level and no column is called {colour!r}; {nearest(colour, known)}")
    return _by_value(catalogue.items[colour], colour)


def by_level(hierarchy: Hierarchy, level: str | int) -> Groups:
    """The classes of a level, in families by the level that has the hues."""
    index, top = hierarchy.index(level), hue_level(hierarchy)
    families = superclasses(hierarchy, index)
    names, shown = hierarchy.names[index], tuple(colours(hierarchy, index))
    if index >= top or hierarchy.n_classes[top] == len(names):
        return _each_its_own(hierarchy.levels[index], hierarchy.column(index), names, shown)
    marks = MARKS if len(names) <= len(MARKS) else [MARKS[family % len(MARKS)] for family in families]
    return Groups(
        hierarchy.levels[index],
        hierarchy.column(index),
        names,
        shown,
        tuple(marks[: len(names)]),
        families,
        hierarchy.names[top],
        hues(hierarchy.n_classes[top]),
        hierarchy.levels[top],
    )


def _by_value(column: pd.Series, name: str) -> Groups:
    missing = column.isna().to_numpy()
    known = column[~missing]
    ordered = pd.api.types.is_numeric_dtype(column) and known.nunique() > SEVERAL
    if ordered:
        cut = pd.qcut(known.astype(float), RANGES, duplicates="drop")
        codes = cut.cat.codes.to_numpy().astype(np.int64)
        names = [f"{part.left:.4g} to {part.right:.4g}" for part in cut.cat.categories]
        shown = ramp(len(names))
    else:
        texts = known.map(str)
        counts = texts.value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
        names = sorted(counts.index[: SEVERAL if len(counts) > SEVERAL + 1 else None])
        place = {value: code for code, value in enumerate(names)}
        codes = texts.map(lambda text: place.get(text, len(place))).to_numpy().astype(np.int64)
        shown = list(hues(len(names)))
        if len(counts) > len(names):
            names, shown = [*names, f"{len(counts) - len(names)} other values"], [*shown, GREY]
    labels = np.full(len(column), len(names), dtype=np.int64)
    labels[~missing] = codes
    if missing.any():
        names, shown = [*names, "no value"], [*shown, GREY]
    return _each_its_own(name, labels, tuple(names), tuple(shown))


def _each_its_own(by: str, labels: np.ndarray, names: tuple[str, ...], shown: tuple[str, ...]) -> Groups:
    marks = ["circle-open" if colour == GREY else MARKS[at % len(MARKS)] for at, colour in enumerate(shown)]
    return Groups(by, labels, names, shown, tuple(marks), np.arange(len(names)), names, shown)
