"""A panel: a pair of axes with the same number, as matplotlib's Axes with plotly's ranges, categories, ticks and lines."""

from __future__ import annotations

import numpy as np
from matplotlib import ticker
from matplotlib.figure import Figure

from hrlib.explore.static.spec import get, merged, plain
from hrlib.explore.static.style import rgba, text_style


class Panel:
    """`x` and `y` are the descriptions of the axes; `categories` of each letter are empty where its data are numbers."""

    def __init__(self, figure: Figure, number: str, layout: dict, traces: list[dict]):
        self.number, self.font = number, layout["font"]
        self.spec = {
            letter: merged(get(layout, f"template.layout.{letter}axis", {}), layout.get(f"{letter}axis{number}", {}))
            for letter in "xy"
        }
        self.categories = {letter: self._categories(letter, traces) for letter in "xy"}
        self.axes = figure.add_axes((0, 0, 1, 1), facecolor=rgba(layout["plot_bgcolor"]), label=f"panel {number}")
        self.stacks: dict[
            tuple[float, bool], float
        ] = {}  # how high the bars at a place, above and below zero, are so far

    def _categories(self, letter: str, traces: list[dict]) -> list[str]:
        values = [value for trace in traces for value in get(trace, letter, ()) if value is not None]
        named = get(self.spec[letter], "type") == "category" or any(isinstance(value, str) for value in values)
        return list(dict.fromkeys(values)) if named else []

    def numbers(self, letter: str, values) -> np.ndarray:
        """Data -> places on the axis: themselves, or where their category stands; NaN where there are none."""
        places = {value: place for place, value in enumerate(self.categories[letter])}
        return np.array([np.nan if value is None else places.get(value, value) for value in values], float)

    def columns(self, trace: dict) -> tuple[np.ndarray, np.ndarray]:
        """x and y of a trace; the one that is not given counts from 0."""
        x, y = get(trace, "x"), get(trace, "y")
        x, y = (range(len(y)) if x is None else x), (range(len(x)) if y is None else y)
        return self.numbers("x", x), self.numbers("y", y)

    def finish(self) -> None:
        """After all traces: ranges, ticks, grid and frame."""
        sides = {"x": ("bottom", "top"), "y": ("left", "right")}
        for letter, (near, far) in sides.items():
            self._range(letter)
            spec, axis = self.spec[letter], getattr(self.axes, f"{letter}axis")
            visible = get(spec, "visible", True)
            line = visible and get(spec, "showline", False)
            for side, shown in ((near, line), (far, line and get(spec, "mirror", False))):
                self.axes.spines[side].set_visible(bool(shown))
                self.axes.spines[side].set(color=rgba(get(spec, "linecolor", "#444444")), linewidth=1)
            axis.set_visible(visible)
            if visible:
                self._ticks(letter, axis, spec, near)

    def _range(self, letter: str) -> None:
        spec, count = self.spec[letter], len(self.categories[letter])
        log = get(spec, "type") == "log"
        if log:
            getattr(self.axes, f"set_{letter}scale")("log")
        low, high = getattr(self.axes, f"get_{letter}lim")()
        if count:
            low, high = -0.5, count - 0.5
        if ends := get(spec, "range"):
            low, high = (10**end for end in ends) if log else ends  # plotly gives a log axis' in powers of ten
        if get(spec, "autorange") == "reversed":
            low, high = high, low
        self.limit(letter, low, high)

    def limit(self, letter: str, low: float, high: float) -> None:
        getattr(self.axes, f"set_{letter}lim")(low, high, auto=False)

    def limits(self, letter: str) -> tuple[float, float]:
        return getattr(self.axes, f"get_{letter}lim")()

    def _ticks(self, letter: str, axis, spec: dict, near: str) -> None:
        self.axes.set_axisbelow(True)
        if get(spec, "showgrid", True):
            axis.grid(color=rgba(get(spec, "gridcolor", "#EEEEEE")), linewidth=1)
        style = {"length": 0, "pad": 4, f"label{near}": get(spec, "showticklabels", True)}
        axis.set_tick_params(**style, labelsize=get(spec, "tickfont.size", self.font["size"]))
        low, high = sorted(self.limits(letter))
        if (places := get(spec, "tickvals")) is not None:
            axis.set_ticks(self.numbers(letter, places), labels=[plain(text) for text in get(spec, "ticktext", places)])
            axis.set_minor_locator(ticker.NullLocator())  # a log axis has some of its own
        elif names := self.categories[letter]:
            axis.set_ticks(range(len(names)), labels=[plain(name) for name in names])
        elif get(spec, "type") == "log":
            # matplotlib's own labels are formulas, which are not read as such here; within a decade they are 1, 2 and 5
            axis.set_major_locator(ticker.LogLocator(10, subs=(1.0,) if high >= 10 * low else (1.0, 2.0, 5.0)))
            axis.set_major_formatter(lambda value, _: f"{value:g}")
            axis.set_minor_locator(ticker.NullLocator())
        else:
            self._numeric(axis, spec)
            if get(spec, "zeroline", True) and low <= 0 <= high:
                zero = self.axes.axvline if letter == "x" else self.axes.axhline
                zero(0, color=rgba(get(spec, "zerolinecolor", "#444444")), linewidth=1, zorder=0.6)
        if angle := get(spec, "tickangle"):
            for label in axis.get_ticklabels():
                label.set(rotation=-angle, rotation_mode="anchor", ha="right" if angle < 0 else "left")
        if title := get(spec, "title.text"):
            axis.set_label_text(plain(title), **text_style(title, get(spec, "title.font")))

    @staticmethod
    def _numeric(axis, spec: dict) -> None:
        """plotly's formats are d3's, which are Python's for what is used here; "d" also means that there are no ticks between integers."""
        form, step = get(spec, "tickformat"), get(spec, "dtick")
        if step:
            axis.set_major_locator(ticker.MultipleLocator(step))
        else:
            # nbins="auto" counts the ticks for which there is room
            steps = [1, 2, 5, 10]
            axis.set_major_locator(ticker.MaxNLocator("auto", steps=steps, integer=form == "d", min_n_ticks=1))
        if form:
            axis.set_major_formatter(lambda value, _: format(round(value) if form == "d" else value, form))

    def square(self, wide: float, high: float) -> None:
        """Widen one range so that a step to the right is as long as a step up, in a panel of so many pixels."""
        ranges = {letter: self.limits(letter) for letter in "xy"}
        units = {"x": abs(np.diff(ranges["x"])[0]) / wide, "y": abs(np.diff(ranges["y"])[0]) / high}
        for letter, (low, high) in ranges.items():
            more = (max(units.values()) / units[letter] - 1) / 2 * (high - low)
            self.limit(letter, low - more, high + more)
