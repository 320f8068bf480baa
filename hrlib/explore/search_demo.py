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
        query: the photo that is asked with (`PhotoQuery`), None without one.
        found: name of a model -> its `Found`.
        added: ids of the items that were added here.

    Raises:
        HrlibError: no search, stores that hold different items, two of them the same store, a k below 1.
    """

    def __init__(self, searches: Mapping[str, VisualSearch], k: int = 8, *, seed: int = 0):
        from hrlib.search.visual.added import COLUMN  # only now: it loads faiss

        self.searches = _checked(searches, k)
        self.visual = next(iter(self.searches.values()))  # for photos and metadata, which are the same in all
        self.hierarchy, self._rng = self.visual.catalogue.hierarchy, np.random.default_rng(seed)
        self.query: PhotoQuery | None = None
        self._replacing = False  # the canvas' photo
        self.found: dict[str, Found] = {}
        self.added: list[str] = []
        metadata = self.visual.store.get(self.visual.store.ids())[1].drop(columns=COLUMN, errors="ignore")
        self._classes = [name for names in reversed(self.hierarchy.names) for name in names]
        texts = all(search.takes_texts for search in self.searches.values())
        self.controls = SearchControls(list(self.searches), k, metadata, list(dict.fromkeys(self._classes)), texts)
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
            self.controls.canvas.show(query and query.pixels, query.name if query else "")
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
        names = list(self.searches) if c.space.value == BESIDE else [c.space.value]
        settings = {"where": c.where() or None, "rerank": c.rerank.value, "group": c.group.value, "text": self.words}
        photo, crop = (query.asked, query.crop) if query else (None, None)
        return {name: self.searches[name].search(photo, c.k.value, crop=crop, **settings) for name in names}

    def _show(self, found: Mapping[str, Found]) -> None:
        self.found = dict(found)
        wide = widgets.Layout(flex="1 1 230px", min_width="0")
        self.controls.results.children = [
            widgets.HTML(search_cards.results(name, one, self._photo, self._verdicts(one)), layout=wide)
            for name, one in found.items()
        ]
        counts = ", ".join(f"{name}: {len(one.table)} results" for name, one in found.items())
        asked = [self.query.name] if self.query else []
        asked += [f'"{self.words}"'] if self.words else []
        self._say(f"{counts} for {' and '.join(asked)}" if found else self.controls.hint)

    def _photo(self, id: int | str) -> np.ndarray | None:
        """The photo of an item; None where it is lost, which is no reason to show no results."""
        try:
            return self.visual.photo(id)
        except HrlibError:
            return None

    def _verdicts(self, found: Found) -> dict[int | str, tuple[str, str]]:
        """How right each result is, as far as classes are known, where an item alone was asked with."""
        if self.query is None or self.query.item is None or self.words:
            return {}
        fine, coarse = self.hierarchy.levels[0], self.hierarchy.levels[min(1, self.hierarchy.depth - 1)]
        own, *others = self.visual.known([self.query.item, *found.table["id"]])
        verdicts = {}
        for id, other in zip(found.table["id"], others, strict=True):
            if id == self.query.item:
                verdicts[id] = "same", "the query itself"
            elif fine in own and own[fine] == other.get(fine):
                verdicts[id] = "same", f"same {fine}"
            elif coarse in own and coarse in other:
                near = own[coarse] == other[coarse]
                verdicts[id] = ("near", f"same {coarse}") if near else ("other", f"other {coarse}")
        return verdicts

    # --- the catalogue ---

    def add(self, id: str, category: str) -> None:
        """Add the photo, as it is seen, to all stores as an item of a class of any level ("" for none), and ask again."""
        if self.query is None:
            raise HrlibError("no photo to add: upload or choose one first")
        if not id.strip() or id in map(str, self.visual.store.ids()):
            raise HrlibError(f"the id {id!r} is {'taken' if id.strip() else 'empty'}: give the new item another one")
        metadata = {self._level(category): category} if category else None
        done = []
        try:
            for search in self.searches.values():
                search.add(id, self.query.seen, metadata)
                done.append(search)
        except BaseException:  # the stores hold the same items
            for search in done:
                search.remove([id])
            raise
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
        photos = [(id, self._photo(id), f"item {id}") for id in chosen]
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

    @_tells
    def _clicked(self, callback: Callable[[], None], _) -> None:
        callback()

    @_tells
    def _changed(self, _) -> None:
        if not self._replacing:
            self.again()

    @_tells
    def _uploaded(self, _, facts, buffers) -> None:
        self.upload(*uploaded(facts, buffers))

    @_tells
    def _picked(self, id: int | str) -> None:
        held = self.visual.store.ids()
        ids = {str(one): one for one in held} | {one: one for one in held}  # 7 and "7" are two items
        if id not in ids:
            raise HrlibError(f"no item {id!r}; {nearest(str(id), map(str, held))}")
        self.pick(ids[id])

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
