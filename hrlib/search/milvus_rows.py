"""Items as rows of a Milvus collection: encoded, checked against what Milvus holds, and divided into messages."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from hrlib.errors import HrlibError
from hrlib.search.checks import Id
from hrlib.search.metadata import Values
from hrlib.search.milvus_filter import key

RESULTS = 16_384  # what a search or a query of Milvus gives at most
KEY_BYTES = 4_096  # of an encoded id or name of a column: chosen here, so that RESULTS of them fit into a message
JSON_BYTES = 65_536  # of a JSON field: Milvus' limit
MESSAGE = 16 << 20  # bytes of a message, about: Milvus takes 64 MB and gives 100 MB
PAGE = 1_000  # items that are read at once, at most: of JSON_BYTES each they fit into what Milvus gives


def encoded_id(one: Id) -> str:
    """An id as primary key: its type and its percent-encoding, ASCII without quotes, which no expression can break on."""
    return f"{'s' if isinstance(one, str) else 'i'}{quote(str(one), safe='')}"


def decoded_id(encoded: str) -> Id:
    """What `encoded_id` was given."""
    value = unquote(encoded[1:])
    return value if encoded[0] == "s" else int(value)


def check_key(encoded: str, what: str) -> str:
    """An encoded id or name, refused where it is too long."""
    if len(encoded) > KEY_BYTES:
        raise HrlibError(
            f"{what} {encoded[:40]}... has {len(encoded)} bytes in percent-encoding: MilvusStore takes {KEY_BYTES}; give a shorter one"
        )
    return encoded


def rows(
    ids: Sequence[Id], vectors: np.ndarray, columns: Mapping[str, Values], kinds: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[int]]:
    """The rows of items, and about how many bytes each has in a message.

    Args:
        ids: N ids. vectors: (N, D). columns: their metadata, N values each. kinds: the types that the columns have in the store.

    Raises:
        HrlibError: an id or an item's metadata that Milvus cannot hold.
    """
    items: list[dict[str, Any]] = [{} for _ in ids]
    for name, column in columns.items():
        at = check_key(key(name), "metadata: column")
        for item, value in zip(items, column.values, strict=True):
            if value is not None:
                item[at] = _kept(name, value, kinds[name])
    made, sizes = [], []
    for one, vector, item in zip(ids, vectors, items, strict=True):
        length = len(json.dumps(item, ensure_ascii=False).encode())
        if length > JSON_BYTES:
            raise HrlibError(f"metadata of item {one!r} have {length} bytes as JSON: Milvus holds {JSON_BYTES} an item")
        made.append({"id": check_key(encoded_id(one), "id"), "vector": vector, "metadata": item})
        sizes.append(vector.nbytes + length + len(made[-1]["id"]))
    return made, sizes


def _kept(name: str, value: Any, kind: str) -> Any:
    value = {"integer": int, "float": float}.get(kind, lambda same: same)(value)
    if kind == "float" and math.isinf(value):
        raise HrlibError(
            f"metadata: column {name!r}: {value!r} cannot be kept in Milvus (JSON has no infinity); leave it out (None)"
        )
    return value


def messages(items: Sequence[Any], sizes: Iterable[int]) -> Iterator[Sequence[Any]]:
    """Items in order, in parts of up to PAGE and, but for a single one that is larger, MESSAGE bytes."""
    start, total = 0, 0
    for place, size in enumerate(sizes):
        if place > start and (place - start == PAGE or total + size > MESSAGE):
            yield items[start:place]
            start, total = place, 0
        total += size
    if start < len(items):
        yield items[start:]
