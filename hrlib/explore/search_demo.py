"""A visual search to touch: a photo, a box and scribbles on it, words, filters, and what one or several models find. The widget over `VisualSearch`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np

from hrlib.errors import HrlibError
from hrlib.explore import search_cards
from hrlib.explore.search_canvas import uploaded
from hrlib.explore.search_controls import BESIDE, SearchControls
from hrlib.explore.search_query import PhotoQuery
from hrlib.explore.several_searches import SeveralSearches
from hrlib.settings import whole_number
from hrlib.widgets import close, inside, tells

if TYPE_CHECKING:
    from hrlib.search import Found, VisualSearch

STRIP = 12  # photos of the catalogue that are offered at a time


class SearchDemo:
    """Photo, controls and results for one catalogue and one or several models.

    A photo is uploaded, or chosen in the catalogue; where all models take texts (`VisualSearch.takes_texts`), words are asked with, alone or
    together with the photo. The box and the strokes drawn on it change what is asked: the query is what is then
    seen. Every change asks again. A photo can be added to the catalogue as it is seen, under an id of its own, is found at once, and can
    be taken out again; nothing else that the demo does changes a store. Bad input is told below the photo, and the results stay.

    Works where ipywidgets do: JupyterLab, Notebook 7, VS Code, Voila. All but scribbling works from the keyboard.

    Args:
        searches: name of a model -> its search, as {"flat": ..., "hierarchical": ...}, each with a store of its own over the same items.
        k: how many results.
        seed: of the photos of the catalogue that are offered.

    Attributes:
        items: what the models' stores hold (`SeveralSearches`), also which items were added here.
        query: the photo that is asked with (`PhotoQuery`), None without one.
        found: name of a model -> its `Found`.

    Raises:
        HrlibError: no search, stores that hold different items, two of them the same store, a k below 1.
    """

    def __init__(self, searches: Mapping[str, VisualSearch], k: int = 8, *, seed: int = 0):
        k = whole_number("k", k, what="the number of results")
        self.items, self._rng = SeveralSearches(searches), np.random.default_rng(seed)
        self.query: PhotoQuery | None = None
        self._replacing, self._box = False, None  # the canvas' photo; what is displayed
        self.found: dict[str, Found] = {}
        names, texts = list(self.items.by_name), self.items.takes_texts
        self.controls = SearchControls(names, k, self.items.metadata(), self.items.classes(), texts)
        self._offer()
        self._watch()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._box = self._box or self.controls.arranged()
        display(self._box)

    def close(self) -> None:
        """Take the widget out of the page and let go of its memory, which a cell that is run again would take once more."""
        close(*inside(self.controls), *([self._box] if self._box else []))

    # --- what is asked ---

    def upload(self, name: str, data: bytes) -> None:
        """Ask with the bytes of a photo's file."""
        self._begin(PhotoQuery.of_file(name, data))

    def pick(self, id: int | str) -> None:
        """Ask with an item."""
        self._begin(PhotoQuery.of_item(self.items.first, id))

    def without_photo(self) -> None:
        """Ask with the words alone."""
        self._begin(None)

    @property
    def words(self) -> str:
        """The text that is asked with, "" without one."""
        return self.controls.text.value.strip()

    def _begin(self, query: PhotoQuery | None) -> None:
        found = self._search(query)
        self._replacing = True
        try:
            self.controls.canvas.show(query.pixels if query else None, query.name if query else "")
        finally:
            self._replacing = False
        self.query = query
        self._show(found)

    def again(self) -> None:
        """Ask with the same photo, as it is marked now, and the words and settings as they are now."""
        canvas = self.controls.canvas
        query = self.query and self.query.with_marks(canvas.crop, canvas.strokes)
        found = self._search(query)
        self.query = query
        self._show(found)

    def _search(self, query: PhotoQuery | None) -> dict[str, Found]:
        """What is found with the photo and the words; nothing where there is neither."""
        c = self.controls
        if query is None and not self.words:
            return {}
        names = list(self.items.by_name) if c.space.value == BESIDE else [c.space.value]
        settings = {"where": c.where() or None, "rerank": c.rerank.value, "group": c.group.value, "text": self.words}
        photo, crop = (query.asked, query.crop) if query else (None, None)
        return {name: self.items.by_name[name].search(photo, c.k.value, crop=crop, **settings) for name in names}

    def _show(self, found: Mapping[str, Found]) -> None:
        self.found = dict(found)
        wide = widgets.Layout(flex="1 1 230px", min_width="0")
        before = self.controls.results.children
        self.controls.results.children = [
            widgets.HTML(search_cards.results(name, one, self.items.photo, self._verdicts(one)), layout=wide)
            for name, one in found.items()
        ]
        close(*before)
        counts = ", ".join(f"{name}: {len(one.table)} results" for name, one in found.items())
        asked = [self.query.name] if self.query else []
        asked += [f'"{self.words}"'] if self.words else []
        self._say(f"{counts} for {' and '.join(asked)}" if found else self.controls.hint)

    def _verdicts(self, found: Found) -> dict[int | str, tuple[str, str]]:
        """How right each result is, where an item alone was asked with."""
        alone = self.query is not None and self.query.item is not None and not self.words
        return self.items.verdicts(self.query.item, found) if alone else {}

    # --- the catalogue ---

    def add(self, id: str, category: str) -> None:
        """Add the photo, as it is seen, to all stores as an item of a class of any level ("" for none), and ask again."""
        if self.query is None:
            raise HrlibError("no photo to add: upload or choose one first")
        self.items.add(id, self.query.seen, category)
        self._keep()
        self.again()
        self._say(f"{id} was added{f' as {category}' if category else ''}, and is found already")

    def remove(self, id: str) -> None:
        """Take an item that was added out of all stores, and ask again."""
        self.items.remove(id)
        self._keep()
        if self.query is not None and self.query.item == id:
            self.query = replace(self.query, item=None)  # its photo is still here
        self.again()
        self._say(f"{id} was removed")

    def _keep(self) -> None:
        added, control = self.items.added, self.controls.added
        control.options, control.value = added, added[-1] if added else None

    # --- the widgets ---

    def _offer(self) -> None:
        """Another sample of the catalogue in the strip."""
        ids = self.items.ids()
        chosen = [ids[at] for at in self._rng.permutation(len(ids))[:STRIP]]
        photos = [(id, self.items.photo(id), f"item {id}") for id in chosen]
        self.controls.strip.show(one for one in photos if one[1] is not None)

    def _watch(self) -> None:
        c = self.controls
        for control in (c.space, c.k, c.rerank, c.group, c.text, *c.filters.values()):
            control.observe(self._changed, names="value")
        c.canvas.observe(self._changed, names=["crop", "strokes"])
        c.canvas.on_msg(self._uploaded)
        c.strip.on_choice(self._picked)
        c.id.observe(lambda change: change["new"] and self._picked(change["new"]), names="value")
        for name in ("tool", "colour", "pen"):
            widgets.link((getattr(c, name), "value"), (c.canvas, name))
        for button, callback in (
            (c.others, self._offer),
            (c.without, self.without_photo),
            (c.undo, self._undo),
            (c.clear, self._wipe),
            (c.unfilter, self._unfilter),
            (c.add, lambda: self.add(c.name.value.strip(), c.category.value)),
            (c.remove, lambda: self.remove(c.added.value or "")),
        ):
            button.on_click(functools.partial(self._clicked, callback))

    def _say(self, text: str) -> None:
        self.controls.canvas.status = text

    @tells
    def _clicked(self, callback: Callable[[], None], _) -> None:
        callback()

    @tells
    def _changed(self, _) -> None:
        if not self._replacing:
            self.again()

    @tells
    def _uploaded(self, _, facts, buffers) -> None:
        self.upload(*uploaded(facts, buffers))

    @tells
    def _picked(self, id: int | str) -> None:
        self.pick(self.items.id_of(id))

    def _undo(self) -> None:
        canvas = self.controls.canvas
        if canvas.strokes:
            canvas.strokes = canvas.strokes[:-1]
        else:
            canvas.crop = []

    def _wipe(self) -> None:
        self.controls.canvas.strokes = []
        self.controls.canvas.crop = []

    def _unfilter(self) -> None:
        for control in self.controls.filters.values():
            control.value = () if isinstance(control, widgets.SelectMultiple) else (control.min, control.max)
