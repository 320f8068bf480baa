"""The searches of several models over the same items: what the search demo shows side by side, and changes together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.settings import nearest

if TYPE_CHECKING:
    from hrlib.search import Found, VisualSearch


class SeveralSearches:
    """Name of a model -> its search, each with a store of its own over the same items.

    Attributes:
        by_name: the searches. first: one of them, for photos and metadata, which are the same in all.
        takes_texts: whether all of them do.
        added: ids of the items that were added here.

    Raises:
        HrlibError: no search, stores that hold different items, or two of them the same store.
    """

    def __init__(self, searches: Mapping[str, VisualSearch]):
        if not searches:
            raise HrlibError(
                'no searches: expected at least one, such as {"flat": VisualSearch.index(model, catalogue)}'
            )
        (name, self.first), *others = searches.items()
        held = set(self.ids())
        for other, search in others:
            if search.store is self.first.store:
                raise HrlibError(f"{name!r} and {other!r} have the same store: expected one of its own for each model")
            if set(search.store.ids()) != held:
                raise HrlibError(f"the stores of {name!r} and {other!r} hold different items: expected the same")
        self.by_name, self.added = dict(searches), []
        self.takes_texts = all(search.takes_texts for search in searches.values())

    def ids(self) -> list[int | str]:
        """The ids of all items."""
        return self.first.store.ids()

    def id_of(self, text: str | int) -> int | str:
        """The id that is written so; 7 and "7" are two items."""
        held = self.ids()
        ids = {str(one): one for one in held} | {one: one for one in held}
        if text not in ids:
            raise HrlibError(f"no item {text!r}; {nearest(str(text), map(str, held))}")
        return ids[text]

    def metadata(self) -> pd.DataFrame:
        """What the stores hold of all items, a row an item."""
        from hrlib.search.visual.added import COLUMN  # only now: it loads faiss

        return self.first.store.get(self.ids())[1].drop(columns=COLUMN, errors="ignore")

    def classes(self) -> list[str]:
        """The names of all classes, coarse to fine."""
        return list(dict.fromkeys(name for names in reversed(self.first.catalogue.hierarchy.names) for name in names))

    def photo(self, id: int | str) -> np.ndarray | None:
        """The photo of an item; None where it is lost, which is no reason to show no results."""
        try:
            return self.first.photo(id)
        except HrlibError:
            return None

    def verdicts(self, item: int | str, found: Found) -> dict[int | str, tuple[str, str]]:
        """How right each result is where an item was asked with, as far as classes are known: a key of theme.VERDICTS, and its words."""
        hierarchy = self.first.catalogue.hierarchy
        fine, coarse = hierarchy.levels[0], hierarchy.levels[hierarchy.superclass]
        own, *others = self.first.known([item, *found.table["id"]])
        verdicts = {}
        for id, other in zip(found.table["id"], others, strict=True):
            if id == item:
                verdicts[id] = "same", "the query itself"
            elif fine in own and own[fine] == other.get(fine):
                verdicts[id] = "same", f"same {fine}"
            elif coarse in own and coarse in other:
                near = own[coarse] == other[coarse]
                verdicts[id] = ("near", f"same {coarse}") if near else ("other", f"other {coarse}")
        return verdicts

    def add(self, id: str, photo: np.ndarray, category: str) -> None:
        """Add a photo to all stores as an item of a class of any level ("" for none); to none of them where one refuses it."""
        if not id.strip() or id in map(str, self.ids()):
            raise HrlibError(f"the id {id!r} is {'taken' if id.strip() else 'empty'}: give the new item another one")
        metadata, done = {self._level(category): category} if category else None, []
        try:
            for search in self.by_name.values():
                search.add(id, photo, metadata)
                done.append(search)
        except BaseException:
            for search in done:
                search.remove([id])
            raise
        self.added = [*self.added, id]

    def _level(self, category: str) -> str:
        """The finest level that has a class of this name."""
        hierarchy = self.first.catalogue.hierarchy
        for level, names in zip(hierarchy.levels, hierarchy.names, strict=True):
            if category in names:
                return level
        raise HrlibError(f"no class {category!r} in the catalogue; {nearest(category, self.classes())}")

    def remove(self, id: str) -> None:
        """Take an item that was added here out of all stores."""
        if id not in self.added:
            raise HrlibError(f"{id!r} was not added here: what can be removed is {', '.join(self.added) or 'nothing'}")
        for search in self.by_name.values():
            search.remove([id])
        self.added = [other for other in self.added if other != id]
