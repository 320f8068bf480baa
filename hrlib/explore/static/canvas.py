"""A sheet in CSS pixels, origin in the upper left corner, drawn by matplotlib's Agg; pyplot and its global state are not touched."""

from __future__ import annotations

import functools
import io
import warnings

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.transforms import Bbox
from PIL import Image

Box = tuple[float, float, float, float]  # left, top, right, bottom
DASHES = {"dot": (1, 1), "dash": (3, 3), "longdash": (5, 5), "dashdot": (3, 1, 1, 1), "longdashdot": (5, 2, 2, 2)}
SYMBOLS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "cross": "P",
    "x": "X",
    "triangle-up": "^",
    "triangle-down": "v",
    "triangle-left": "<",
    "triangle-right": ">",
    "pentagon": "p",
    "hexagon": "h",
    "hexagon2": "H",
    "octagon": "8",
    "star": "*",
    "diamond-tall": "d",
    "cross-thin": "+",
    "x-thin": "x",
    "line-ns": "|",
    "line-ew": "_",
}
NUMBERS = dict(
    enumerate(("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "triangle-left"))
)
HATCHES = {"/": "//", "\\": "\\\\", "x": "xx", "-": "--", "|": "||", "+": "++", ".": ".."}


class Canvas:
    """What is drawn later lies above. Colours are four numbers from 0 to 1; `clip` is a Box outside of which nothing shows."""

    def __init__(self, width: int, height: int, scale: float, background):
        self.width, self.height, self.scale = width, height, scale
        # 72 dots an inch make a point of matplotlib one CSS pixel; the hair more keeps 899.99 from becoming 899
        self.figure = Figure(figsize=((width + 1e-3) / 72, (height + 1e-3) / 72), dpi=72 * scale, facecolor=background)
        self.agg = FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0), autoscale_on=False)
        self.axes.set_axis_off()
        self.order = 1.0

    def picture(self) -> Image.Image:
        with warnings.catch_warnings():
            # a sign that the font has not is a box in the picture: no reason for a warning a glyph
            warnings.filterwarnings("ignore", message=".*[Gg]lyph .* missing")
            self.agg.draw()
        return Image.fromarray(np.asarray(self.agg.buffer_rgba())).convert("RGB")

    def line(self, x, y, colour, width: float = 1.0, dash: str = "solid", clip: Box | None = None) -> None:
        if width > 0:
            style = {"color": colour, "lw": width, "ls": _dash(dash, width), "solid_joinstyle": "round"}
            line = Line2D(np.asarray(x, float), np.asarray(y, float), dash_capstyle="butt", **style)
            self._put(self.axes.add_line(line), clip)

    def polygon(self, x, y, fill=None, colour=None, width: float = 0.0, dash: str = "solid", clip=None) -> None:
        corners = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
        line = colour if colour is not None and width else "none"
        style = {"fc": "none" if fill is None else fill, "ec": line, "lw": width, "joinstyle": "miter"}
        self._put(self.axes.add_patch(Polygon(corners, closed=True, ls=_dash(dash, width), **style)), clip)

    def box(self, box: Box, fill=None, colour=None, width: float = 0.0, dash: str = "solid", clip=None) -> None:
        left, top, right, bottom = box
        self.polygon([left, right, right, left], [top, top, bottom, bottom], fill, colour, width, dash, clip)

    def hatched(self, box: Box, shape: str, colour, clip=None) -> None:
        left, top, right, bottom = box
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        patch = Polygon(corners, closed=True, fc="none", ec=colour, lw=0, hatch=HATCHES.get(shape, "//"))
        if hasattr(patch, "set_hatch_linewidth"):  # matplotlib 3.10
            patch.set_hatch_linewidth(1.8)
        self._put(self.axes.add_patch(patch), clip)

    def curve(self, points, codes, fill) -> None:
        self._put(self.axes.add_patch(PathPatch(Path(points, codes), fc=fill, ec="none")), None)

    def markers(self, x, y, symbol, size, fill, colour, width, clip=None) -> None:
        """Marks of one symbol; size in pixels across, a number or one each; fill and colour: (4,) or (n, 4)."""
        name = NUMBERS.get(symbol, symbol) if not isinstance(symbol, str) else symbol
        base = str(name).removesuffix("-dot").removesuffix("-open")
        thin = base.endswith("-thin") or base.startswith("line-")
        style = {"marker": SYMBOLS.get(base, "o"), "s": np.square(np.asarray(size, float)) * _area(base)}
        if thin or str(name).endswith("-open"):
            style |= {"linewidths": np.maximum(width, 1), "facecolors": fill if thin else "none", "edgecolors": fill}
        else:
            style |= {"linewidths": width, "facecolors": fill, "edgecolors": colour if np.any(width) else "none"}
        self._put(self.axes.scatter(np.asarray(x, float), np.asarray(y, float), **style), clip)

    def image(self, picture: Image.Image, box: Box, opacity: float = 1.0, clip=None, smooth: bool = True) -> None:
        """A picture over a box, resampled to its pixels; its corners are set to whole pixels, so that it stays sharp."""
        left, top, right, bottom = (round(side * self.scale) for side in box)
        if right > left and bottom > top:
            resample = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
            pixels = np.asarray(picture.resize((right - left, bottom - top), resample))
            extent = (left / self.scale, right / self.scale, bottom / self.scale, top / self.scale)
            shown = self.axes.imshow(pixels, extent=extent, aspect="auto", interpolation="nearest", alpha=opacity)
            self._put(shown, clip)

    def text(self, x, y, text: str, font: FontProperties, colour, angle: float = 0.0, clip=None) -> None:
        style = {"rotation": -angle, "rotation_mode": "anchor", "parse_math": False, "fontproperties": font}
        self._put(self.axes.text(x, y, text, ha="left", va="baseline", color=colour, **style), clip)

    def width_of(self, text: str, font: FontProperties) -> float:
        """How far a text reaches, blanks at its ends too, in CSS pixels."""
        return _advance(text, font) if text else 0.0

    def png(self, colours: int = 256) -> bytes:
        return compressed(self.picture(), colours)

    def _put(self, artist, clip: Box | None) -> None:
        self.order += 1
        artist.set_zorder(self.order)
        if clip is None:
            artist.set_clip_on(False)
        else:
            left, top, right, bottom = (side * self.scale for side in clip)
            artist.set_clip_path(None)
            artist.set_clip_box(
                Bbox.from_extents(left, self.height * self.scale - bottom, right, self.height * self.scale - top)
            )


def compressed(picture: Image.Image, colours: int = 256) -> bytes:
    """A PNG with a palette: a third as large, and no difference that one sees in charts."""
    data = io.BytesIO()
    picture.quantize(colours, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    return data.getvalue()


def _dash(dash: str, width: float):
    if dash in DASHES and width > 0:
        return (0, [part * max(width, 3) / width for part in DASHES[dash]])  # matplotlib multiplies by the width
    return "-"


def _area(symbol: str) -> float:
    return {"star": 1.6, "diamond": 0.85, "x": 1.1, "cross": 1.1}.get(symbol, 1.0)  # as large as plotly's to the eye


@functools.lru_cache(4096)
def _advance(text: str, font: FontProperties) -> float:
    # a renderer measures ink: bars before and behind make blanks count; measured large, so that whole pixels do not matter
    sheet = _ruler()
    large = font.copy()
    large.set_size(10 * font.get_size_in_points())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph .* missing")
        between, bars = (sheet.get_text_width_height_descent(part, large, False)[0] for part in (f"|{text}|", "||"))
    return (between - bars) / 10


@functools.cache
def _ruler():
    return FigureCanvasAgg(Figure(figsize=(1, 1), dpi=72)).get_renderer()
