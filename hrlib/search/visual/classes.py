"""The classes of a hierarchy by their names: of items in a store, whose metadata hold them, and of items that are added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HierarchyConflict, HrlibError
from hrlib.settings import nearest

Record = dict[str, Any]  # what is known of an item: column to value; what is missing is not in it


def known(values: Mapping[str, Any]) -> Record:
    """The values that are there: neither None nor NaN nor a blank text nor an empty list."""
    return {name: value for name, value in values.items() if not _missing(value)}


def _missing(value: Any) -> bool:
    if not pd.api.types.is_scalar(value):  # a column of the catalogue may hold lists, such as several captions
        return hasattr(value, "__len__") and len(value) == 0
    return pd.isna(value) or (isinstance(value, str) and not value.strip())


class Classes:
    """Looks up the classes of a hierarchy with L levels."""

    def __init__(self, hierarchy: Hierarchy):
        self.hierarchy, self.levels = hierarchy, hierarchy.levels
        self._numbers = [{name: label for label, name in enumerate(names)} for names in hierarchy.names]

    def labels(self, records: Sequence[Record]) -> np.ndarray:
        """(N, L) int64: the labels of items, fine to coarse; -1 for a class that is missing, or that the hierarchy does not have."""
        levels = list(zip(self.levels, self._numbers, strict=True))
        rows = [
            [numbers.get(str(record[level]), -1) if level in record else -1 for level, numbers in levels]
            for record in records
        ]
        return np.array(rows, np.int64).reshape(-1, len(levels))

    def path(self, record: Record) -> tuple[str, ...]:
        """The names of an item's classes as far as they are known, coarse to fine."""
        return tuple(str(record[level]) for level in reversed(self.levels) if level in record)

    def path_of(self, level: int, label: int) -> tuple[str, ...]:
        """The names of a class and of those above it, coarse to fine."""
        names = [self.hierarchy.names[level][label]]
        for position, parents in enumerate(self.hierarchy.parents[level:], level + 1):
            label = parents[label]
            names.append(self.hierarchy.names[position][label])
        return tuple(reversed(names))

    def completed(self, record: Record) -> Record:
        """A record whose classes are the hierarchy's, with the levels above the finest of them filled in.

        Raises:
            HrlibError: a class that the hierarchy does not have; near ones are named.
            HierarchyConflict: a class that does not lie under the coarser one which is given.
        """
        given = {position: str(record[level]) for position, level in enumerate(self.levels) if level in record}
        for position, name in given.items():
            if name not in self._numbers[position]:
                names = nearest(name, self.hierarchy.names[position])
                raise HrlibError(
                    f"{self.levels[position]} {name!r} is no class of the catalogue; {names}. Or leave it out"
                )
        if not given:
            return record
        finest = min(given)
        path = self.path_of(finest, self._numbers[finest][given[finest]])[::-1]
        for position, name in enumerate(path, finest):
            if given.get(position, name) != name:
                raise HierarchyConflict(
                    f"{self.levels[finest]} {given[finest]!r} lies under {self.levels[position]} {name!r}, not under "
                    f"{given[position]!r}: expected classes of one path; give the finest alone"
                )
        return record | dict(zip(self.levels[finest:], path, strict=True))
