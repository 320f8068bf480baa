"""A map of an embedding space to touch: what is clicked, lassoed or found by its text shows its neighbours. The widget over a `Session`."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings
from hrlib.explore import cards, marked_map
from hrlib.explore.choices import Choice
from hrlib.explore.controls import ANY, Controls
from hrlib.explore.groups import groups
from hrlib.explore.selection import Finder
from hrlib.explore.session import Session
from hrlib.explore.snapshot import snapshot
from hrlib.widgets import close, inside, tells

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue
    from hrlib.explore.projection import Projection


class Explorer(Session):
    """Map, controls and gallery for one catalogue and the spaces of one or several models.

    The pointer on a point shows its photo. A click chooses an item; a lasso or a box (in the map's bar), or a text, chooses several.
    For what is chosen, the gallery shows the nearest other items in the *original* space: nearest to the item's vector, or to the mean
    of the chosen vectors, brought to length 1; with cosine distances. Choosing another model asks the other space with the same items.
    A filter holds for the neighbours and for what the map offers. All of it works from the keyboard: text, row number, previous, next.

    Works where ipywidgets do: JupyterLab, Notebook 7, VS Code, Voila.

    Args:
        catalogue: of the N items.
        embeddings: name of a space -> (N, D) unit vectors, as {"flat": ..., "hierarchical": ...}.
        projections: name of a space -> its map; None projects them together (UMAP; takes a while for many items).
        colour: what the points' colours stand for: a level by name or number, "superclass" (level 1, or the only one), or an attribute.
        k: how many neighbours.
        interactive: False makes no widget: `show` then gives a static figure, as for papermill.
        out_dir: where "Export CSV" writes.
        seed: of the query that the static figure shows.

    Attributes:
        selection: DataFrame of what is chosen and its neighbours (see `Finder.select`).
        kept: DataFrame of the selections pinned by "Keep", with the columns "query" and "space" before.

    Raises:
        HrlibError: embeddings or maps that do not fit the catalogue, a k below 1, a colour that is neither level nor attribute.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        embeddings: Mapping[str, Embeddings],
        projections: Mapping[str, Projection] | None = None,
        colour: str | int = "superclass",
        k: int = 12,
        interactive: bool = True,
        *,
        out_dir: str | Path = "out",
        seed: int = 0,
    ):
        super().__init__(catalogue, embeddings, k, out_dir)
        self.seed, self.level = seed, catalogue.hierarchy.superclass
        if projections is None:
            from hrlib.explore.projection import project_together  # only now: UMAP takes seconds to load

            projections = project_together(self.finder.vectors, hierarchy=catalogue.hierarchy)
        self.projections = _checked(projections, self.finder)
        self.colour = _column(colour, self.finder, self.level)
        self.figure = self.controls = self._box = None
        if interactive:
            from hrlib.explore.map_widget import (
                MapWidget,
            )  # only now: plotly's widgets load nbformat, jsonschema and a grammar of URLs

            self.controls = Controls(self.finder, self.colour, self.k)
            drawn = self._draw()
            self.figure = MapWidget(drawn.data, drawn.layout)
            self.figure._config = {"displaylogo": False, "showSendToCloud": False}
            items = self.figure.items
            items.on_hover(self._hovered)
            items.on_click(self._clicked)
            items.on_selection(self._selected)
            self._watch()

    def show(self):
        """What a notebook's cell ends with: the widget, or the static figure where interactive is False or the explorer was closed."""
        if self.figure is None:
            return self.static()
        figure = self.figure.complete()
        self._box = self._box or self.controls.arranged(figure)
        return self._box

    def close(self) -> None:
        """Take the widget out of the page and let go of its memory, which a cell that is run again would take once more.

        What was chosen and kept stays.
        """
        if self.figure is not None:
            close(self.figure, *inside(self.controls), *([self._box] if self._box else []))
            self.figure = self.controls = self._box = None

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.show())

    def static(self, row: int | None = None) -> go.Figure:
        """The map with the neighbours of one item beside it, as a figure: of `row`, or of an item drawn by the seed."""
        row = int(np.random.default_rng(self.seed).integers(len(self.catalogue))) if row is None else row
        return snapshot(self.finder, self.projections[self.space], self.space, row, self.k, self.colour, self.level)

    def answer(self, choice: Choice) -> None:
        """The selection for a choice, also in the gallery and on the map."""
        super().answer(choice)
        if self.figure is None:
            return
        self.controls.gallery.value = cards.gallery(self.finder, self.selection, self.space, self.level, choice.how)
        if len(choice.rows) == 1:
            self.controls.set_row(choice.rows[0])
        self._mark(keep_lasso=choice.how == "lasso")
        self._say(f"{len(choice.rows)} chosen by {choice.how}, {len(self.selection) - len(choice.rows)} neighbours")

    def _again(self) -> None:
        """The present choice, asked anew after a setting has changed."""
        if self.choice:
            self.answer(self.choice)

    # --- the map ---

    def _draw(self) -> go.Figure:
        """The points as they are to be: of another space, in other colours, or with another filter."""
        divided = groups(self.catalogue, self.colour)
        where = self.projections[self.space]
        self.controls.legend.value = marked_map.legend(divided) + cards.note(where.caption())
        return marked_map.draw(where.coordinates, divided, self.finder.matching(self.filters))

    def _mark(self, keep_lasso: bool) -> None:
        """Mark the selection on the map."""
        rows = [
            self.selection.loc[self.selection["role"] == role, "row"].to_numpy() for role in ("chosen", "neighbour")
        ]
        self.figure.mark(marked_map.marks(self.projections[self.space].coordinates, *rows), keep_lasso)

    @tells
    def _hovered(self, trace, points, state) -> None:
        for row in self.figure.rows_of(points)[:1]:
            self.controls.pointed.value = cards.beside(self.finder, int(row), f"row {row}")

    @tells
    def _clicked(self, trace, points, state) -> None:
        for row in self.figure.rows_of(points)[:1]:
            self.choose([row], "click")

    @tells
    def _selected(self, trace, points, selector) -> None:
        rows = self.figure.rows_of(points)
        if not len(rows):
            raise HrlibError("the lasso holds no item: draw it around some points")
        self.choose(rows, "lasso")

    # --- the controls ---

    def _watch(self) -> None:
        c = self.controls
        for control, callback in (
            (c.space, self._respaced),
            (c.colour, self._recoloured),
            (c.column, self._column_chosen),
            (c.value, self._filtered),
            (c.k, self._resized),
            (c.text, self._searched),
            (c.row, self._row_chosen),
        ):
            control.observe(callback, names="value")
        for button, callback in (
            (c.back, lambda _: self._turned(-1)),
            (c.forward, lambda _: self._turned(1)),
            (c.previous, lambda _: self._stepped(-1)),
            (c.next, lambda _: self._stepped(1)),
            (c.keep, self._pinned),
            (c.clear, self._cleared),
            (c.export, self._exported),
        ):
            button.on_click(callback)

    def _say(self, text: str) -> None:
        if self.controls is not None:
            self.controls.status.value = f'<span role="status">{html.escape(text)}</span>'

    @tells
    def _respaced(self, change) -> None:
        self.space = change["new"]
        self.figure.redraw(self._draw())
        self._again()

    @tells
    def _recoloured(self, change) -> None:
        self.colour = change["new"]
        self.figure.redraw(self._draw())
        self._again()

    @tells
    def _column_chosen(self, change) -> None:
        self.controls.offer_values(self.finder)  # sets the value to ANY, which is watched

    @tells
    def _filtered(self, change) -> None:
        column, value = self.controls.column.value, self.controls.value.value
        filters = {} if ANY in (column, value) else {column: value}
        if filters == self.filters:
            return
        self.filter(filters)
        self.figure.redraw(self._draw())
        self._say(f"{len(self.trail)} of {len(self.catalogue)} items match the filter")
        self._again()

    @tells
    def _resized(self, change) -> None:
        self.k = change["new"]
        self._again()

    @tells
    def _searched(self, change) -> None:
        if text := change["new"].strip():
            self.choose(self.find(text), f"text {text!r}")

    @tells
    def _row_chosen(self, change) -> None:
        if not self.controls.setting_row:
            self.choose([change["new"]], "row number")

    @tells
    def _stepped(self, by: int) -> None:
        self.choose([self.beside(by)], "next" if by > 0 else "previous")

    @tells
    def _turned(self, by: int) -> None:
        self.turn(by)

    @tells
    def _pinned(self, _) -> None:
        self.keep()
        self._say(f"{len(self.kept)} rows of {self.kept['query'].nunique()} queries are kept (explorer.kept)")

    @tells
    def _cleared(self, _) -> None:
        self.forget()
        self._say("nothing is kept any more")

    @tells
    def _exported(self, _) -> None:
        self._say(self.export())


def _checked(projections: Mapping[str, Projection], finder: Finder) -> dict[str, Projection]:
    """The maps of all spaces, each with a place for each item."""
    for name in finder.vectors:
        if name not in projections:
            raise HrlibError(
                f"no projection of the space {name!r}, only of {', '.join(projections)}: expected one of each"
            )
        shape = np.shape(projections[name].coordinates)
        if shape != (len(finder.catalogue), 2):
            raise HrlibError(f"{name}: coordinates of shape {shape}, expected ({len(finder.catalogue)}, 2)")
    return {name: projections[name] for name in finder.vectors}


def _column(colour: str | int, finder: Finder, level: int) -> str:
    """The name of the level or attribute that `colour` means."""
    hierarchy = finder.hierarchy
    if not isinstance(colour, str):
        return hierarchy.levels[hierarchy.index(colour)]
    if colour == "superclass" and colour not in finder.columns:
        return hierarchy.levels[level]
    finder.values(colour)  # which refuses a name that is neither
    return colour
