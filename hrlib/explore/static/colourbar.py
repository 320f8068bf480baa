"""The bar beside the plot that says what the colours of a scale mean."""

from __future__ import annotations

import numpy as np
from PIL import Image

from hrlib.explore.static import heatmap, ticks
from hrlib.explore.static.axes import Axis
from hrlib.explore.static.colours import limits, merged_scale, rgba, scaled_colours
from hrlib.explore.static.spec import get, merged
from hrlib.explore.static.text import Text


def colour_bars(scene, traces: list[dict]) -> list[dict]:
    """The colour bars that are shown, each once: colorscale, _low, _high, colorbar."""
    found = {}
    for number, trace in enumerate(traces):
        if trace["type"] == "heatmap":
            spec = heatmap.scale(trace, scene.layout)
            if get(trace, "showscale", True):
                found[spec.get("_shared", number)] = spec
        elif isinstance(marker := trace.get("marker"), dict) and get(marker, "color") is not None:
            spec = merged_scale(marker, scene.layout)
            values = marker["color"]
            numeric = not isinstance(values, str) and not any(isinstance(value, str) for value in values)
            if numeric and get(spec, "showscale", "_shared" in spec):
                low, high = limits(np.array(values, float), spec, "c")
                spec = {**spec, "colorscale": get(spec, "colorscale", "Viridis"), "_low": low, "_high": high}
                found[spec.get("_shared", number)] = spec
    return list(found.values())


class ColourBar:
    """A bar beside the plot, upright, with its ticks and title."""

    def __init__(self, scene, spec: dict):
        self.scene, self.spec, self.bar = (
            scene,
            spec,
            merged({"x": 1.02, "y": 0.5, "len": 1, "thickness": 30}, get(spec, "colorbar", {})),
        )
        self.font = {**scene.layout["font"], **get(self.bar, "tickfont", {})}
        self.axis = Axis("y", "colorbar", self.bar, range=(spec["_low"], spec["_high"]))

    def _settle(self):
        left, top, right, bottom = self.scene.box
        height = (bottom - top) * float(self.bar["len"])
        middle = bottom - float(self.bar["y"]) * (bottom - top)
        title = get(self.bar, "title.text", "")
        self.title = (
            Text(
                self.scene.canvas,
                title,
                {**self.font, "size": 1.2 * self.font["size"], **get(self.bar, "title.font", {})},
            )
            if title
            else None
        )
        beside = get(self.bar, "title.side", "top") == "right"
        self.head = self.title.height + 4 if self.title and not beside else 0
        self.axis.start, self.axis.end = middle + height / 2 - 10, middle - height / 2 + 10 + self.head
        self.left = left + float(self.bar["x"]) * (right - left) + float(get(self.bar, "xpad", 10))
        self.texts = [(value, Text(self.scene.canvas, text, self.font)) for value, text in ticks.ticks(self.axis)]
        self.thick = float(self.bar["thickness"])
        self.wide = self.thick + 6 + max((text.width for _, text in self.texts), default=0)
        self.beside = beside and self.title is not None

    def right(self) -> float:
        """The pixel where it ends."""
        self._settle()
        side = self.title.height + 4 if self.beside else 0
        return self.left + max(self.wide + side, 0 if self.beside or not self.title else self.title.width) + 4

    def draw(self) -> None:
        self._settle()
        low, high = self.axis.range
        scale = scaled_colours(
            np.linspace(high, low, 256)[:, None],
            self.spec["colorscale"],
            low,
            high,
            get(self.spec, "reversescale", False),
        )
        picture = Image.fromarray((scale * 255).round().astype(np.uint8), "RGBA")
        box = (self.left, self.axis.end, self.left + self.thick, self.axis.start)
        self.scene.canvas.image(picture, box)
        if width := float(get(self.bar, "outlinewidth", 1)):
            self.scene.canvas.box(box, None, rgba(get(self.bar, "outlinecolor", "#444444")), width)
        for value, text in self.texts:
            text.draw(self.left + self.thick + 4, float(self.axis.pixels(value)), "left", "middle")
        if self.beside:
            self.title.draw(
                self.left + self.wide + 4, (self.axis.start + self.axis.end) / 2, "center", "bottom", angle=90
            )
        elif self.title:
            self.title.draw(self.left, self.axis.end - 4, "left", "bottom")
