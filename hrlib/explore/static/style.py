"""plotly's words for colours, dashes, marks and text in matplotlib's."""

from __future__ import annotations

import re

import numpy as np
import plotly.colors
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgba

from hrlib.explore.static.spec import get

DASHES = {"dot": (1, 1), "dash": (3, 3), "longdash": (5, 5), "dashdot": (3, 1, 1, 1), "longdashdot": (5, 2, 2, 2)}
SYMBOLS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "cross": "P",
    "x": "X",
    "triangle-up": "^",
    "triangle-down": "v",
    "star": "*",
}
HATCHES = {"/": "//", "x": "xx", "-": "--", ".": ".."}
CJK = ("Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Zen Hei", "Droid Sans Fallback")


def rc(layout: dict) -> dict:
    """matplotlib's settings for a figure: its font and ink, and text that is never read as mathematics."""
    there = {font.name for font in font_manager.fontManager.ttflist}
    ink, size = layout["font"]["color"], layout["font"]["size"]
    return {
        # matplotlib's own font, so that a figure is the same everywhere; what it lacks from a font that is there
        "font.family": ["DejaVu Sans", *(name for name in CJK if name in there)],
        "text.parse_math": False,
        "axes.formatter.useoffset": False,
        "axes.formatter.limits": (-6, 6),
        "hatch.linewidth": 1.8,
        "font.size": size,
        "axes.labelsize": size + 1,
        **dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "legend.fontsize", "legend.title_fontsize"), size),
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"), ink),
    }


def text_style(text: object, font: dict | None = None) -> dict:
    """How a text is written, as matplotlib's keywords: bold where all of it is, its font's size and colour where there is one."""
    bold = re.fullmatch(r"<b>((?!</b>).)*</b>", str(text))
    style = {"fontweight": "bold" if bold else "normal", "fontsize": get(font, "size"), "color": get(font, "color")}
    return {key: value for key, value in style.items() if value is not None}


def rgba(colour: str, opacity: float = 1.0) -> tuple[float, float, float, float]:
    """A CSS colour as four numbers from 0 to 1."""
    if found := re.fullmatch(r"rgba?\(([^)]*)\)", str(colour).strip().lower()):
        red, green, blue, *alpha = (float(part) for part in found[1].split(","))
        return red / 255, green / 255, blue / 255, (alpha[0] if alpha else 1.0) * opacity
    red, green, blue, alpha = to_rgba("none" if colour == "transparent" else colour)
    return red, green, blue, alpha * opacity


def scale_of(values: np.ndarray, spec: dict, letter: str) -> tuple[LinearSegmentedColormap, Normalize]:
    """The colour scale of numbers, between the ends that are given or else their own."""
    scale = get(spec, "colorscale", "Viridis")
    stops = plotly.colors.get_colorscale(scale) if isinstance(scale, str) else scale
    finite = values[np.isfinite(values)]
    low, high = (
        get(spec, f"{letter}min", finite.min(initial=np.inf)),
        get(spec, f"{letter}max", finite.max(initial=-np.inf)),
    )
    ends = Normalize(low, high) if low < high else Normalize(low - 1, low + 1) if low == high else Normalize(0, 1)
    return LinearSegmentedColormap.from_list("", [(stop, rgba(colour)) for stop, colour in stops]), ends


def colours_of(spec: dict, count: int, otherwise: str, opacity: float = 1.0) -> np.ndarray:
    """(count, 4): `color` as one colour, as a colour each, or as numbers on a colour scale."""
    given = get(spec, "color", otherwise)
    if isinstance(given, str):
        return np.tile(rgba(given, opacity), (count, 1))
    if len(given) and isinstance(given[0], str):
        known = {colour: rgba(colour, opacity) for colour in set(given)}
        return np.array([known[colour] for colour in given])
    values = np.asarray(given, float)
    colours, ends = scale_of(values, spec, "c")
    drawn = colours(ends(values))
    drawn[:, 3] *= opacity
    return drawn


def line_style(line: dict, otherwise: str) -> dict:
    """A line as matplotlib's keywords; dashes are in widths of the line, of 3 at least."""
    width = float(get(line, "width", 2))
    dashes = DASHES.get(get(line, "dash", "solid"))
    long = max(width, 3) / max(width, 1e-9)
    style = "-" if dashes is None else (0, tuple(part * long for part in dashes))
    return {"color": rgba(get(line, "color", otherwise)), "linewidth": width, "linestyle": style}


def symbol_of(symbol: str) -> tuple[str, bool]:
    """matplotlib's mark, and whether it is hollow."""
    return SYMBOLS.get(symbol.removesuffix("-open"), "o"), symbol.endswith("-open")
