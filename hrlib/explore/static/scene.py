"""The sheet as a whole: margins that hold labels and legends, subplots, axes, and the order in which all is drawn."""

from __future__ import annotations

import math
import re

import numpy as np

from hrlib.errors import HrlibError
from hrlib.explore.static import bars, heatmap, notes, sankey, scatter, treemap
from hrlib.explore.static.axes import Axis, link
from hrlib.explore.static.canvas import Box, Canvas
from hrlib.explore.static.colourbar import ColourBar, colour_bars
from hrlib.explore.static.colours import rgba
from hrlib.explore.static.frame import draw_axis, draw_grid, overhang
from hrlib.explore.static.legend import Legend, entries
from hrlib.explore.static.spec import get

ON_AXES = {
    "heatmap": heatmap,
    "bar": bars,
    "scattergl": scatter,
    "scatter": scatter,
}  # in this order, as plotly draws them
ALONE = {"sankey": sankey, "treemap": treemap}


class Scene:
    """A figure's traces and layout on a canvas of a width and a scale."""

    def __init__(self, traces: list[dict], layout: dict, width: int, scale: float):
        self.layout = layout
        width, height = round(get(layout, "width", width)), round(get(layout, "height"))
        self.canvas = Canvas(width, height, scale, rgba(layout["paper_bgcolor"]))
        self.traces = self._known(traces)
        self.margin = dict(layout["margin"])
        self.last_line = None
        self.axes = self._axes()
        self._learn()
        shown = entries(layout, self._named)
        self.legend = Legend(self, shown) if shown else None
        self.colour_bars = [ColourBar(self, spec) for spec in colour_bars(self, self.traces)]
        self._settle()

    def _known(self, traces: list[dict]) -> list[dict]:
        """The visible traces, each with its number and the colour that the colourway gives it."""
        way, named = self.layout["colorway"], []
        for number, trace in enumerate(traces):
            if trace["type"] not in ON_AXES and trace["type"] not in ALONE:
                there = ", ".join([*ON_AXES, *ALONE])
                raise HrlibError(
                    f"a trace of type {trace['type']!r}: a PNG without a browser has {there}; install kaleido, or leave it to the browser"
                )
            own = {"_number": number, "_colour": way[number % len(way)]}
            if trace.get("visible", True) is not False:
                named.append({**trace, **own})
        self._named = named
        return [trace for trace in named if trace.get("visible", True) is True]

    # where things are -------------------------------------------------------------------------------------------------

    @property
    def box(self) -> Box:
        """The plot area in pixels: left, top, right, bottom."""
        return (
            self.margin["l"],
            self.margin["t"],
            self.canvas.width - self.margin["r"],
            self.canvas.height - self.margin["b"],
        )

    def axes_of(self, trace: dict) -> tuple[Axis, Axis]:
        return self.axes[get(trace, "xaxis", "x")], self.axes[get(trace, "yaxis", "y")]

    def area(self, axes: tuple[Axis, Axis]) -> Box:
        (left, right), (top, bottom) = (sorted((axis.start, axis.end)) for axis in axes)
        return left, top, right, bottom

    def at(self, letter: str, ref: str, value, exponents: bool = False) -> float:
        """A place of the layout in pixels: "paper", "container", "x2 domain", or in the data of an axis."""
        if ref in self.axes:
            axis = self.axes[ref]
            # annotations give the exponent on a logarithmic axis, shapes and images the number
            numbers = [float(value)] if axis.kind == "log" and exponents else axis.numbers([value])
            return float(axis.pixels(numbers)[0])
        if ref.endswith(" domain") and ref.removesuffix(" domain") in self.axes:
            axis = self.axes[ref.removesuffix(" domain")]
            return axis.start + float(value) * (axis.end - axis.start)
        left, top, right, bottom = (0, 0, self.canvas.width, self.canvas.height) if ref == "container" else self.box
        return left + float(value) * (right - left) if letter == "x" else bottom - float(value) * (bottom - top)

    def ref_of(self, spec: dict, letter: str) -> str:
        """What a shape or an annotation refers to: the first axis unless it says, the plot area in a figure without axes."""
        return get(spec, f"{letter}ref", next((name for name in self.axes if name[0] == letter), "paper"))

    def moved(self, ref: str, place, by: float):
        """A place so much further along: a category's neighbour, too."""
        return float(self.axes[ref].numbers([place])[0]) + by if ref in self.axes else float(place) + by

    def clip_of(self, xref: str, yref: str) -> Box | None:
        """Images and shapes are cut off at the axes that they refer to."""
        refs = [ref if ref in self.axes else None for ref in (xref, yref)]
        if refs == [None, None]:
            return None
        sides = [(0, self.canvas.width), (0, self.canvas.height)]
        for number, ref in enumerate(refs):
            if ref:
                sides[number] = tuple(sorted((self.axes[ref].start, self.axes[ref].end)))
        return sides[0][0], sides[1][0], sides[0][1], sides[1][1]

    def domain(self, trace: dict) -> Box:
        """Where a trace without axes lies."""
        x, y = get(trace, "domain.x", (0, 1)), get(trace, "domain.y", (0, 1))
        return (
            self.at("x", "paper", x[0]),
            self.at("y", "paper", y[1]),
            self.at("x", "paper", x[1]),
            self.at("y", "paper", y[0]),
        )

    # how they come there ----------------------------------------------------------------------------------------------

    def _axes(self) -> dict[str, Axis]:
        named = [key.replace("axis", "") for key in self.layout if re.fullmatch(r"[xy]axis\d+", key)]
        used = [get(t, f"{letter}axis", letter) for t in self.traces if t["type"] in ON_AXES for letter in "xy"]
        if used or not self.traces:
            named = ["x", "y", *named]
        return {
            name: Axis(
                name[0],
                name,
                self.layout.get(f"{name[0]}axis{name[1:]}") or get(self.layout, f"template.layout.{name[0]}axis", {}),
            )
            for name in dict.fromkeys([*named, *used])
        }

    def _on_axes(self) -> list[dict]:
        return [trace for trace in self.traces if trace["type"] in ON_AXES]

    def _learn(self) -> None:
        """Kinds and categories of the axes; then what of the traces needs these."""
        columns = {name: [] for name in self.axes}
        for trace in self._on_axes():
            for axis in self.axes_of(trace):
                column = get(trace, axis.letter)
                columns[axis.name].append([] if column is None else column)
        for name, axis in self.axes.items():
            axis.learn(columns[name])
        for trace in self._on_axes():
            if trace["type"] == "heatmap":
                heatmap.prepare(trace)
        bars.prepare(self, self.traces)

    def _settle(self) -> None:
        """Widen the margins until labels, legend and colour bars are on the sheet, as plotly's automargin does."""
        for _ in range(6):
            self._spread()
            over = overhang(self)
            if self.legend:
                self.legend.settle()
                over["r"] = max(
                    over["r"], self.legend.x + self.legend.width - self.canvas.width if not self.legend.lying else 0
                )
                over["b"] = max(over["b"], self.legend.y + self.legend.height - self.canvas.height + 4)
                over["t"] = max(over["t"], -self.legend.y)
            over["r"] = max([over["r"], *(bar.right() - self.canvas.width for bar in self.colour_bars)])
            if max(over.values()) < 0.5:
                break
            for side, more in over.items():
                limit = 0.6 * (self.canvas.width if side in "lr" else self.canvas.height)
                self.margin[side] = min(self.margin[side] + max(more, 0), limit)
        self._spread()

    def _spread(self) -> None:
        """Put each axis where its domain says, and find its range."""
        for axis in self.axes.values():
            first, last = get(axis.spec, "domain", (0, 1))
            if overlaid := self.axes.get(get(axis.spec, "overlaying", "")):
                first, last = get(overlaid.spec, "domain", (0, 1))
            axis.start, axis.end = (self.at(axis.letter, "paper", end) for end in (first, last))
        reaches = {name: [] for name in self.axes}
        for trace in self._on_axes():
            axes = self.axes_of(trace)
            for axis, reach in zip(axes, ON_AXES[trace["type"]].reach(trace, axes), strict=True):
                reaches[axis.name].append(reach)
        for name, axis in self.axes.items():
            axis.fit(reaches[name])
        link(self.axes)

    def subplots(self) -> list[tuple[Axis, Axis]]:
        """The pairs of axes that belong together: of traces, or by what they are anchored to."""
        pairs = [tuple(axis.name for axis in self.axes_of(trace)) for trace in self._on_axes()]
        for axis in self.axes.values():
            other = get(axis.spec, "anchor", "y" if axis.letter == "x" else "x")
            if other in self.axes:
                pairs.append((axis.name, other) if axis.letter == "x" else (other, axis.name))
        return [(self.axes[x], self.axes[y]) for x, y in dict.fromkeys(pairs)]

    def draw(self) -> None:
        for axes in self.subplots():
            self.canvas.box(self.area(axes), rgba(self.layout["plot_bgcolor"]))
        notes.images(self, "below")
        notes.shapes(self, "below")
        for axes in self.subplots():
            draw_grid(self, axes)
        for kind, drawer in {**ON_AXES, **ALONE}.items():
            for trace in self.traces:
                if trace["type"] == kind:
                    drawer.draw(self, trace)
                    self._remember(trace)
        for axis in self.axes.values():
            draw_axis(self, axis)
        for bar in self.colour_bars:
            bar.draw()
        notes.shapes(self, "above")
        notes.images(self, "above")
        if self.legend:
            self.legend.draw()
        notes.annotations(self)
        notes.title(self)

    def _remember(self, trace: dict) -> None:
        """The line to which the next trace may fill."""
        if trace["type"] in ("scatter", "scattergl"):
            axes = self.axes_of(trace)
            numbers = [axis.numbers(values) for axis, values in zip(axes, scatter.columns(trace), strict=True)]
            x, y = (axis.pixels(column) for axis, column in zip(axes, numbers, strict=True))
            keep = np.isfinite(x) & np.isfinite(y)
            self.last_line = (x[keep], y[keep]) if math.prod(x.shape) else None
