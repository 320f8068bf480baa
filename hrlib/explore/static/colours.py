"""Colours: CSS colours, colour scales, and which colour each mark of a trace has."""

from __future__ import annotations

import re

import numpy as np
import plotly.colors
from matplotlib.colors import to_rgba

from hrlib.explore.static.spec import get


def rgba(colour: str, opacity: float = 1.0) -> tuple[float, float, float, float]:
    """A CSS colour as four numbers from 0 to 1."""
    colour = str(colour).strip().lower()
    if found := re.fullmatch(r"rgba?\(([^)]*)\)", colour):
        parts = [float(part) for part in found[1].replace("%", "").split(",")]
        red, green, blue = (part / 255 for part in parts[:3])
        return red, green, blue, (parts[3] if len(parts) > 3 else 1.0) * opacity
    if colour == "transparent":
        return 0.0, 0.0, 0.0, 0.0
    red, green, blue, alpha = to_rgba(colour)
    return red, green, blue, alpha * opacity


def scaled_colours(values: np.ndarray, scale, low: float, high: float, reverse: bool = False) -> np.ndarray:
    """Numbers of any shape -> (..., 4) colours of a colour scale between low and high; NaN is transparent."""
    if isinstance(scale, str):
        scale = plotly.colors.get_colorscale(scale)
    stops = np.array([float(stop) for stop, _ in scale])
    colours = np.array([rgba(colour) for _, colour in scale])
    values = np.asarray(values, dtype=float)
    place = (values - low) / (high - low) if high > low else 0.5 + 0 * values
    place = np.clip(1 - place if reverse else place, 0, 1)
    drawn = np.stack([np.interp(place, stops, channel) for channel in colours.T], axis=-1)
    drawn[np.isnan(place)] = 0
    return drawn


def colours_of(spec: dict, count: int, colour: str, layout: dict) -> np.ndarray:
    """(count, 4): `color` as one colour, as a colour each, or as numbers on a colour scale."""
    given = get(spec, "color", colour)
    if isinstance(given, str):
        return np.tile(rgba(given), (count, 1))
    given = list(given)[:count]
    if any(isinstance(value, str) for value in given):
        known = {value: rgba(value) for value in set(given)}
        return np.array([known[value] for value in given])
    spec = merged_scale(spec, layout)
    values = np.array([np.nan if value is None else value for value in given], float)
    low, high = limits(values, spec, "c")
    return scaled_colours(values, get(spec, "colorscale", "Viridis"), low, high, get(spec, "reversescale", False))


def merged_scale(spec: dict, layout: dict) -> dict:
    """The settings of a colour scale: a trace's own, or those of the colour axis that it names."""
    name = get(spec, "coloraxis")
    return {**layout.get(name, {}), "_shared": name} if name else spec


def limits(values: np.ndarray, spec: dict, letter: str) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low = get(spec, f"{letter}min", float(finite.min()) if len(finite) else 0.0)
    high = get(spec, f"{letter}max", float(finite.max()) if len(finite) else 1.0)
    middle = get(spec, f"{letter}mid")
    if middle is not None:
        half = max(high - middle, middle - low)
        return middle - half, middle + half
    return float(low), float(high)
