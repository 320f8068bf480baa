"""Text as plotly writes it: lines, bold, italic, raised and lowered, HTML entities, any anchor and angle; never mathtext."""

from __future__ import annotations

import functools
import html
import math
import re
from dataclasses import dataclass, replace

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties

from hrlib.explore.static.canvas import Canvas
from hrlib.explore.static.colours import rgba
from hrlib.explore.static.spec import get

LINE = 1.3  # height of a line in sizes of its font, as in plotly.js
TAGS = re.compile(r"(</?(?:b|strong|i|em|sup|sub|span|a|br)\b[^>]*>)", re.IGNORECASE)
CJK = ("Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Zen Hei", "Droid Sans Fallback")


@dataclass(frozen=True)
class Run:
    """A stretch of text in one style; `raised` in sizes of the line's font."""

    text: str = ""
    bold: bool = False
    italic: bool = False
    factor: float = 1.0
    raised: float = 0.0
    colour: str | None = None


def lines_of(text: str) -> list[list[Run]]:
    """Text with tags -> lines of runs. A tag that plotly does not know stays as text."""
    style, stack, lines = Run(), [], [[]]
    for part in TAGS.split(re.sub(r"[\r\n]+", " ", str(text))):
        if not TAGS.fullmatch(part):
            if part:
                lines[-1].append(replace(style, text=html.unescape(part)))
            continue
        name = re.match(r"</?(\w+)", part)[1].lower()
        if name == "br":
            lines.append([])
        elif part.startswith("</"):
            style = stack.pop() if stack else Run()
        else:
            stack.append(style)
            colour = re.search(r"(?<![\w-])color:\s*([^;\"']+)", part)
            changes = {
                "b": {"bold": True},
                "strong": {"bold": True},
                "i": {"italic": True},
                "em": {"italic": True},
                "sup": {"factor": 0.7, "raised": 0.45},
                "sub": {"factor": 0.7, "raised": -0.25},
            }.get(name, {})
            style = replace(style, **changes, **({"colour": colour[1].strip()} if colour else {}))
    return lines


class Text:
    """Text laid out in one font (plotly's: size in pixels, color, weight), with its width and height in pixels."""

    def __init__(self, canvas: Canvas, text: str, font: dict):
        self.canvas, self.size = canvas, float(get(font, "size", 12))
        self.colour, self.heavy = get(font, "color", "#444444"), get(font, "weight", "normal") in ("bold", 700)
        self.slanted = get(font, "style") == "italic"
        self.lines = lines_of(text)
        self.widths = [sum(self._width(run) for run in line) for line in self.lines]
        self.width, self.height = max(self.widths), LINE * self.size * len(self.lines)

    def extent(self, angle: float = 0) -> tuple[float, float]:
        """Width and height of the box around the text that is turned by so many degrees."""
        a = math.radians(angle)
        return (
            abs(self.width * math.cos(a)) + abs(self.height * math.sin(a)),
            abs(self.width * math.sin(a)) + abs(self.height * math.cos(a)),
        )

    def draw(self, x, y, xanchor="center", yanchor="middle", angle=0.0, align=None, clip=None, opacity=1.0) -> None:
        """Put the anchor (left, center, right; top, middle, bottom) at pixel (x, y) and turn the text about it, clockwise."""
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        left, top = -self.width * _share(xanchor), -self.height * _share(yanchor)
        for number, (line, width) in enumerate(zip(self.lines, self.widths, strict=True)):
            across = left + (self.width - width) * _share(align or xanchor)
            # the baseline, so that capitals are in the middle of their line
            down = top + (LINE * number + LINE / 2 + 0.36) * self.size
            for run in line:
                dy = down - run.raised * self.size
                colour = rgba(run.colour or self.colour, opacity)
                place = (x + across * cos - dy * sin, y + across * sin + dy * cos)
                self.canvas.text(*place, run.text, self._properties(run), colour, angle, clip)
                across += self._width(run)

    def _properties(self, run: Run) -> FontProperties:
        weight = "bold" if run.bold or self.heavy else "normal"
        style = "italic" if run.italic or self.slanted else "normal"
        return FontProperties(family=_families(), weight=weight, style=style, size=self.size * run.factor)

    def _width(self, run: Run) -> float:
        return self.canvas.width_of(run.text, self._properties(run))


def _share(anchor: str) -> float:
    return {"left": 0.0, "top": 0.0, "center": 0.5, "middle": 0.5, "right": 1.0, "bottom": 1.0}[anchor]


@functools.cache
def _families() -> list[str]:
    # matplotlib's own font, so that a figure is the same everywhere; what it lacks from a font that is there
    there = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in CJK if name in there)]
