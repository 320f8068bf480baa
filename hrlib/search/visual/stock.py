"""The items of a store with all that is known of them: metadata and photos, of the catalogue's items and of those that were added."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hrlib.catalogue import Catalogue
from hrlib.errors import HrlibError
from hrlib.search.checks import Id, check_ids
from hrlib.search.store import Store, Where
from hrlib.search.visual.added import COLUMN, AddedPhotos
from hrlib.search.visual.classes import Classes, Record, known
from hrlib.settings import nearest

TRIES = 3


@dataclass(frozen=True)
class Near:
    """N items near a query, best first: ids, cosines (N,), vectors (N, D), and the store's metadata, a row an item."""

    ids: list[Id]
    similarities: np.ndarray
    vectors: np.ndarray
    frame: pd.DataFrame

    def __len__(self) -> int:
        return len(self.ids)

    def taken(self, places: Sequence[int] | np.ndarray) -> Near:
        """Some of them, in the given order."""
        places = np.asarray(places, np.int64)
        ids = [self.ids[place] for place in places]
        return Near(ids, self.similarities[places], self.vectors[places], self.frame.iloc[places])


class Stock:
    """A store, the catalogue that its items are of, and the photos of those that were added.

    What the store has of an item counts; of an item of the catalogue that was not replaced, what the store lacks is taken from there.

    Args:
        columns: of the catalogue's items that belong to an item beside its classes and attributes.
    """

    def __init__(self, store: Store, catalogue: Catalogue, added: AddedPhotos, columns: Sequence[str] = ()):
        self.store, self.catalogue, self.added, self.classes = store, catalogue, added, Classes(catalogue.hierarchy)
        self.ids = check_ids(catalogue.items["id"], unique=True)
        self.metadata = metadata(catalogue, columns)
        self._rows = {one: row for row, one in enumerate(self.ids)}
        self._columns = {name: self.metadata[name].to_numpy(object) for name in self.metadata}
        self._lock = threading.RLock()

    def fill(self, vectors: np.ndarray) -> None:
        """Put all items of the catalogue into the store."""
        self.store.upsert(self.ids, vectors, self.metadata)

    def near(self, vector: np.ndarray, n: int, where: Where | None = None) -> Near:
        """The n items nearest to a unit vector (D,) among those that `where` chooses; fewer, where there are fewer."""
        for attempt in range(1, TRIES + 1):
            hits = self.store.search(vector, n, where)
            try:
                vectors, frame = self.store.get(hits.ids[0])
                break
            except HrlibError:  # one of them was removed just now
                if attempt == TRIES:
                    raise
        return Near(hits.ids[0], hits.scores[0], vectors, frame)

    def get(self, id: Id) -> tuple[np.ndarray | None, Record]:
        """The vector (D,) of an item, None where only the catalogue has it, and what is known of it."""
        if found := self._stored([id]):
            return found[0]
        if id not in self._rows:
            raise HrlibError(f"{id!r} is an item neither of the store nor of the catalogue; known ids: store.ids()")
        return None, self._of_catalogue(id)

    def _stored(self, ids: Sequence[Id]) -> list[tuple[np.ndarray, Record]]:
        """Those items that the store has."""
        try:
            vectors, frame = self.store.get(ids)
        except HrlibError:  # the store's word for ids that it does not have
            half = len(ids) // 2
            return self._stored(ids[:half]) + self._stored(ids[half:]) if half else []
        return list(zip(vectors, self.records(ids, frame), strict=True))

    def records(self, ids: Sequence[Id], frame: pd.DataFrame) -> list[Record]:
        """What is known of items, from the store's metadata and the catalogue."""
        columns, records = [frame[name].tolist() for name in frame], []
        for one, *values in zip(ids, *columns, strict=True):
            record = known(dict(zip(frame, values, strict=True)))
            records.append(record if COLUMN in record else self._of_catalogue(one) | record)
        return records

    def _of_catalogue(self, id: Id) -> Record:
        row = self._rows.get(id)
        return {} if row is None else known({name: values[row] for name, values in self._columns.items()})

    def photo(self, id: Id) -> np.ndarray | None:
        """The photo (H, W, 3) uint8 of an item of the store or the catalogue; None of one whose photo is nowhere.

        Raises:
            HrlibError: it is in neither, or its photo was lost.
        """
        _, record = self.get(id)
        if COLUMN in record:
            return self.added.get(record[COLUMN])
        return self.catalogue.images[self._rows[id]] if id in self._rows else None

    def checked(self, given: Mapping[str, Any] | None) -> Record:
        """Metadata of an item that is to be added: columns that there are, classes of the hierarchy, the coarser ones filled in."""
        if not isinstance(given := {} if given is None else given, Mapping):
            raise HrlibError(f"metadata is a {type(given).__name__}: expected a mapping of columns to values, or None")
        columns = dict.fromkeys([*self._columns, *self.store.stats()["columns"], self.catalogue.caption])
        allowed = [name for name in columns if name not in (COLUMN, None)]
        for name, value in given.items():
            if name not in allowed:
                raise HrlibError(
                    f"metadata: {name!r} is no column of the catalogue or the store; {nearest(name, allowed)}"
                )
            if not pd.api.types.is_scalar(value):
                raise HrlibError(f"metadata: {name!r} is {value!r:.80}: expected one value, a text or a number")
        return self.classes.completed(known(given))

    def put(self, id: Id, vector: np.ndarray, pixels: np.ndarray, record: Record) -> None:
        """Put an item in, or in the place of the one with its id; nothing is changed where the store refuses it."""
        with self._lock:
            before, name = self._digests([id]), self.added.put(pixels)
            try:
                self.store.upsert(
                    [id], vector[None], {key: [value] for key, value in (record | {COLUMN: name}).items()}
                )
            except BaseException:
                self._forget([name])
                raise
            self._forget(before)

    def remove(self, ids: Sequence[Id]) -> int:
        """Take items out; returns how many were there."""
        ids = check_ids(ids)
        with self._lock:
            before, count = self._digests(ids), self.store.delete(ids)
            self._forget(before)
        return count

    def _digests(self, ids: Sequence[Id]) -> list[str]:
        """Of the photos that items were added with."""
        return [record[COLUMN] for _, record in self._stored(ids) if COLUMN in record]

    def _forget(self, names: Sequence[str]) -> None:
        """Drop photos, unless an item has the same pixels."""
        for name in names:
            if not self._used(name):
                self.added.drop(name)

    def _used(self, name: str) -> bool:
        """Whether an item was added with the photo of this digest."""
        return COLUMN in self.store.stats()["columns"] and self.store.count({COLUMN: name}) > 0

    def save(self, store_folder, photos_folder) -> None:
        """The photos, the store, and then the photos that are gone: killed between any two, all items still have their photos."""
        with self._lock:
            self.added.save(photos_folder)
            self.store.save(store_folder)
            self.added.remove_unused(photos_folder, self._used)


def metadata(catalogue: Catalogue, columns: Sequence[str] = ()) -> pd.DataFrame:
    """What a store holds of a catalogue's items: the names of their classes, a column a level, their attributes and some columns more."""
    frame = catalogue.hierarchy.frame()
    others = [name for name in dict.fromkeys([*catalogue.attributes, *columns]) if name not in frame]
    return pd.concat([frame, catalogue.items[others]], axis=1)
