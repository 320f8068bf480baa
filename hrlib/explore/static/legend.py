"""The legend: a sample of each trace and its name, in groups; upright beside the plot, or lying below it in columns."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from matplotlib.artist import Artist
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hrlib.explore.static.marks import AREA, face, main_colour, mode
from hrlib.explore.static.spec import get, plain
from hrlib.explore.static.style import colours_of, line_style, symbol_of

Entry = tuple[Artist, str, bool]  # a sample, a name, whether it is a heading


def draw(sheet) -> Legend | None:
    """None where plotly shows none by itself: for a single trace that does not ask for it."""
    named = [trace for trace in sheet.traces if trace["type"] in ("scatter", "scattergl", "bar")]
    named = [trace for trace in named if get(trace, "showlegend", True)]
    asked = get(sheet.layout, "showlegend", len(named) > 1 or any(get(trace, "showlegend") for trace in named))
    if not asked or not named:
        return None
    spec, groups = get(sheet.layout, "legend", {}), _groups(named)
    lying = get(spec, "orientation") == "h"
    entries = _padded(groups) if lying else [entry for group in groups for entry in group]
    columns, (wide, high) = 1, _extent(_make(sheet, spec, entries, 1), sheet.scale)
    if lying:
        # a group with a heading is a column
        most = len(groups) if any(heading for _, _, heading in entries) else len(entries)
        columns = int(np.clip((sheet.width - sheet.margin["l"] - 10) // (wide + 14), 1, most))
    elif high > (room := sheet.height - sheet.margin["t"] - 10):
        shown = max(int(len(entries) * room / high) - 2, 1)
        hidden = sum(not heading for _, _, heading in entries[shown:])
        entries = [*entries[:shown], (_nothing(), f"… and {hidden} more", False)]
    return _make(sheet, spec, entries, columns)


def _groups(traces: list[dict]) -> list[list[Entry]]:
    """The entries of each group, its heading first; a trace without a group is one."""
    order: dict[str, int] = {}
    keys = [order.setdefault(str(get(trace, "legendgroup", id(trace))), len(order)) for trace in traces]
    made = []
    for _, members in groupby(sorted(zip(keys, traces, strict=True), key=lambda pair: pair[0]), lambda pair: pair[0]):
        group = [trace for _, trace in members]
        headings = [get(trace, "legendgrouptitle.text") for trace in group if get(trace, "legendgrouptitle.text")]
        entries = [(_sample(trace), plain(trace["name"]), False) for trace in group]
        made.append([(_nothing(), plain(text), True) for text in headings[:1]] + entries)
    return made


def _padded(groups: list[list[Entry]]) -> list[Entry]:
    """matplotlib fills column by column: groups with headings are filled up to the longest."""
    longest = max(map(len, groups)) if any(heading for group in groups for _, _, heading in group) else 0
    return [entry for group in groups for entry in [*group, *[(_nothing(), "", False)] * (longest - len(group))]]


def _nothing() -> Artist:
    return Line2D([], [], linestyle="")


def _sample(trace: dict) -> Artist:
    if trace["type"] == "bar":
        return Patch(**face(trace) | {"fc": face(trace)["fc"][0]})
    drawn, marker, style = mode(trace), get(trace, "marker", {}), {"linestyle": ""}
    if "lines" in drawn:
        style = line_style(get(trace, "line", {}), main_colour(trace))
    if "markers" in drawn:
        symbols = get(marker, "symbol", "circle")
        mark, hollow = symbol_of(symbols if isinstance(symbols, str) else symbols[0])
        fill = colours_of(marker, 1, main_colour(trace), get(marker, "opacity", 1.0))[0]
        edge = colours_of(get(marker, "line", {}), 1, "#444444")[0]
        size = float(np.clip(np.max(get(marker, "size", 6)), 6, 11)) * AREA.get(mark, 1) ** 0.5
        style |= {"marker": mark, "markersize": size, "markeredgewidth": get(marker, "line.width", 0) or int(hollow)}
        style |= {"markerfacecolor": "none" if hollow else fill, "markeredgecolor": fill if hollow else edge}
    return Line2D([], [], **style)


def _make(sheet, spec: dict, entries: list[Entry], columns: int) -> Legend:
    for old in sheet.figure.legends:
        old.remove()
    lying = get(spec, "orientation") == "h"
    place = (get(spec, "x", 0 if lying else 1.02), get(spec, "y", -0.1 if lying else 1))
    samples, names, headings = zip(*entries, strict=True)
    made = sheet.figure.legend(
        samples,
        names,
        loc="upper left",
        bbox_to_anchor=place,
        bbox_transform=sheet.paper.transAxes,
        ncols=columns,
        title=plain(get(spec, "title.text", "")) or None,
        **{"alignment": "left", "frameon": False, "borderpad": 0, "borderaxespad": 0},
        **{"labelspacing": 0.35, "handlelength": 1.7, "handletextpad": 0.5, "columnspacing": 1.0},
    )
    for text, heading in zip(made.get_texts(), headings, strict=True):
        text.set_fontweight("bold" if heading else "normal")
    made.get_title().set_multialignment("left")
    return made


def _extent(legend: Legend, scale: float) -> tuple[float, float]:
    box = legend.get_window_extent()
    return box.width / scale, box.height / scale
