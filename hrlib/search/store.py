"""A store of vectors that changes while it is searched: the interface.

What a method promises stands here, once; `tests/search/conformance.py` holds every store to it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings
from hrlib.search.checks import Id, check_ids, check_queries, check_vectors
from hrlib.search.metadata import Values, as_columns
from hrlib.settings import whole_number

Metadata: TypeAlias = pd.DataFrame | Mapping[str, Sequence]
Where = Mapping[str, Any]


@dataclass(frozen=True)
class Hits:
    """The results of Q queries.

    Attributes:
        ids: for each query the ids that were found, best first; fewer than k where fewer match.
        scores: for each query their cosine similarities, (len(ids),) float32.
    """

    ids: list[list[Id]]
    scores: list[np.ndarray]

    def __len__(self) -> int:
        return len(self.ids)


class Store(ABC):
    """Items, each an id, a unit vector and some metadata, found by the vectors nearest to a query.

    Ids are strings or integers of 64 bits, and not mixed up: 1 and "1" are two items. Vectors are checked to be finite
    and of unit length, never normalised here; a similarity is an inner product of two, their cosine.
    Metadata are columns of text, integers, floats or booleans; a column has one type and any value may be missing.

    `where` chooses items by their metadata: {"season": "Summer"} is equal; {"season": ["Summer", "Fall"]} is one of;
    {"price": (0, 20)} is from..to with both ends, None for an open one; all keys must hold. A missing value matches
    nothing. A filter is exact: every item returned matches, and k are returned if k match.

    All methods raise an HrlibError for input that they cannot use; a store is then as it was before.
    """

    dim: int

    def upsert(self, ids: Sequence[Id], vectors: Embeddings, metadata: Metadata | None = None) -> None:
        """Put items in; one whose id is there already is replaced as a whole, its metadata too.

        Args:
            ids: N ids, none of them twice.
            vectors: (N, D) unit vectors.
            metadata: N values a column, a missing one None or NaN. A column that is new is missing for all items that
                were there before; one that is not given is missing for these items.
        """
        ids = check_ids(ids, unique=True)
        vectors = check_vectors(vectors, self.dim, "vectors")
        if len(vectors) != len(ids):
            raise HrlibError(f"got {len(ids)} ids and {len(vectors)} vectors: expected as many of each")
        columns = as_columns(metadata, len(ids))
        if ids:
            self._upsert(ids, vectors, columns)

    def delete(self, ids: Sequence[Id]) -> int:
        """Take items out; returns how many of the ids were there. A search that begins afterwards never finds them."""
        ids = check_ids(ids)
        return self._delete(ids) if ids else 0

    def search(self, vectors: Embeddings, k: int = 10, where: Where | None = None) -> Hits:
        """The k most similar items to each query among those that `where` chooses, best first.

        Args:
            vectors: (Q, D) unit vectors, or (D,) for one query.
            k: how many; all are given, where fewer match. 0 gives none.
        """
        k = whole_number("k", k, 0)
        return self._search(check_queries(vectors, self.dim), k, where)

    def range_search(self, vectors: Embeddings, similarity: float, where: Where | None = None) -> Hits:
        """All items with a cosine similarity of at least `similarity` to each query, best first."""
        if (
            isinstance(similarity, bool)
            or not isinstance(similarity, int | float | np.number)
            or similarity != similarity
        ):
            raise HrlibError(f"similarity is {similarity!r}: expected a number, the least cosine that is wanted")
        return self._range_search(check_queries(vectors, self.dim), float(similarity), where)

    def get(self, ids: Sequence[Id]) -> tuple[np.ndarray, pd.DataFrame]:
        """The vectors (N, D) float32 of items, and their metadata, in the order of `ids`.

        The table has the ids as its index and all of the store's columns: text as object (None is missing), integers as
        Int64, booleans as boolean, floats as float64. An id that is not there is an error that names it.
        """
        return self._get(check_ids(ids))

    @abstractmethod
    def ids(self) -> list[Id]:
        """The ids of all items."""

    @abstractmethod
    def count(self, where: Where | None = None) -> int:
        """How many items there are, or how many of them `where` chooses."""

    def __len__(self) -> int:
        return self.count()

    @abstractmethod
    def stats(self) -> dict[str, Any]:
        """JSON-able facts for people: "count", "dim", "index", "columns" (name to type), and what the store adds."""

    @abstractmethod
    def save(self, folder: str | Path) -> Path:
        """Write all items to a folder, so that a crash leaves what was saved there before or this; returns the folder."""

    @classmethod
    @abstractmethod
    def open(cls, folder: str | Path) -> Store:
        """The store that was saved in a folder; a file that is damaged or missing is an error that names it."""

    @abstractmethod
    def _upsert(self, ids: list[Id], vectors: np.ndarray, columns: dict[str, Values]) -> None: ...

    @abstractmethod
    def _delete(self, ids: list[Id]) -> int: ...

    @abstractmethod
    def _search(self, queries: np.ndarray, k: int, where: Where | None) -> Hits: ...

    @abstractmethod
    def _range_search(self, queries: np.ndarray, similarity: float, where: Where | None) -> Hits: ...

    @abstractmethod
    def _get(self, ids: list[Id]) -> tuple[np.ndarray, pd.DataFrame]: ...
