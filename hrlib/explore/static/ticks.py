"""Where an axis has its ticks and what they say: plotly's choice of steps, and d3's formats as far as Python has them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hrlib.explore.static.spec import get

SPACE = {"x": 80, "y": 40}  # pixels that plotly.js leaves a tick


def ticks(axis) -> list[tuple[float, str]]:
    """(value in units of the axis, text) of each tick within the range of an `Axis`."""
    spec, (low, high) = axis.spec, sorted(axis.range)
    if get(spec, "tickvals") is not None and get(spec, "tickmode", "array") == "array":
        values = axis.numbers(spec["tickvals"])
        texts = get(spec, "ticktext")
        marks = list(zip(values, map(str, spec["tickvals"] if texts is None else texts), strict=False))
    elif axis.kind == "category":
        step = get(spec, "dtick") or max(1, math.ceil(len(axis.categories) / _most(axis)))
        marks = [(n, str(axis.categories[n])) for n in range(0, len(axis.categories), int(step))]
    elif axis.kind == "log":
        marks = _decades(low, high)
    else:
        step = get(spec, "dtick") or _step((high - low) / _most(axis))
        first = float(get(spec, "tick0", 0))
        count = range(math.ceil((low - first) / step - 1e-6), math.floor((high - first) / step + 1e-6) + 1)
        values = [first + step * n for n in count]
        marks = list(zip(values, labels(values, step, get(spec, "tickformat")), strict=True))
    before, after = get(spec, "tickprefix", ""), get(spec, "ticksuffix", "")
    slack = 1e-6 * (high - low)
    return [(float(v), f"{before}{text}{after}") for v, text in marks if low - slack <= v <= high + slack]


def _most(axis) -> float:
    most = get(axis.spec, "nticks")
    if axis.kind == "category" and not most:
        # a name a line where there is room for one
        return max(axis.length / (15 if axis.letter == "y" else 18), 1)
    return most or min(max(axis.length / SPACE[axis.letter], 4), 9) + 1


def _step(rough: float) -> float:
    power = 10 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(power * step for step in (2, 5, 10, 20) if power * step >= rough * (1 - 1e-9))


def _decades(low: float, high: float) -> list[tuple[float, str]]:
    between = (1, 2, 5) if high - low < 2.5 else (1,)
    skip = max(1, math.ceil((high - low) / 8))
    powers = range(math.floor(low), math.ceil(high) + 1)
    return [
        (power + math.log10(part), number(part * 10.0**power))
        for power in powers
        if power % skip == 0
        for part in between
    ]


def number(value: float) -> str:
    """A number on its own: 0.05, 12, 3k, 2M."""
    if value and abs(value) >= 1e4:
        power = min(int(math.log10(abs(value)) // 3), 3)
        return f"{value / 1000**power:.4g}{('', 'k', 'M', 'B')[power]}"
    return f"{value:.6g}".replace("-", "−")


def labels(values: Sequence[float], step: float, spec: str | None) -> list[str]:
    """Texts of evenly spaced ticks: no more places than the step needs, no zeros at their ends."""
    if spec:
        return [formatted(value, spec) for value in values]
    if max(np.abs(values), default=0) >= 1e4:
        return [number(value) for value in values]
    places = max(0, 1 - math.floor(math.log10(step) + 1e-9))
    return [number(round(value, places) + 0.0) for value in values]


def formatted(value: float, spec: str) -> str:
    """A number in d3's notation: Python's own but for ~ (cut zeros), s (SI prefixes) and d of a float."""
    cut, spec = "~" in spec, spec.replace("~", "").replace("$", "")
    try:
        if spec.endswith("s"):
            return number(value)
        text = format(round(value), spec) if spec.endswith(("d", "x")) else format(float(value), spec)
    except ValueError:  # a date's format, or another that only d3 has
        return number(value)
    if cut and "." in text:
        digits, sign = (text[:-1], "%") if text.endswith("%") else (text, "")
        text = digits.rstrip("0").rstrip(".") + sign
    return text.replace("-", "−")
