"""The store for many machines: Milvus, a server of its own; or milvus-lite in this process, which behaves like it."""

from __future__ import annotations

import re
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.search.checks import Id, check_dim, unknown_ids
from hrlib.search.copy import copy_to
from hrlib.search.faiss_store import FaissStore
from hrlib.search.metadata import Values, frame
from hrlib.search.milvus_collection import Collection, dimensions
from hrlib.search.milvus_columns import Columns
from hrlib.search.milvus_connection import Connection
from hrlib.search.milvus_filter import expression, key
from hrlib.search.milvus_rows import RESULTS, decoded_id, encoded_id, rows
from hrlib.search.store import Hits, Store, Where
from hrlib.search.table import Column, Table
from hrlib.search.where import parse

DIMS = 2, 32_768  # of a vector: Milvus' limits
ITEMS = {"id": "VARCHAR", "metadata": "JSON"}  # the fields of the items' collection, beside the vectors


class MilvusStore(Store):
    """A store in a Milvus collection.

    The collection is durable by itself: what `upsert` and `delete` have done is there for all who connect to it by the same
    `uri` and `collection`, in other processes and after a restart, with the types of the metadata, which are kept in a second
    collection, `<collection>_columns`. Reads ask for Milvus' consistency level Strong: they see every write that ended before.
    `save` is for a copy outside of Milvus, and for moving: it writes the snapshot that `FaissStore.save` writes, of all items,
    and needs their vectors in memory; either store opens what the other one has saved. For the backup of a large cluster
    take Milvus' own tools.

    Where it differs from `FaissStore`: an upsert of many items goes in several messages, and one that breaks off leaves the
    first of them; the count that `delete` gives, and a new column's type, are sure only while no other process writes the
    same items or columns at that moment. An index that is not exact ("HNSW", "IVF_FLAT", ...) is so for `range_search` too; a search
    with a filter is done again by reading all matching items where the index finds fewer than k, as is what has more than
    Milvus' 16,384 results. Limits: ids of 4,096 bytes in percent-encoding, metadata of 65,536 bytes an item, 2 to 32,768
    dimensions, no infinite numbers. milvus-lite is written in Python, for one process: for tests and small catalogues.

    Args:
        uri: the address of a Milvus ("http://host:19530"), or a path that ends with .db for milvus-lite in this process; None:
            milvus-lite in a temporary folder, which goes with the store.
        collection: its name; a collection that is not there is made.
        dim: D, the dimensions of the vectors; may be left out where the collection is there.
        token: for a Milvus that asks for one, "user:password" or a key.
        index: how the collection is indexed when it is made, for instance {"index_type": "HNSW", "params": {"M": 16, "efConstruction": 200}};
            "FLAT", exact, without.
        search: parameters of the index's search, for instance {"ef": 64} or {"nprobe": 32}.
    """

    def __init__(
        self,
        uri: str | Path | None = None,
        collection: str = "hrlib",
        dim: int | None = None,
        *,
        token: str = "",
        index: Mapping[str, Any] | None = None,
        search: Mapping[str, Any] | None = None,
    ):
        if not isinstance(collection, str) or not re.fullmatch(r"[A-Za-z_]\w{0,246}", collection, re.ASCII):
            raise HrlibError(f"collection is {collection!r}: expected up to 247 letters, digits and _, no digit first")
        if dim is not None and not DIMS[0] <= check_dim(dim) <= DIMS[1]:
            raise HrlibError(f"dim is {dim}: expected {DIMS[0]} to {DIMS[1]}, which are Milvus' limits")
        if unknown := set(index or {}) - {"index_type", "params"}:
            raise HrlibError(
                f"index has {unknown}: expected index_type and params; vectors are compared by inner product"
            )
        self.collection, self._connection = collection, Connection(uri, token)
        self._lock = self._connection.lock
        self._close = weakref.finalize(self, self._connection.close)
        with self._lock:
            there = dimensions(self._connection, collection, ITEMS)
            if dim is None and there is None:
                raise HrlibError(f"no collection {collection!r} at {self._connection.uri}: give dim to make it")
            if dim is not None and there not in (None, dim):
                raise HrlibError(
                    f"collection {collection!r} has {there} dimensions and dim is {dim}: expected the same"
                )
            self.dim = there or int(dim)
            self._items = Collection(self._connection, collection, "id", self.dim, search)
            self._columns = Columns(self._connection, f"{collection}_columns")
            self._items.create(ITEMS, {"index_type": "FLAT", **(index or {})})

    def close(self) -> None:
        """Close the connection, which else is done when the store goes. The collection stays, but in a temporary folder."""
        self._close()

    def ids(self) -> list[Id]:
        return [decoded_id(row["id"]) for page in self._items.pages("", ["id"]) for row in page]

    def count(self, where: Where | None = None) -> int:
        chosen = self._expression(where)
        return 0 if chosen is None else self._items.count(chosen)

    def stats(self) -> dict[str, Any]:
        """Besides what all stores give: the "collection" and the "uri"."""
        return {
            "count": self.count(),
            "dim": self.dim,
            "index": self._items.client.describe_index(self.collection, "vector")["index_type"],
            "columns": self._columns.read(),
            "collection": self.collection,
            "uri": self._connection.uri,
        }

    def save(self, folder: str | Path) -> Path:
        """See `Store`, and the class: all items as a snapshot of `FaissStore`. Updates by this process wait meanwhile."""
        with self._lock:
            copy = FaissStore(self.dim, "exact")
            copy_to(self, copy)
        return copy.save(folder)

    @classmethod
    def open(
        cls, folder: str | Path, uri: str | Path | None = None, collection: str = "hrlib", **settings
    ) -> MilvusStore:
        """Put what was saved in a folder, by this store or a `FaissStore`, into an empty collection.

        Args:
            uri, collection, settings: see the class. Without `uri` it is milvus-lite in a temporary folder.
        """
        saved = FaissStore.open(folder)
        store = cls(uri, collection, saved.dim, **settings)
        if store.count():
            raise HrlibError(
                f"collection {collection!r} has items already: give another name, or use copy_to to add to it"
            )
        copy_to(saved, store)
        return store

    def _upsert(self, ids: list[Id], vectors: np.ndarray, columns: dict[str, Values]) -> None:
        with self._lock:
            old = self._columns.known(columns)
            Table(0, {name: Column(kind, np.empty(0)) for name, kind in old.items()}).check(columns)
            kinds = old | {name: one.kind for name, one in columns.items() if old.get(name, "empty") == "empty"}
            made, sizes = rows(ids, vectors, columns, kinds)
            self._columns.declare(kinds)
            self._items.upsert(made, sizes)

    def _delete(self, ids: list[Id]) -> int:
        with self._lock:
            known = self._named(ids, ["id"])
            self._items.delete(list(known))
            return len(known)

    def _get(self, ids: list[Id]) -> tuple[np.ndarray, pd.DataFrame]:
        found = self._named(ids, ["vector", "metadata"])
        if unknown := [one for one in ids if encoded_id(one) not in found]:
            raise unknown_ids(unknown)
        items, columns = [found[encoded_id(one)] for one in ids], {}
        for name, kind in self._columns.read().items():
            values = np.array([*(item["metadata"].get(key(name)) for item in items), None], object)[:-1]
            columns[name] = Values(kind, values)
        vectors = np.array([item["vector"] for item in items], np.float32)
        return vectors.reshape(-1, self.dim), frame(columns, ids)

    def _named(self, ids: list[Id], fields: list[str]) -> dict[str, dict[str, Any]]:
        return self._items.named(list(dict.fromkeys(map(encoded_id, ids))), fields)

    def _search(self, queries: np.ndarray, k: int, where: Where | None) -> Hits:
        chosen = self._expression(where)
        if chosen is None or not k:
            return _nothing(queries)
        found = self._items.nearest(queries, min(k, RESULTS), chosen)
        if any(len(ids) < k for ids in found.ids):
            k = min(k, self._items.count(chosen))
        return self._with_scans(found, queries, [len(ids) < k for ids in found.ids], k, chosen)

    def _range_search(self, queries: np.ndarray, similarity: float, where: Where | None) -> Hits:
        chosen = self._expression(where)
        if chosen is None:
            return _nothing(queries)
        least = np.float32(np.clip(similarity, -2, 2))
        radius = float(np.nextafter(least, np.float32(-3)))  # Milvus gives what is above it, not what is on it
        found = self._items.nearest(queries, RESULTS, chosen, radius)
        return self._with_scans(found, queries, [len(ids) == RESULTS for ids in found.ids], None, chosen, least)

    def _with_scans(self, found: Hits, queries: np.ndarray, short: list[bool], k: int | None, *chosen: Any) -> Hits:
        """The hits, those of some of the queries found anew by a scan."""
        if any(short):
            again = self._items.scan(queries[short], k, *chosen)
            for place, ids, scores in zip(np.flatnonzero(short), again.ids, again.scores, strict=True):
                found.ids[place], found.scores[place] = ids, scores
        return found

    def _expression(self, where: Where | None) -> str | None:
        kinds = self._columns.known(where if isinstance(where, Mapping) else ())
        return expression(parse(where, kinds), kinds)


def _nothing(queries: np.ndarray) -> Hits:
    return Hits([[] for _ in queries], [np.empty(0, np.float32) for _ in queries])
