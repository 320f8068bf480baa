"""The sheet as a whole: panels where their domains say, margins that hold what is around them, and the order in which all is drawn."""

from __future__ import annotations

import re

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from hrlib.errors import HrlibError
from hrlib.explore.static import legend, marks, notes, sankey
from hrlib.explore.static.panels import Panel
from hrlib.explore.static.spec import get
from hrlib.explore.static.style import rgba
from hrlib.explore.static.treemap import Tree

ON_AXES = ("scatter", "scattergl", "bar", "heatmap")
ALONE = ("sankey", "treemap")


class Sheet:
    """A figure's traces and layout, drawn by matplotlib's Agg; pyplot is not touched. Under the settings of `style.rc`.

    72 dots an inch make a point of matplotlib one CSS pixel, whatever the scale. `paper` is the area of all panels.
    """

    def __init__(self, traces: list[dict], layout: dict, width: int, scale: float):
        for trace in traces:
            if trace["type"] not in ON_AXES + ALONE:
                there = ", ".join(ON_AXES + ALONE)
                raise HrlibError(
                    f"a trace of type {trace['type']!r}: a PNG without a browser has {there}; install kaleido, or leave it to the browser"
                )
        self.traces, self.layout, self.scale = traces, layout, scale
        self.width, self.height = round(get(layout, "width", width)), round(get(layout, "height"))
        self.margin = dict(layout["margin"])
        # the hair more keeps 899.99 from becoming 899
        size = ((self.width + 1e-3) / 72, (self.height + 1e-3) / 72)
        self.figure = Figure(figsize=size, dpi=72 * scale, facecolor=rgba(layout["paper_bgcolor"]))
        self.agg = FigureCanvasAgg(self.figure)
        self.panels = self._panels()
        self.paper = self.figure.add_axes((0, 0, 1, 1), zorder=5)
        self.paper.set_axis_off()
        self.texts = []
        self._draw()

    def picture(self) -> Image.Image:
        self.agg.draw()
        return Image.fromarray(np.asarray(self.agg.buffer_rgba())).convert("RGB")

    def _panels(self) -> dict[str, Panel]:
        numbers = [key[5:] for key in self.layout if re.fullmatch(r"[xy]axis\d*", key)]
        members: dict[str, list[dict]] = {number: [] for number in numbers}
        for trace in self.traces:
            if trace["type"] in ON_AXES:
                x, y = get(trace, "xaxis", "x"), get(trace, "yaxis", "y")
                if x[1:] != y[1:]:
                    raise HrlibError(f"a trace on the axes {x} and {y}: a PNG has panels of axes with the same number")
                members.setdefault(x[1:], []).append(trace)
        return {number: Panel(self.figure, number, self.layout, traces) for number, traces in members.items()}

    def _draw(self) -> None:
        beside = [id(trace) for trace in self.traces if trace["type"] == "bar"]
        stacked = get(self.layout, "barmode", "group") in ("stack", "relative")
        for trace in self.traces:
            panel = self.panels.get(get(trace, "xaxis", "x")[1:])
            if trace["type"] in ("scatter", "scattergl"):
                marks.scatter(panel, trace)
            elif trace["type"] == "bar":
                marks.bar(panel, trace, stacked, beside.index(id(trace)), len(beside))
            elif trace["type"] == "heatmap":
                marks.heatmap(panel, trace)
        for panel in self.panels.values():
            panel.finish()
        self._match()
        self.legend = legend.draw(self)
        notes.shapes(self)
        notes.draw_annotations(self)
        notes.title(self)
        self._settle()
        self._alone()
        notes.images(self)

    def _match(self) -> None:
        """Axes that match have the range of all of them."""
        for letter in "xy":
            groups: dict[str, list[Panel]] = {}
            for panel in self.panels.values():
                groups.setdefault(get(panel.spec[letter], "matches", f"{letter}{panel.number}"), []).append(panel)
            for group in groups.values():
                ends = np.array([panel.limits(letter) for panel in group])
                if len(group) > 1:
                    for panel in group:
                        panel.limit(letter, ends.min(), ends.max())

    def _settle(self) -> None:
        """Widen the margins until labels, legend and colour bar are on the sheet, and shrink the notes that are wider than it."""
        for _ in range(4):
            self._spread()
            around = [panel.axes.get_tightbbox() for panel in self.panels.values()]
            around += [self.legend.get_window_extent()] if self.legend else []
            box = Bbox.union([self.figure.bbox, *filter(None, around)])
            over = {"l": -box.x0, "r": box.x1 - self.figure.bbox.x1, "b": -box.y0, "t": box.y1 - self.figure.bbox.y1}
            for side, more in over.items():
                limit = 0.6 * (self.width if side in "lr" else self.height)
                self.margin[side] = min(self.margin[side] + (more / self.scale + 4 if more > 0 else 0), limit)
        self._spread()
        for text in self.texts:
            box = text.get_window_extent()
            room = self.figure.bbox.x1 - 4 * self.scale - max(box.x0, 0)
            if box.x0 >= 0 and box.width > room > 0:
                text.set_fontsize(text.get_fontsize() * max(room / box.width, 0.5))

    def _spread(self) -> None:
        """Put the panels where their domains say, and make square those that shall be."""
        left, top = self.margin["l"], self.margin["t"]
        self.area = self.width - left - self.margin["r"], self.height - top - self.margin["b"]
        wide, high = self.area[0] / self.width, self.area[1] / self.height
        x, y = left / self.width, self.margin["b"] / self.height
        self.paper.set_position((x, y, wide, high))
        for panel in self.panels.values():
            (x0, x1), (y0, y1) = (get(panel.spec[letter], "domain", (0, 1)) for letter in "xy")
            panel.axes.set_position((x + wide * x0, y + high * y0, wide * (x1 - x0), high * (y1 - y0)))
            if get(panel.spec["y"], "scaleanchor"):
                panel.square(self.area[0] * (x1 - x0), self.area[1] * (y1 - y0))
        self._match()

    def _alone(self) -> None:
        """Traces without axes fill the paper, in pixels from its upper left corner."""
        self.paper.set(xlim=(0, self.area[0]), ylim=(self.area[1], 0), autoscale_on=False)
        for trace in self.traces:
            if trace["type"] == "sankey":
                sankey.draw(self.paper, trace, *self.area)
            elif trace["type"] == "treemap":
                way = get(self.layout, "treemapcolorway", self.layout["colorway"])
                Tree(self.paper, trace, way, self.layout["font"]["size"]).draw("", (0, 0, *self.area))
