"""The explorer's controls: ipywidgets with their labels, and how they stand beside the map. No behaviour."""

from __future__ import annotations

from contextlib import contextmanager

import ipywidgets as widgets
import numpy as np

from hrlib.explore import cards
from hrlib.explore.selection import Finder

ANY = "(any)"
MOST_VALUES = 500  # of a column that is offered for the filter: a longer list is no help, a text finds its items
MOST_PHOTOS = 200
HINT = "Point at an item to see its photo. Click it, or draw a lasso around several, to find their neighbours."


class Controls:
    """All that stands around the map. Every control has a label or a text, and is reached with the tab key."""

    def __init__(self, finder: Finder, colour: str, k: int):
        count = len(finder.catalogue)
        narrow = [column for column in finder.columns if len(np.unique(finder.values(column))) <= MOST_VALUES]
        self.space = labelled(widgets.Dropdown, "model", 190, options=list(finder.vectors))
        self.colour = labelled(widgets.Dropdown, "colour", 190, options=_with(narrow, colour), value=colour)
        self.column = labelled(widgets.Dropdown, "filter by", 190, options=[ANY, *narrow])
        self.value = labelled(widgets.Dropdown, "value", 190, options=[ANY], disabled=True)
        self.k = labelled(widgets.BoundedIntText, "results", 130, min=1, max=max(MOST_PHOTOS, k), value=k)
        self.text = labelled(widgets.Text, "find", 250, placeholder="caption, id or class", continuous_update=False)
        self.row = labelled(widgets.BoundedIntText, "row", 130, min=0, max=count - 1, continuous_update=False)
        self.previous = button("Previous", "the item before, of those found or of all")
        self.next = button("Next", "the item after, of those found or of all")
        self.back = button("Back", "the query before")
        self.forward = button("Forward", "the query after")
        self.keep = button("Keep", "pin this selection: explorer.kept")
        self.clear = button("Clear kept", "forget what is pinned")
        self.export = button("Export CSV", "write what is kept, or else the selection, to a file")
        self.pointed = widgets.HTML(cards.beside(finder, None, HINT))
        self.gallery, self.legend = widgets.HTML(), widgets.HTML()
        self.status = widgets.HTML(f'<span role="status">{count} items</span>')
        self.setting_row = False

    def arranged(self, figure: widgets.DOMWidget) -> widgets.Box:
        """The map on the left, the gallery on the right; below each other where the page is narrow."""
        wrap = widgets.Layout(display="flex", flex_flow="row wrap", align_items="center")
        rows = [
            [self.space, self.colour, self.column, self.value, self.k],
            [
                self.text,
                self.row,
                self.previous,
                self.next,
                self.back,
                self.forward,
                self.keep,
                self.clear,
                self.export,
            ],
        ]
        left = widgets.VBox(
            [figure, self.legend, self.status], layout=widgets.Layout(flex="0 0 auto", max_width="100%")
        )
        right = widgets.VBox([self.pointed, self.gallery], layout=widgets.Layout(flex="1 1 340px", min_width="0"))
        both = widgets.Layout(display="flex", flex_flow="row wrap", align_items="flex-start", width="100%")
        return widgets.VBox([*(widgets.Box(row, layout=wrap) for row in rows), widgets.Box([left, right], layout=both)])

    def offer_values(self, finder: Finder) -> None:
        """The values of the column that was chosen to filter by."""
        column = self.column.value
        values = [] if column == ANY else sorted(set(finder.values(column)))
        self.value.options = [ANY, *values]
        self.value.value = ANY
        self.value.disabled = column == ANY

    def set_row(self, row: int) -> None:
        """Show a row's number without asking for it."""
        with self._setting():
            self.row.value = int(row)

    @contextmanager
    def _setting(self):
        self.setting_row = True
        try:
            yield
        finally:
            self.setting_row = False


def labelled(kind: type, label: str, width: int, **settings) -> widgets.DOMWidget:
    """A control of a kind with its label before it, `width` pixels in all."""
    layout = widgets.Layout(width=f"{width}px")
    return kind(description=label, style={"description_width": "initial"}, layout=layout, **settings)


def button(text: str, tooltip: str) -> widgets.Button:
    """A button as wide as its text."""
    return widgets.Button(description=text, tooltip=tooltip, layout=widgets.Layout(width="auto"))


def _with(options: list[str], chosen: str) -> list[str]:
    return options if chosen in options else [*options, chosen]
