"""Traces on axes: scatter and scattergl (lines, marks, error bars, texts), bar, and heatmap with its colour bar."""

from __future__ import annotations

from typing import Any

import numpy as np

from hrlib.errors import HrlibError
from hrlib.explore.static.panels import Panel
from hrlib.explore.static.spec import get, plain
from hrlib.explore.static.style import (
    HATCHES,
    colours_of,
    line_style,
    rgba,
    scale_of,
    symbol_of,
    text_style,
)

AREA = {"*": 1.6}  # matplotlib's star is smaller than its size says


def mode(trace: dict) -> str:
    """What is drawn of a scatter: plotly's own choice where the trace does not say."""
    few = len(get(trace, "y", get(trace, "x", ()))) < 20
    return get(trace, "mode", "lines+markers" if few else "lines")


def main_colour(trace: dict) -> str:
    """The one colour of a trace: of its marks, else of its line, else of the colourway."""
    colour = get(trace, "marker.color")
    return colour if isinstance(colour, str) else get(trace, "line.color", trace["colour"])


def scatter(panel: Panel, trace: dict) -> None:
    (x, y), drawn, opacity = panel.columns(trace), mode(trace), get(trace, "opacity", 1.0)
    if "lines" in drawn:
        panel.axes.plot(x, y, **line_style(get(trace, "line", {}), main_colour(trace)), alpha=opacity, zorder=2)
    _errors(panel, trace, x, y)
    if "markers" in drawn:
        _markers(panel, trace, x, y, opacity)
    if "text" in drawn:
        down, _, across = get(trace, "textposition", "middle center").partition(" ")
        away = np.max(get(trace, "marker.size", 6)) / 2 + 3 if "markers" in drawn else 0
        shift = {"left": -away, "right": away}.get(across, 0), {"top": away, "bottom": -away}.get(down, 0)
        anchors = {
            "ha": {"left": "right", "right": "left"}.get(across, "center"),
            "va": {"top": "bottom", "bottom": "top"}.get(down, "center"),
        }
        for text, place in zip(get(trace, "text", ()), zip(x, y, strict=True), strict=False):
            style = anchors | text_style(text, get(trace, "textfont"))
            panel.axes.annotate(plain(text), place, shift, textcoords="offset points", **style)


def _markers(panel: Panel, trace: dict, x: np.ndarray, y: np.ndarray, opacity: float) -> None:
    marker, count = get(trace, "marker", {}), len(x)
    opacity = opacity * get(marker, "opacity", 1.0)
    fill = colours_of(marker, count, main_colour(trace), opacity)
    edge = colours_of(get(marker, "line", {}), count, "#444444", opacity)
    width = get(marker, "line.width", 0)
    size = np.broadcast_to(np.asarray(get(marker, "size", 6), float), count)
    symbols = get(marker, "symbol", "circle")
    symbols = np.array([symbols] * count if isinstance(symbols, str) else symbols, dtype=object)
    for symbol in dict.fromkeys(symbols):
        these, (mark, hollow) = (symbols == symbol) & (size > 0), symbol_of(symbol)
        colour = {"fc": "none", "ec": fill[these]} if hollow else {"fc": fill[these], "ec": edge[these]}
        area = size[these] ** 2 * AREA.get(mark, 1)
        panel.axes.scatter(x[these], y[these], area, marker=mark, linewidths=width or int(hollow), zorder=2, **colour)


def _errors(panel: Panel, trace: dict, x: np.ndarray, y: np.ndarray) -> None:
    for letter in "xy":
        spec = get(trace, f"error_{letter}", {})
        if (plus := get(spec, "array")) is not None:
            ends: dict[str, Any] = {f"{letter}err": [get(spec, "arrayminus", plus), plus]}
            thick, cap = get(spec, "thickness", 2), get(spec, "width", 4)
            colour = rgba(get(spec, "color", main_colour(trace)))
            panel.axes.errorbar(
                x, y, **ends, fmt="none", ecolor=colour, elinewidth=thick, capthick=thick, capsize=cap, zorder=2
            )


def bar(panel: Panel, trace: dict, stacked: bool, number: int, beside: int) -> None:
    """Bars, stacked on those before or as the one with this number of `beside` groups."""
    lying, (x, y) = get(trace, "orientation", "v") == "h", panel.columns(trace)
    at, size = (y, x) if lying else (x, y)
    apart = np.diff(np.unique(at)).min(initial=1.0)
    wide = 0.8 * apart / (1 if stacked else beside)
    base = np.zeros(len(at))
    if stacked:
        for row, key in enumerate(zip(at, size < 0, strict=True)):
            base[row] = panel.stacks.get(key, 0.0)
            panel.stacks[key] = base[row] + size[row]
    else:
        at = at + (number - (beside - 1) / 2) * wide
    style = face(trace, len(at)) | {"zorder": 2}
    ends = panel.axes.barh(at, size, wide, base, **style) if lying else panel.axes.bar(at, size, wide, base, **style)
    _errors(panel, trace, base + size if lying else at, at if lying else base + size)
    if (texts := get(trace, "text")) is not None:
        inside = get(trace, "textposition", "inside") == "inside"
        colour = {"color": get(trace, "textfont.color", "white")} if inside else {}
        panel.axes.bar_label(ends, [plain(text) for text in texts], label_type="center" if inside else "edge", **colour)


def face(trace: dict, count: int = 1) -> dict:
    """The inside of bars, as matplotlib's keywords: their colours and a pattern over them."""
    marker = get(trace, "marker", {})
    pattern = rgba(get(marker, "pattern.fgcolor", "white"), get(marker, "pattern.fgopacity", 1.0))
    shape = HATCHES.get(get(marker, "pattern.shape", ""))
    # matplotlib draws a pattern in the colour of the edge
    return {"fc": colours_of(marker, count, trace["colour"]), "hatch": shape, "ec": pattern, "linewidth": 0}


def heatmap(panel: Panel, trace: dict) -> None:
    """Cells of one size in the colours of a scale; NaN shows the background."""
    z = np.array([[np.nan if value is None else value for value in row] for row in trace["z"]], float)
    edges: Any = []
    for letter, count in (("x", z.shape[1]), ("y", z.shape[0])):
        middles = panel.numbers(letter, get(trace, letter, range(count)))
        steps = np.diff(middles) if count > 1 else np.ones(1)
        if len(middles) != count or not np.allclose(steps, steps[0]):
            raise HrlibError(f"a heatmap's {letter} of {middles[:4]}...: expected {count} middles of cells of one size")
        edges += [middles[0] - steps[0] / 2, middles[-1] + steps[0] / 2]
    colours, ends = scale_of(z, trace, "z")
    cells = panel.axes.imshow(
        z, cmap=colours, norm=ends, extent=edges, origin="lower", aspect="auto", interpolation="nearest"
    )
    if get(trace, "showscale", True):
        # a child of the panel, so that the margin makes room for it
        beside = panel.axes.inset_axes((1.02, 0, 0.02, 1))
        made = panel.axes.figure.colorbar(cells, cax=beside)
        made.outline.set_visible(False)
        beside.tick_params(length=3)
        beside.set_title(plain(get(trace, "colorbar.title.text", "")), loc="left", fontsize=panel.font["size"])
