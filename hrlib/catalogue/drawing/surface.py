"""What a product is made of: named colours, patterns and materials, drawn onto the main parts of its shape."""

from __future__ import annotations

import random

from hrlib.catalogue.drawing.pen import Pen

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (196, 48, 48),
    "orange": (226, 124, 46),
    "yellow": (228, 196, 70),
    "green": (74, 138, 84),
    "teal": (44, 134, 140),
    "blue": (56, 100, 178),
    "navy": (40, 52, 96),
    "purple": (122, 78, 152),
    "pink": (222, 138, 164),
    "brown": (128, 86, 58),
    "beige": (208, 184, 148),
    "grey": (140, 142, 146),
    "black": (50, 50, 54),
    "white": (236, 234, 228),
}
PATTERNS = ("plain", "striped", "pinstriped", "checked", "dotted", "diagonal", "two-tone")
# beside the product's own two colours
FIXED: dict[str, Colour] = {
    "metal": (186, 190, 198),
    "glass": (190, 214, 222),
    "black": (44, 44, 48),
    "white": (240, 239, 234),
    "wood": (150, 108, 70),
}


def shade(colour: Colour, factor: float) -> Colour:
    """The colour darker (below 1) or lighter (above 1)."""
    if factor <= 1:
        return tuple(round(channel * factor) for channel in colour)  # type: ignore[return-value]
    return tuple(round(255 - (255 - channel) / factor) for channel in colour)  # type: ignore[return-value]


def varied(rng: random.Random, name: str) -> Colour:
    """A named colour as one product has it: no two blues are quite the same."""
    return tuple(max(0, min(255, channel + rng.randint(-14, 14))) for channel in COLOURS[name])  # type: ignore[return-value]


def pattern_shapes(pattern: str, scale: float, phase: float) -> Pen:
    """The pattern's second-colour shapes over the unit square and beyond, so that it follows the product's pose."""
    pen = Pen()
    step = scale
    count = int(1.6 / step) + 2
    for number in range(count):
        at = -0.3 + (number + phase) * step
        if pattern in ("striped", "checked"):
            pen.box(-0.3, at, 1.3, at + step * 0.45, "second")
        if pattern in ("pinstriped", "checked"):
            pen.box(at, -0.3, at + step * (0.2 if pattern == "pinstriped" else 0.45), 1.3, "second")
        if pattern == "diagonal":
            pen.polygon(
                [(at - 0.6, -0.3), (at - 0.6 + step * 0.5, -0.3), (at + 0.6 + step * 0.5, 1.3), (at + 0.6, 1.3)],
                "second",
            )
        if pattern == "dotted":
            for other in range(count):
                pen.ellipse(at + (other % 2) * step / 2, -0.3 + other * step, step * 0.28, step * 0.28, "second")
    if pattern == "two-tone":
        pen.box(-0.3, 0.4 + 0.25 * phase, 1.3, 1.3, "second")
    return pen


def material_shapes(material: str) -> Pen:
    """What a material adds: grain, weave, ribs or gloss, as darker and lighter lines."""
    pen = Pen()
    if material in ("wood", "bamboo"):
        for number in range(12):
            y = -0.2 + number * 0.12
            pen.polygon([(-0.3, y), (1.3, y + 0.03), (1.3, y + 0.045), (-0.3, y + 0.02)], "dark")
    elif material in ("denim", "canvas"):
        for number in range(34):
            x = -0.9 + number * 0.06
            pen.polygon([(x, -0.2), (x + 0.014, -0.2), (x + 0.9, 1.2), (x + 0.886, 1.2)], "dark")
    elif material in ("knit", "rattan"):
        for number in range(26):
            pen.box(-0.3 + number * 0.06, -0.3, -0.28 + number * 0.06, 1.3, "dark")
    elif material in ("leather", "silk", "ceramic", "steel", "velvet", "enamel"):
        wide = {"leather": 0.05, "silk": 0.1, "velvet": 0.03}.get(material, 0.07)
        for x in (0.32, 0.62):
            pen.polygon([(x, -0.3), (x + wide, -0.3), (x + wide - 0.1, 1.3), (x - 0.1, 1.3)], "light")
    return pen
