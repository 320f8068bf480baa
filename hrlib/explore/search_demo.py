"""A visual search to touch: a photo, a box and scribbles on it, filters, and what one or several models find. The widget over `VisualSearch`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np

from hrlib.errors import HrlibError
from hrlib.explore import search_cards
from hrlib.explore.explorer import _tells
from hrlib.explore.search_canvas import uploaded
from hrlib.explore.search_controls import BESIDE, SearchControls
from hrlib.explore.search_query import PhotoQuery
from hrlib.settings import nearest

if TYPE_CHECKING:
    from hrlib.search import Found, VisualSearch

STRIP = 12  # photos of the catalogue that are offered at a time


class SearchDemo:
    """Photo, controls and results for one catalogue and one or several models.

    A photo is uploaded, or chosen in the catalogue. The box and the strokes drawn on it change what is asked: the query is what is then
    seen. Every change asks again. A photo can be added to the catalogue as it is seen, under an id of its own, is found at once, and can
    be taken out again; nothing else that the demo does changes a store. Bad input is told below the photo, and the results stay.

    Works where ipywidgets do: JupyterLab, Notebook 7, VS Code, Voila. All but scribbling works from the keyboard.

    Args:
        searches: name of a model -> its search, as {"flat": ..., "hierarchical": ...}, each with a store of its own over the same items.
        k: how many results.
        seed: of the photos of the catalogue that are offered.

    Attributes:
        query: what is asked with (`PhotoQuery`), None at first.
        found: name of a model -> its `Found`.
        added: ids of the items that were added here.

    Raises:
        HrlibError: no search, stores that hold different items, two of them the same store, a k below 1.
    """

    def __init__(self, searches: Mapping[str, VisualSearch], k: int = 8, *, seed: int = 0):
        from hrlib.search.added import COLUMN  # only now: it loads faiss

        self.searches = _checked(searches, k)
        self.visual = next(iter(self.searches.values()))  # for photos and metadata, which are the same in all
        self.hierarchy, self._rng = self.visual.catalogue.hierarchy, np.random.default_rng(seed)
        self.query: PhotoQuery | None = None
        self.found: dict[str, Found] = {}
        self.added: list[str] = []
        metadata = self.visual.store.get(self.visual.store.ids())[1].drop(columns=COLUMN, errors="ignore")
        self._classes = [name for names in reversed(self.hierarchy.names) for name in names]
        self.controls = SearchControls(list(self.searches), k, metadata, list(dict.fromkeys(self._classes)))
        self._offer()
        self._watch()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.controls.arranged())

    # --- what is asked ---

    def upload(self, name: str, data: bytes) -> None:
        """Ask with the bytes of a photo's file."""
        self._begin(PhotoQuery.of_file(name, data))

    def pick(self, id: int | str) -> None:
        """Ask with an item."""
        self._begin(PhotoQuery.of_item(self.visual, id))

    def _begin(self, query: PhotoQuery) -> None:
        found = self._search(query)
        self.query = None  # so that nothing is asked while the canvas is emptied
        self.controls.canvas.show(query.pixels, query.name)
        self.query = query
        self._show(found)

    def again(self) -> None:
        """Ask with the same photo, as it is marked now, and the settings as they are now."""
        if self.query is None:
            return
        canvas = self.controls.canvas
        query = self.query.with_marks(canvas.crop, canvas.strokes)
        found = self._search(query)
        self.query = query
        self._show(found)

    def _search(self, query: PhotoQuery) -> dict[str, Found]:
        c = self.controls
        names = list(self.searches) if c.space.value == BESIDE else [c.space.value]
        settings = {"crop": query.crop, "where": c.where() or None, "rerank": c.rerank.value, "group": c.group.value}
        return {name: self.searches[name].search(query.asked, c.k.value, **settings) for name in names}

    def _show(self, found: Mapping[str, Found]) -> None:
        self.found = dict(found)
        wide = widgets.Layout(flex="1 1 230px", min_width="0")
        self.controls.results.children = [
            widgets.HTML(search_cards.results(name, one, self.visual.photo, self._verdicts(one)), layout=wide)
            for name, one in found.items()
        ]
        counts = ", ".join(f"{name}: {len(one.table)} results" for name, one in found.items())
        self._say(f"{counts} for {self.query.name}")

    def _verdicts(self, found: Found) -> dict[int | str, tuple[str, str]]:
        """How right each result is, where the query is an item whose classes are known."""
        ids = list(found.table["id"])
        if self.query.item is None or not ids:
            return {}
        fine, coarse = self.hierarchy.levels[0], self.hierarchy.levels[min(1, self.hierarchy.depth - 1)]
        words = {"same": f"same {fine}", "near": f"same {coarse}", "other": f"other {coarse}"}
        _, known = self.visual.store.get([self.query.item, *ids])
        same, near = ((known[level] == known[level].iloc[0]).iloc[1:] for level in (fine, coarse))
        keys = np.where(same, "same", np.where(near, "near", "other"))
        verdicts = {id: (key, words[key]) for id, key in zip(ids, keys.tolist(), strict=True)}
        return verdicts | ({self.query.item: ("same", "the query itself")} if self.query.item in verdicts else {})

    # --- the catalogue ---

    def add(self, id: str, category: str) -> None:
        """Add the photo, as it is seen, to all stores as an item of a class of any level ("" for none), and ask again."""
        if self.query is None:
            raise HrlibError("no photo to add: upload or choose one first")
        if not id.strip() or id in map(str, self.visual.store.ids()):
            raise HrlibError(f"the id {id!r} is {'taken' if id.strip() else 'empty'}: give the new item another one")
        metadata = {self._level(category): category} if category else None
        for search in self.searches.values():
            search.add(id, self.query.seen, metadata)
        self._keep([*self.added, id])
        self.again()
        self._say(f"{id} was added{f' as {category}' if category else ''}, and is found already")

    def _level(self, category: str) -> str:
        """The finest level that has a class of this name."""
        for level, names in zip(self.hierarchy.levels, self.hierarchy.names, strict=True):
            if category in names:
                return level
        raise HrlibError(f"no class {category!r} in the catalogue; {nearest(category, self._classes)}")

    def remove(self, id: str) -> None:
        """Take an item that was added out of all stores, and ask again."""
        if id not in self.added:
            raise HrlibError(f"{id!r} was not added here: what can be removed is {', '.join(self.added) or 'nothing'}")
        for search in self.searches.values():
            search.remove([id])
        self._keep([other for other in self.added if other != id])
        if self.query is not None and self.query.item == id:
            self.query = replace(self.query, item=None)  # its photo is still here
        self.again()
        self._say(f"{id} was removed")

    def _keep(self, added: list[str]) -> None:
        self.added = added
        self.controls.added.options = added
        self.controls.added.value = added[-1] if added else None

    # --- the widgets ---

    def _offer(self) -> None:
        """Another sample of the catalogue in the strip."""
        ids = self.visual.store.ids()
        chosen = [ids[at] for at in self._rng.permutation(len(ids))[:STRIP]]
        self.controls.strip.show((id, self.visual.photo(id), f"item {id}") for id in chosen)

    def _watch(self) -> None:
        c = self.controls
        for control in (c.space, c.k, c.rerank, c.group, *c.filters.values()):
            control.observe(self._changed, names="value")
        c.canvas.observe(self._changed, names=["crop", "strokes"])
        c.canvas.on_msg(self._uploaded)
        c.strip.on_choice(self._picked)
        c.id.observe(lambda change: change["new"] and self._picked(change["new"]), names="value")
        for name in ("tool", "colour", "pen"):
            widgets.link((getattr(c, name), "value"), (c.canvas, name))
        for button, callback in (
            (c.others, self._offer),
            (c.undo, self._undo),
            (c.clear, self._wipe),
            (c.unfilter, self._unfilter),
            (c.add, lambda: self.add(c.name.value.strip(), c.category.value)),
            (c.remove, lambda: self.remove(c.added.value or "")),
        ):
            button.on_click(functools.partial(self._clicked, callback))

    def _say(self, text: str) -> None:
        self.controls.canvas.status = text

    @_tells
    def _clicked(self, callback: Callable[[], None], _) -> None:
        callback()

    @_tells
    def _changed(self, _) -> None:
        self.again()

    @_tells
    def _uploaded(self, _, facts, buffers) -> None:
        self.upload(*uploaded(facts, buffers))

    @_tells
    def _picked(self, id: int | str) -> None:
        ids = {str(one): one for one in self.visual.store.ids()}
        if str(id) not in ids:
            raise HrlibError(f"no item {id!r}; {nearest(str(id), ids)}")
        self.pick(ids[str(id)])

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


def _checked(searches: Mapping[str, VisualSearch], k: int) -> dict[str, VisualSearch]:
    """The searches, over the same items in stores of their own."""
    if not searches:
        raise HrlibError('no searches: expected at least one, such as {"flat": VisualSearch.index(model, catalogue)}')
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise HrlibError(f"k is {k!r}: expected an integer from 1, the number of results")
    (first, one), *others = searches.items()
    held = set(one.store.ids())
    for name, other in others:
        if other.store is one.store:
            raise HrlibError(f"{first!r} and {name!r} have the same store: expected one of its own for each model")
        if set(other.store.ids()) != held:
            raise HrlibError(f"the stores of {first!r} and {name!r} hold different items: expected the same")
    return dict(searches)
