"""The legend: a sample of each trace and its name, in groups, upright beside the plot or lying below it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_hex

from hrlib.explore.static import bars, scatter
from hrlib.explore.static.colours import colours_of, rgba
from hrlib.explore.static.spec import get, merged
from hrlib.explore.static.text import Text

SAMPLE = 40  # pixels from an entry's left side to its text
GAP = 5


@dataclass
class Entry:
    """A line of the legend; a heading or a note has no trace."""

    text: Text
    trace: dict | None = None
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        return self.text.width + (SAMPLE if self.trace else GAP) + GAP

    @property
    def height(self) -> float:
        return max(self.text.height, 16) + 3


def entries(layout: dict, traces: list[dict]) -> list[dict]:
    """The traces that the legend names; none where plotly shows no legend by itself."""
    named = [t for t in traces if t["type"] in ("scatter", "scattergl", "bar") and t.get("showlegend", True)]
    asked = get(layout, "showlegend")
    shown = asked if asked is not None else len(named) > 1 or any(t.get("showlegend") for t in named)
    return sorted(named, key=lambda trace: get(trace, "legendrank", 1000)) if shown else []


class Legend:
    """Laid out for the scene's present plot area; `margins` says what it needs beyond the sheet."""

    def __init__(self, scene, traces: list[dict]):
        self.scene, self.spec = scene, get(scene.layout, "legend", {})
        self.lying = get(self.spec, "orientation", "v") == "h"
        self.font = {**scene.layout["font"], **get(self.spec, "font", {})}
        self.groups = self._groups(traces)
        title = get(self.spec, "title.text")
        self.title = self._text(title, get(self.spec, "title.font", {})) if title else None

    def _text(self, text: str, font: dict | None = None) -> Text:
        return Text(self.scene.canvas, text, {**self.font, **(font or {})})

    def _groups(self, traces: list[dict]) -> list[list[Entry]]:
        groups: dict[str, list[dict]] = {}
        for number, trace in enumerate(traces):
            groups.setdefault(get(trace, "legendgroup") or f"\0{number}", []).append(trace)
        order = get(self.spec, "traceorder", "")
        stacked = any(trace["type"] == "bar" for trace in traces) and get(self.scene.layout, "barmode") in (
            "stack",
            "relative",
        )
        backwards = "reversed" in order if order else stacked
        made = []
        for group in groups.values():
            heading = next(
                (get(trace, "legendgrouptitle.text") for trace in group if get(trace, "legendgrouptitle.text")), None
            )
            lines = [Entry(self._text(self._name(trace)), trace) for trace in (group[::-1] if backwards else group)]
            made.append(([Entry(self._text(heading, {"size": 1.1 * self.font["size"]}))] if heading else []) + lines)
        self.grouped = any(not name.startswith("\0") for name in groups) and order != "normal"
        return made[::-1] if backwards else made

    @staticmethod
    def _name(trace: dict) -> str:
        return str(get(trace, "name", f"trace {trace['_number']}"))

    def settle(self) -> None:
        """Put the entries in rows or a column and the whole where the layout says."""
        left = self.scene.box[0]
        head = self.title.height + 4 if self.title else 0
        if self.lying:
            self.shown = self.groups
            self._rows(self.scene.canvas.width - max(left, 10) - 10, head)
        else:
            self.shown = self._folded(self.scene.canvas.height - 20 - head)
            self._column(head)
        every = [entry for group in self.shown for entry in group]
        self.width = max([entry.x + entry.width for entry in every] + [self.title.width if self.title else 0])
        self.height = max(entry.y + entry.height for entry in every) + 2
        lying = {"x": 0, "y": -0.1, "yanchor": "top"} if self.lying else {"x": 1.02, "y": 1, "yanchor": "auto"}
        spec = merged({**lying, "xanchor": "left"}, self.spec)
        share_x = _share(spec["xanchor"], spec["x"], "left", "right")
        share_y = _share(spec["yanchor"], 1 - spec["y"], "top", "bottom")
        self.x = self.scene.at("x", spec.get("xref", "paper"), spec["x"]) - share_x * self.width
        self.y = self.scene.at("y", spec.get("yref", "paper"), spec["y"]) - share_y * self.height

    def _column(self, y: float) -> None:
        for group in self.shown:
            for entry in group:
                entry.x, entry.y = 0.0, y
                y += entry.height
            y += 10 if self.grouped else 0

    def _folded(self, room: float) -> list[list[Entry]]:
        """As many entries as fit; the others are counted."""
        every = [entry for group in self.groups for entry in group]
        high = sum(entry.height for entry in every) + 10 * self.grouped * (len(self.groups) - 1)
        if high <= room:
            return self.groups
        shown, used, hidden = [], every[0].height, 0
        for group in self.groups:
            kept = []
            for entry in group:
                used += entry.height
                fits = used <= room and not hidden
                kept += [entry] if fits else []
                hidden += not fits and entry.trace is not None
            shown += [kept] if kept else []
            used += 10 * self.grouped
        return [*shown, [Entry(self._text(f"… and {hidden} more"))]]

    def _rows(self, room: float, y: float) -> None:
        blocks = self.groups if self.grouped else [[entry] for group in self.groups for entry in group]
        wide = [max(entry.width for entry in block) for block in blocks]
        if sum(wide) > room:
            wide = [max(wide)] * len(blocks)
        x = deepest = 0.0
        for block, width in zip(blocks, wide, strict=True):
            if x and x + width > room:
                x, y, deepest = 0.0, y + deepest + (10 if self.grouped else 0), 0.0
            down = 0.0
            for entry in block:
                entry.x, entry.y = x, y + down
                down += entry.height
            x, deepest = x + width, max(deepest, down)

    def draw(self) -> None:
        self.settle()
        frame = (self.x, self.y, self.x + self.width, self.y + self.height)
        edge = float(get(self.spec, "borderwidth", 0))
        if get(self.spec, "bgcolor") or edge:
            fill, line = get(self.spec, "bgcolor", "transparent"), get(self.spec, "bordercolor", "#444444")
            self.scene.canvas.box(frame, rgba(fill), rgba(line), edge)
        if self.title:
            self.title.draw(self.x + GAP, self.y + 2, "left", "top")
        for entry in (entry for group in self.shown for entry in group):
            x, y = self.x + entry.x, self.y + entry.y + entry.height / 2
            faint = 0.5 if entry.trace and entry.trace.get("visible") == "legendonly" else 1.0
            entry.text.draw(x + (SAMPLE if entry.trace else GAP), y, "left", "middle", opacity=faint)
            if entry.trace:
                self._sample(entry.trace, x + SAMPLE / 2, y, faint)

    def _sample(self, trace: dict, x: float, y: float, faint: float) -> None:
        canvas, marker, layout = self.scene.canvas, trace.get("marker") or {}, self.scene.layout
        opacity = float(get(trace, "opacity", 1)) * faint
        if trace["type"] == "bar":
            fill = colours_of(marker, 1, trace["_colour"], layout)[0]
            box = (x - 6, y - 6, x + 6, y + 6)
            bars.face(self.scene, marker, _first(get(marker, "pattern.shape", "")), box, (*fill[:3], fill[3] * opacity))
            edge = get(marker, "line.color", "#444444")
            canvas.box(box, None, rgba(edge) if isinstance(edge, str) else None, _first(get(marker, "line.width", 0)))
            return
        drawn, colour = scatter.mode(trace), scatter.main_colour(trace)
        if get(trace, "fill", "none") != "none":
            canvas.box(
                (x - 15, y - 6, x + 15, y + 6),
                rgba(get(trace, "fillcolor", colour), 1 if get(trace, "fillcolor") else 0.5),
            )
        if "lines" in drawn:
            width = min(float(get(trace, "line.width", 2)), 10)
            line = rgba(get(trace, "line.color", colour), opacity)
            canvas.line([x - 15, x + 15], [y, y], line, width, get(trace, "line.dash", "solid"))
        if "markers" in drawn:
            sizes = np.atleast_1d(np.nan_to_num(np.asarray(get(marker, "size", 6), float)))
            one = {
                "size": float(np.clip(sizes.mean() if len(sizes) else 6, 2, 16)),
                "symbol": _first(get(marker, "symbol", "circle")),
            }
            one["color"] = to_hex(colours_of(marker, 1, colour, layout)[0])
            outline = get(marker, "line.color", "#444444")
            one["line"] = {
                "width": _first(get(marker, "line.width", 0)),
                "color": outline if isinstance(outline, str) else one["color"],
            }
            one["opacity"] = float(np.max(scatter.opacity_of(marker)))
            scatter.marks(canvas, one, np.array([x]), np.array([y]), colour, opacity, None, layout)


def _first(values):
    return values if isinstance(values, str | int | float) else values[0] if len(values) else 0


def _share(anchor: str, place: float, first: str, last: str) -> float:
    if anchor == "auto":
        return 0.0 if place <= 1 / 3 else 1.0 if place >= 2 / 3 else 0.5
    return {first: 0.0, last: 1.0}.get(anchor, 0.5)
