"""Plotly's figure widget, opened towards the browser only when its data are in it."""

from __future__ import annotations

import plotly.graph_objects as go


class MapWidget(go.FigureWidget):
    """A FigureWidget whose first message to the browser holds the whole figure.

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

    def _handler_js2py_traceDeltas(self, change: dict) -> None:
        """Leave out what plotly's own does: it takes over what the browser made of each trace, and fails where that is an array."""
