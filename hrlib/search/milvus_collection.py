"""A collection of Milvus, used within Milvus' limits: of results, of messages, and read at the consistency level Strong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from hrlib.errors import HrlibError
from hrlib.search.milvus_connection import Connection
from hrlib.search.milvus_rows import KEY_BYTES, MESSAGE, PAGE, RESULTS, decoded_id, messages
from hrlib.search.store import Hits

FLUSH = 2_000  # rows; milvus-lite reads those that it has not flushed anew for every query, some 40 times slower

Row = dict[str, Any]


class Collection:
    """Rows, each a primary key (a string), fields and a unit vector.

    Args:
        connection: where it is. name: the collection's. key: its primary field.
        dim: D, the dimensions of the vectors. search: parameters of the index's search.
    """

    def __init__(self, connection: Connection, name: str, key: str, dim: int, search: Mapping[str, Any] | None = None):
        self.client, self.name, self.key, self.dim, self._search = connection.client, name, key, dim, dict(search or {})
        self._lite, self._fresh = connection.lite, 0
        # a read beside a flush of milvus-lite misses what is being flushed, and finds what was deleted
        self._reading: AbstractContextManager = connection.lock if connection.lite else nullcontext()
        self.page = max(1, min(PAGE, MESSAGE // (4 * dim)))  # rows with their vectors that are read at once

    def create(self, fields: Mapping[str, str], index: Mapping[str, Any]) -> None:
        """Make the collection, its index and load it, as far as that is not done yet. fields: name to Milvus' type."""
        from pymilvus import DataType
        from pymilvus.exceptions import MilvusException

        if not self.client.has_collection(self.name):
            schema = self.client.create_schema(enable_dynamic_field=False)
            for name, kind in fields.items():
                length = {"max_length": KEY_BYTES} if kind == "VARCHAR" else {}
                schema.add_field(name, DataType[kind], is_primary=name == self.key, **length)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dim)
            self.client.create_collection(self.name, schema=schema, consistency_level="Strong")
        if not self.client.list_indexes(self.name):
            indexes = self.client.prepare_index_params()
            indexes.add_index("vector", index_name="vector", metric_type="IP", **index)
            # there are no items yet, so that nothing has to be waited for; pymilvus would sleep half a second
            try:
                self.client.create_index(self.name, indexes, sync=False)
            except MilvusException as error:
                raise HrlibError(f"index is {index!r}: Milvus does not take it ({error.message})") from error
        self.client.load_collection(self.name)

    def upsert(self, rows: Sequence[Row], sizes: Sequence[int]) -> None:
        """Put rows in; sizes: bytes of each, about."""
        for part in messages(rows, sizes):
            self.client.upsert(self.name, part)
        self._fresh += len(rows)
        if self._lite and self._fresh >= FLUSH:
            self.client.flush(self.name)
            self._fresh = 0

    def delete(self, keys: Sequence[str]) -> None:
        """Take rows out."""
        for start in range(0, len(keys), PAGE):
            self.client.delete(self.name, ids=list(keys[start : start + PAGE]))

    def count(self, chosen: str) -> int:
        """How many rows an expression chooses; "" is all of them."""
        return int(self._query(filter=chosen, output_fields=["count(*)"])[0]["count(*)"])

    def few(self, chosen: str, fields: list[str]) -> list[Row]:
        """The rows that an expression chooses, up to RESULTS."""
        return self._query(filter=chosen, output_fields=fields, limit=RESULTS)

    def named(self, keys: Sequence[str], fields: list[str]) -> dict[str, Row]:
        """The rows that are there of some keys."""
        found = {}
        for start in range(0, len(keys), self.page):
            rows = self._query(ids=list(keys[start : start + self.page]), output_fields=fields)
            found |= {row[self.key]: row for row in rows}
        return found

    def pages(self, chosen: str, fields: list[str]) -> Iterator[list[Row]]:
        """All rows that an expression chooses, in the order of their keys."""
        size = self.page if "vector" in fields else 4 * PAGE
        with self._reading:
            pages = self.client.query_iterator(self.name, size, filter=chosen, output_fields=fields)
            try:
                while page := pages.next():
                    yield page
            finally:
                pages.close()

    def nearest(self, queries: np.ndarray, k: int, chosen: str, radius: float | None = None) -> Hits:
        """What the index finds: k of up to RESULTS rows for each query; with a radius those with more than that similarity."""
        params, hits = dict(self._search) | ({} if radius is None else {"radius": radius}), Hits([], [])
        if "ef" in params:
            params["ef"] = max(params["ef"], k)  # Milvus refuses a smaller one
        step = max(1, min(20 * RESULTS // k, MESSAGE // (4 * self.dim)))
        for start in range(0, len(queries), step):
            with self._reading:
                results = self.client.search(
                    self.name,
                    list(queries[start : start + step]),
                    filter=chosen,
                    limit=k,
                    output_fields=[self.key],
                    search_params={"metric_type": "IP", "params": params},
                    consistency_level="Strong",
                )
            for found in results:
                hits.ids.append([decoded_id(hit[self.key]) for hit in found])
                hits.scores.append(np.array([hit["distance"] for hit in found], np.float32))
        return hits

    def scan(self, queries: np.ndarray, k: int | None, chosen: str, least: float = -np.inf) -> Hits:
        """The best k rows for each query (None: all) of at least a similarity, exactly, by reading all that are chosen."""
        best = [(np.empty(0, object), np.empty(0, np.float32)) for _ in queries]
        for page in self.pages(chosen, [self.key, "vector"]):
            ids = np.empty(len(page), object)
            ids[:] = [decoded_id(row[self.key]) for row in page]
            scores = queries @ np.array([row["vector"] for row in page], np.float32).T
            for query, near in enumerate(scores):
                joined = np.concatenate([best[query][1], near[near >= least]])
                order = np.argsort(-joined, kind="stable")[:k]
                best[query] = np.concatenate([best[query][0], ids[near >= least]])[order], joined[order]
        return Hits([ids.tolist() for ids, _ in best], [scores for _, scores in best])

    def _query(self, **what: Any) -> list[Row]:
        with self._reading:
            return self.client.query(self.name, consistency_level="Strong", **what)


def dimensions(connection: Connection, name: str, fields: Mapping[str, str]) -> int | None:
    """The dimensions of the vectors of a collection; None where there is none of the name, an error where its fields are others."""
    client = connection.client
    if not client.has_collection(name):
        return None
    there = {field["name"]: field["params"] for field in client.describe_collection(name)["fields"]}
    if set(there) != {*fields, "vector"}:
        raise HrlibError(
            f"collection {name!r} was not made by MilvusStore (its fields are {', '.join(there)}): give another name"
        )
    return int(there["vector"]["dim"])
