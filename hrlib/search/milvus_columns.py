"""The types of a Milvus collection's metadata, kept in a second collection: all who write to the first one agree on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from hrlib.search.milvus_collection import Collection
from hrlib.search.milvus_connection import Connection
from hrlib.search.milvus_filter import key

FIELDS = {"name": "VARCHAR", "kind": "VARCHAR", "place": "INT64"}  # beside a vector, which Milvus wants


class Columns:
    """The collection of that name, made where it is not there: a row a column of the metadata, with its type and its place."""

    def __init__(self, connection: Connection, name: str):
        self._rows = Collection(connection, name, "name", 2)
        self._rows.create(FIELDS, {"index_type": "FLAT"})
        self._kinds = self.read()

    def read(self) -> dict[str, str]:
        """The types of all columns, as Milvus has them now, in their places."""
        found = sorted(self._rows.few("place >= 0", list(FIELDS)), key=lambda one: (one["place"], one["name"]))
        return {unquote(one["name"]): one["kind"] for one in found}

    def known(self, names: Iterable[str] = ()) -> dict[str, str]:
        """The types of all columns; asked for where one of `names` has none that is known here: others may have given it one."""
        if any(self._kinds.get(name, "empty") == "empty" for name in names):
            self._kinds = self.read()
        return self._kinds

    def declare(self, kinds: Mapping[str, str]) -> None:
        """Write the types, of all columns in their places, that are others than those known."""
        changed: list[dict[str, Any]] = [
            {"name": key(name), "kind": kind, "place": place, "vector": [1.0, 0.0]}
            for place, (name, kind) in enumerate(kinds.items())
            if self._kinds.get(name) != kind
        ]
        self._rows.upsert(changed, [len(one["name"]) for one in changed])
        self._kinds = dict(kinds)
