"""The explorer's map in the browser: plotly's figure widget, opened when its data are in it and changed by single messages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.callbacks import Points

from hrlib.explore.marked_map import SHAPES, TRACES


class MapWidget(go.FigureWidget):
    """A FigureWidget of `marked_map.draw`, whose first message to the browser holds the whole figure.

    Plotly's own opens its channel while it is empty and sends its data after that; a browser that is busy draws the empty figure and
    never looks again. What changed between its making and its display is lost in the same way where it stands in a box.
    """

    _complete = False

    def open(self) -> None:
        """Called by the constructor, too early: there is nothing to be shown yet."""
        if self._complete:
            super().open()

    def complete(self) -> MapWidget:
        """Open the channel with the figure as it is; when it is open already, bring the browser's copy up to date."""
        self._repr_mimebundle_()  # which takes the figure into the widget's state
        self._complete = True
        self.open()
        return self

    @property
    def items(self) -> go.Scattergl:
        """The trace of the items."""
        return self.data[TRACES.index("items")]

    def rows_of(self, points: Points) -> np.ndarray:
        """The catalogue's rows of some points of `items`, int64."""
        return np.asarray(self.items.customdata)[points.point_inds].astype(np.int64)

    def redraw(self, drawn: go.Figure) -> None:
        """Take over another drawing's points and colours, in one message.

        Traces that are taken away and added again come to the browser in any order.
        """
        with self.batch_update():
            for old, new in zip(self.data, drawn.data, strict=True):
                old.update(x=new.x, y=new.y, customdata=new.customdata)
            marker = drawn.data[TRACES.index("items")].marker
            self.items.marker.update(
                color=marker.color, cmax=marker.cmax, colorscale=marker.colorscale, symbol=marker.symbol
            )
        self.forget_lasso()

    def mark(self, marks: Sequence[go.Scatter], keep_lasso: bool) -> None:
        """Show other marks (`marked_map.marks`), and take the lasso away unless it is to be kept."""
        with self.batch_update():
            for trace, mark in zip(self.data[-len(SHAPES) :], marks, strict=True):
                trace.update(x=mark.x, y=mark.y, marker={"size": mark.marker.size})
        if not keep_lasso:
            self.forget_lasso()

    def forget_lasso(self) -> None:
        """Take the lasso's outline away, and what it dims."""
        self.plotly_relayout({"selections": []})  # layout.selections does not know what the browser has drawn
        with self.batch_update():
            for trace in self.data:
                trace.selectedpoints = None

    def _handler_js2py_traceDeltas(self, change: dict) -> None:
        """Leave out what plotly's own does: it takes over what the browser made of each trace, and fails where that is an array."""
