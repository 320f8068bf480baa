"""Colours of classes: a hue for each superclass, shades of it for its classes, on a white page and on a dark one.

Lightness, chroma and hue are those of OKLCH (B. Ottosson, "A perceptual color space for image processing", 2020): equal steps look equal.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.explore.theme import PALETTE

MARKS = ("circle", "diamond", "triangle-up", "cross", "star", "x", "square", "triangle-down")
GREY = "#9A9A9A"  # of what has no class, or one that is not shown
DARKEST, LIGHTEST = 0.45, 0.74  # OKLCH: contrast of 2 and more against a white and against a dark page
BAND = 0.13  # a superclass' shades lie within this of its own lightness, so that light blue is not taken for a shade of blue

# linear sRGB to the responses of the three cones, and their cube roots to (lightness, green to red, blue to yellow)
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
# linear sRGB as a deuteranope and a protanope see it (Viénot, Brettel and Mollon 1999)
_SEEN = (
    np.eye(3),
    np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
    np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
)


def colours(hierarchy: Hierarchy, level: str | int = 0) -> list[str]:
    """A colour for each class of a level, "#rrggbb": the hue is its superclass', the lightness its own.

    The superclasses are the classes of the coarsest level that has more than one. The shades follow the order of the levels between, so
    that neighbours in the tree are neighbours in lightness. They depend on the tree alone: on neither the rows nor the level shown.
    """
    families = superclasses(hierarchy, level)
    own = hues(int(families.max()) + 1)
    tree = hierarchy.ancestors_of(level)
    ranked = np.lexsort(tree.T)  # the last column, the coarsest level, counts most
    found = [""] * len(tree)
    for family, base in enumerate(own):
        members = ranked[families[ranked] == family]
        for label, shade in zip(members, shades(base, len(members)), strict=True):
            found[label] = shade
    return found


def superclasses(hierarchy: Hierarchy, level: str | int = 0) -> np.ndarray:
    """(C,) int64: the label of each class of `level` on `hue_level`."""
    index = hierarchy.index(level)
    return hierarchy.ancestors_of(index)[:, max(hue_level(hierarchy) - index, 0)]


def hue_level(hierarchy: Hierarchy) -> int:
    """The coarsest level with more than one class, whose classes have a hue each."""
    several = [level for level, count in enumerate(hierarchy.n_classes) if count > 1]
    return several[-1] if several else hierarchy.depth - 1


@lru_cache(maxsize=64)
def hues(count: int) -> tuple[str, ...]:
    """Okabe and Ito's six colours, then each time the colour furthest from all there are, to whoever confuses red and green the most."""
    chosen = list(PALETTE[:6])[:count]
    if count <= len(chosen):
        return tuple(chosen)
    free = [from_lch(light, 0.13, hue) for light in (0.5, 0.6, 0.7) for hue in range(0, 360, 6)]
    seen = _as_seen(free)
    nearest = np.min([_distance(seen, _as_seen([colour])) for colour in chosen], axis=0)
    while len(chosen) < count:
        best = int(nearest.argmax())
        chosen.append(free[best])
        nearest = np.minimum(nearest, _distance(seen, seen[:, best : best + 1]))
    return tuple(chosen)


def shades(base: str, count: int) -> list[str]:
    """`count` colours of one hue from dark to light, around the lightness of `base`; one alone is `base` itself."""
    if count == 1:
        return [base]
    light, chroma, hue = to_lch(base)
    half = min(BAND, 0.04 * count)
    low, high = np.clip([light - half, light + half], DARKEST, LIGHTEST)
    return [from_lch(step, chroma, hue) for step in np.linspace(low, high, count)]


def ramp(count: int) -> list[str]:
    """`count` colours in an order that is seen: from a dark blue to a light yellow."""
    return [
        from_lch(light, 0.11, 275 - 185 * at)
        for at, light in zip(np.linspace(0, 1, count), np.linspace(DARKEST, LIGHTEST, count), strict=True)
    ]


def to_lch(colour: str) -> tuple[float, float, float]:
    """(lightness 0-1, chroma, hue in degrees) of "#rrggbb"."""
    light, a, b = _oklab(_linear([colour]))[0]
    return float(light), float(np.hypot(a, b)), float(np.degrees(np.arctan2(b, a)) % 360)


def from_lch(light: float, chroma: float, hue: float) -> str:
    """ "#rrggbb"; where a screen cannot show so much chroma, with as much as it can."""
    turn = np.radians(hue)
    for less in np.linspace(1, 0, 51):
        lab = np.array([light, less * chroma * np.cos(turn), less * chroma * np.sin(turn)])
        rgb = np.linalg.solve(_CONES, np.linalg.solve(_LAB, lab) ** 3)
        if rgb.min() >= -1e-4 and rgb.max() <= 1 + 1e-4:
            break
    rgb = np.clip(rgb, 0, 1)
    shown = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * channel):02X}" for channel in shown)


def _linear(chosen: list[str]) -> np.ndarray:
    """(N, 3): the light of each channel, 0-1."""
    encoded = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in chosen]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _oklab(linear: np.ndarray) -> np.ndarray:
    return np.cbrt(linear @ _CONES.T) @ _LAB.T


def _as_seen(chosen: list[str]) -> np.ndarray:
    """(3, N, 3): OKLab of each colour in the eyes of most people, of a deuteranope and of a protanope."""
    linear = _linear(chosen)
    return np.stack([_oklab(np.clip(linear @ eyes.T, 0, 1)) for eyes in _SEEN])


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N,): the distance in the eyes that see the least of it."""
    return np.linalg.norm(a - b, axis=2).min(axis=0)
