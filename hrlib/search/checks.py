"""The checks that all stores share: of ids and of vectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import UNIT_TOLERANCE, Embeddings, unit_vectors
from hrlib.settings import whole_number

Id = str | int


def check_dim(dim: Any) -> int:
    """A number of dimensions, checked."""
    return whole_number("dim", dim, what="the number of dimensions of the vectors")


def check_ids(ids: Iterable[Id], unique: bool = False) -> list[Id]:
    """Ids as Python strings and integers; numpy's are taken too. With `unique`, none may be there twice."""
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        raise HrlibError(f"ids is {ids!r}: expected a sequence of ids; put a single one into a list")
    ids = ids.tolist() if isinstance(ids, np.ndarray | pd.Series | pd.Index) else list(ids)
    ids = [_id(value) for value in ids]
    if unique and len(set(ids)) < len(ids):
        seen: set[Id] = set()
        twice = dict.fromkeys(value for value in ids if value in seen or seen.add(value))  # type: ignore[func-returns-value]
        raise HrlibError(f"{len(twice)} ids are there more than once: {first(twice)}. Keep one row of each")
    return ids


def _id(value: Any) -> Id:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise HrlibError(
                f"id {value!r} is no valid text ({error.reason}): it cannot be saved; choose another"
            ) from None
        return str(value)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        if not -(2**63) <= value < 2**63:
            raise HrlibError(f"id {value} has more than 64 bits: give it as a string")
        return int(value)
    raise HrlibError(
        f"id {value!r} ({type(value).__name__}): expected strings or integers; convert it, e.g. with str()"
    )


def check_queries(vectors: Embeddings, dim: int) -> np.ndarray:
    """Queries (Q, D) float32; one query (D,) becomes (1, D)."""
    if not hasattr(vectors, "ndim"):
        vectors = np.asarray(vectors)
    return check_vectors(vectors[None] if vectors.ndim == 1 else vectors, dim, "queries")


def check_vectors(vectors: Embeddings, dim: int, name: str) -> np.ndarray:
    """Finite unit vectors (N, D) as a contiguous float32 array, N may be 0."""
    if type(vectors) is np.ndarray and vectors.dtype == np.float32 and vectors.ndim == 2 and vectors.shape[1] == dim:
        vectors = np.ascontiguousarray(vectors)
        # quick for a single query; what is not sure to be sound here (also a NaN) is looked at again below
        least = most = float(np.vdot(vectors, vectors)) if len(vectors) == 1 else 1.0
        if len(vectors) > 1:
            squares = np.einsum("nd,nd->n", vectors, vectors)
            least, most = squares.min(), squares.max()
        if least > 1 - UNIT_TOLERANCE and most < 1 + UNIT_TOLERANCE:
            return vectors
    elif len(vectors) == 0:
        return np.empty((0, dim), np.float32)
    x = unit_vectors(vectors, name).cpu().numpy()
    if x.shape[1] != dim:
        raise HrlibError(
            f"{name} have {x.shape[1]} dimensions and the store has {dim}: expected the same; use the model that the store was filled with"
        )
    return x


def unknown_ids(unknown: Sequence[Id]) -> HrlibError:
    """The error of ids that are not in the store."""
    return HrlibError(f"{len(unknown)} ids are not in the store: {first(unknown)}. Known ids: store.ids()")


def first(values: Iterable[Any], n: int = 5) -> str:
    """The first few of some values, for an error."""
    values = list(values)
    return ", ".join(map(repr, values[:n])) + (", ..." if len(values) > n else "")
