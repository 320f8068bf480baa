"""An axis: from data to its units (numbers, logarithms, places of categories), its range, and from its units to pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hrlib.explore.static.spec import get


@dataclass(frozen=True)
class Reach:
    """How far a trace goes along an axis, in its units; `pad`: 5 % of room; `zero`: none at zero; `radius` of marks in pixels."""

    low: float
    high: float
    pad: bool = True
    zero: bool = False
    radius: float = 0.0


@dataclass
class Axis:
    """`letter` x or y; `start` and `end` are the pixels of the two ends of `range`."""

    letter: str
    name: str
    spec: dict
    kind: str = "linear"
    categories: list = field(default_factory=list)
    range: tuple[float, float] = (0.0, 1.0)
    start: float = 0.0
    end: float = 1.0

    @property
    def length(self) -> float:
        return abs(self.end - self.start)

    @property
    def visible(self) -> bool:
        return get(self.spec, "visible", True)

    def learn(self, columns: Iterable) -> None:
        """Find out the kind of axis from the data of its traces, and its categories in order of appearance."""
        columns = [list(_flat(column)) for column in columns]
        values = [value for column in columns for value in column if value is not None]
        self.kind = get(self.spec, "type", "-")
        if self.kind in ("-", "date", "multicategory"):
            self.kind = "linear" if all(_numeric(value) for value in values) else "category"
        if self.kind == "category":
            given = get(self.spec, "categoryarray")
            self.categories = list(dict.fromkeys([*(() if given is None else _flat(given)), *values]))
            order = get(self.spec, "categoryorder", "")
            if order.startswith("category"):
                self.categories.sort(key=str, reverse="descending" in order)
        self.places = {value: place for place, value in enumerate(self.categories)}

    def numbers(self, values) -> np.ndarray:
        """Data -> units of the axis; NaN where there are none."""
        if self.kind == "category":
            return np.array([self._place(value) for value in _flat(values)], float)
        numbers = np.array([math.nan if value is None else float(value) for value in _flat(values)], float)
        if self.kind == "log":
            with np.errstate(divide="ignore", invalid="ignore"):
                numbers = np.log10(numbers)
            numbers[~np.isfinite(numbers)] = math.nan
        return numbers

    def _place(self, value) -> float:
        place = self.places.get(value)
        return float(place) if place is not None else float(value) if _numeric(value) else math.nan

    def pixels(self, numbers) -> np.ndarray:
        """Units of the axis -> pixels."""
        low, high = self.range
        return self.start + (np.asarray(numbers, float) - low) / ((high - low) or 1.0) * (self.end - self.start)

    def holds(self, pixel: float) -> bool:
        return min(self.start, self.end) - 0.5 <= pixel <= max(self.start, self.end) + 0.5

    def fit(self, reaches: list[Reach]) -> None:
        """Set the range: the one given, or one that holds all traces with the room around them that plotly leaves."""
        low, high = self._around([reach for reach in reaches if np.isfinite([reach.low, reach.high]).all()])
        given = get(self.spec, "range")
        backwards = "reversed" in str(get(self.spec, "autorange", ""))
        if given is None:
            self.range = (high, low) if backwards else (low, high)
        else:
            first, last = (None if end is None else float(end) for end in given)
            self.range = (low if first is None else first, high if last is None else last)

    def _around(self, reaches: list[Reach]) -> tuple[float, float]:
        if not reaches:
            return (-1.0, 6.0) if self.letter == "x" else (-1.0, 4.0)  # plotly's axes of an empty figure
        low, high = min(reach.low for reach in reaches), max(reach.high for reach in reaches)
        if get(self.spec, "rangemode") == "tozero":
            low, high = min(low, 0), max(high, 0)
        if low == high:
            return low - 1, high + 1
        zero = any(reach.zero for reach in reaches)

        def room(end: float) -> float:
            if zero and end == 0:
                return 0.0
            return max(reach.pad * 0.05 * self.length + reach.radius for reach in reaches)

        below, above = room(low), room(high)
        a_pixel = (high - low) / max(self.length - below - above, 1)
        return low - below * a_pixel, high + above * a_pixel


def link(axes: dict[str, Axis]) -> None:
    """`matches`: the range that holds both; `scaleanchor`: as many units a pixel, by a longer range or a shorter axis (`constrain`)."""
    for axis in axes.values():
        other = axes.get(get(axis.spec, "matches", ""))
        if other is not None and other is not axis:
            group = [a for a in axes.values() if get(a.spec, "matches") == other.name or a is other]
            ends = [end for a in group for end in a.range]
            backwards = other.range[0] > other.range[1]
            for member in group:
                member.range = (max(ends), min(ends)) if backwards else (min(ends), max(ends))
    for group in _anchored(axes):
        units = max(_units(axis) for axis in group)
        for axis in group:
            _stretch(axis, units / max(_units(axis), 1e-300))


def _units(axis: Axis) -> float:
    return abs(axis.range[1] - axis.range[0]) / max(axis.length, 1e-9) * float(get(axis.spec, "scaleratio", 1))


def _stretch(axis: Axis, factor: float) -> None:
    if get(axis.spec, "constrain", "range") == "domain":
        toward = get(axis.spec, "constraintoward", "center")
        share = {"left": 0, "bottom": 0, "right": 1, "top": 1}.get(toward, 0.5)
        free = (axis.end - axis.start) * (1 - 1 / factor)
        axis.start, axis.end = axis.start + share * free, axis.end - (1 - share) * free
    else:
        middle, half = sum(axis.range) / 2, (axis.range[1] - axis.range[0]) / 2 * factor
        axis.range = (middle - half, middle + half)


def _anchored(axes: dict[str, Axis]) -> list[list[Axis]]:
    """Groups of axes that have one scale, directly or by way of others."""
    groups: list[set[str]] = []
    for axis in axes.values():
        anchor = get(axis.spec, "scaleanchor")
        if anchor in axes:
            names = {axis.name, anchor}
            names |= {n for n, a in axes.items() if get(a.spec, "matches") in names}
            joined = [group for group in groups if group & names]
            groups = [group for group in groups if not group & names] + [names.union(*joined)]
    return [[axes[name] for name in sorted(group)] for group in groups]


def _flat(values) -> Iterable:
    if isinstance(values, np.ndarray):
        return values.ravel().tolist()
    return [values] if isinstance(values, str | int | float | type(None)) else list(values)


def _numeric(value) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
