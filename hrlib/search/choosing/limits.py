"""What is asked of an index."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hrlib.errors import HrlibError
from hrlib.search.choosing.candidates import FAMILIES
from hrlib.settings import check, nearest

TYPES = {"target_recall": float, "memory": int | None, "updates_per_second": float, "k": int, "families": tuple | None}


@dataclass(frozen=True)
class Limits:
    """Recall@k wanted, bytes allowed (None: any), updates a second that must be stood, neighbours wanted, families of indexes (None: all)."""

    target_recall: float
    memory: int | None
    updates_per_second: float
    k: int
    families: tuple[str, ...] | None = None

    def __post_init__(self):
        check("choose_index", TYPES, vars(self))
        right = {
            "target_recall": (0 < self.target_recall <= 1, "above 0 and at most 1"),
            "memory": (self.memory is None or self.memory > 0, "1 byte or more, or None"),
            "updates_per_second": (0 <= self.updates_per_second < math.inf, "0 or more"),
            "k": (self.k >= 1, "1 or more"),
        }
        for name, (fits, expected) in right.items():
            if not fits:
                raise HrlibError(f"choose_index: {name} is {getattr(self, name)!r}: expected {expected}")
        for family in self.families or ():
            if family not in tuple(FAMILIES):
                raise HrlibError(f"choose_index: families holds {family!r}; {nearest(family, FAMILIES)}")

    def shortfall(self, megabytes, updates):
        """How many times memory and updates are missed, by the worse of the two; 1 where neither is. Numbers or arrays of them."""
        over = np.divide(megabytes, (self.memory or math.inf) / 1e6)
        slow = self.updates_per_second / np.maximum(updates, 1e-9)
        return np.maximum(np.maximum(over, slow), 1.0)

    def words(self) -> str:
        """As part of a sentence."""
        parts = [f"recall@{self.k} of {self.target_recall:g}"]
        parts += [f"at most {short(self.memory / 1e6)} MB"] if self.memory else []
        parts += [f"{short(self.updates_per_second)} updates a second"] if self.updates_per_second else []
        return " with ".join([parts[0], " and ".join(parts[1:])] if parts[1:] else parts)


def short(number: float) -> str:
    """A positive number as it is read: three digits, all of those before the point."""
    return f"{number:,.0f}" if number >= 99.95 else f"{number:.3g}"
