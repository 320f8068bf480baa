"""Measuring an index as ann-benchmarks does: one query at a time on one core, recall by distance."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import faiss
import numpy as np

TIE = 1e-6  # of a cosine: more than float32 rounds the k-th one by, less than what tells two photos apart
LEAST = 20  # queries measured whatever the time
PASSES = 5  # over the queries at most, as many as ann-benchmarks makes
BATCH = 100  # vectors of an update: added together, removed together
BATCHES = 5
REBUILD = 0.2  # share of an index that may be tombstones before it is built again, where it cannot remove


class Searched(Protocol):
    """What can be measured: faiss' indexes, and others made to look like them."""

    def search(self, queries: np.ndarray, k: int, /) -> tuple[np.ndarray, np.ndarray]: ...


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """faiss runs on one thread inside, and on as many as before after."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def kth_similarity(vectors: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """The similarity of each query's exact k-th neighbour, or of its last where there are fewer: (Q,) float64."""
    _, found = faiss.knn(queries, vectors, min(k, len(vectors)), metric=faiss.METRIC_INNER_PRODUCT)
    return similarities(found, vectors, queries).min(axis=1)


def similarities(found: np.ndarray, vectors: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Inner products in float64 of queries (Q, D) with the vectors at rows `found` (Q, k); -inf where a row is -1."""
    products = np.empty(found.shape)
    for start in range(0, len(queries), 256):  # k times as many vectors are gathered as there are queries in a part
        part = slice(start, start + 256)
        products[part] = np.einsum("qkd,qd->qk", vectors[found[part]], queries[part], dtype=np.float64)
    return np.where(found >= 0, products, -np.inf)


def recall(found: np.ndarray, kth: np.ndarray, vectors: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Recall by distance of each query, (Q,): the share of its rows `found` (Q, k) that are as near as the exact k-th neighbour.

    A row counts when its similarity, computed again from the vectors themselves, is at least `kth` (Q,) less `TIE`: of items equally near
    any will do, as in ann-benchmarks. Missing rows (-1) and rows returned twice do not count. The share is of min(k, N).
    """
    found = np.sort(found, axis=1)
    right = similarities(found, vectors, queries) >= kth[:, None] - TIE
    right[:, 1:] &= found[:, 1:] != found[:, :-1]
    return right.sum(axis=1) / min(found.shape[1], len(vectors))


def search_singly(index: Searched, queries: np.ndarray, k: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Search for one query after the other: rows (M, k) and seconds of each (M,), for the first M queries.

    All queries, unless `seconds` pass before; at least `LEAST` of them. While there is time they are searched again, up to `PASSES` times,
    and the quickest search of each query counts, so that other jobs on the machine disturb less. Latencies are of calls from Python.

    Args:
        index: a faiss index, or whatever else is searched as one.
    """
    singles = [queries[row : row + 1] for row in range(len(queries))]
    for single in singles[:3]:  # the first searches meet cold caches
        index.search(single, k)
    start, passes, found = time.perf_counter(), [], []
    for _ in range(PASSES):
        spent = []
        for single in singles[: len(found)] if passes else singles:
            before = time.perf_counter()
            _, rows = index.search(single, k)
            spent.append(time.perf_counter() - before)
            if not passes:
                found.append(rows[0])
                if len(found) >= LEAST and time.perf_counter() - start > seconds:
                    break
        passes.append(spent)
        if time.perf_counter() - start + min(map(sum, passes)) > seconds:
            break
    return np.array(found), np.min(passes, axis=0)


def size_in_bytes(index: faiss.Index) -> int:
    """The bytes that faiss writes for the index: codes, ids, links and tables. (In memory, lists that grow hold up to twice that.)"""
    size = 0

    def count(part: bytes) -> None:
        nonlocal size
        size += len(part)

    writer = faiss.PyCallbackIOWriter(count)
    faiss.write_index(index, writer)
    return size


def additions(index: faiss.Index, vectors: np.ndarray, seed: int = 0) -> float:
    """Vectors a second that `index` takes in batches of `BATCH`: copies of some of `vectors`, drawn at random, which stay in it."""
    drawn = vectors[np.random.default_rng(seed).integers(len(vectors), size=BATCHES * BATCH)]
    return _rate(index.add, np.split(drawn, BATCHES))


def removals(index: faiss.Index, seed: int = 0) -> float:
    """Vectors a second that `index` removes in batches of `BATCH`, drawn at random: they are gone after. NaN where it cannot."""
    count = min(BATCHES * BATCH, index.ntotal // 2)
    drawn = np.random.default_rng(seed).choice(index.ntotal, count, replace=False).astype(np.int64)
    drawn = np.sort(drawn)[::-1].copy()  # the last first: a flat index moves up what follows, and with it the ids
    try:
        return _rate(index.remove_ids, np.array_split(drawn, BATCHES))
    except RuntimeError as error:
        if "not implemented" not in str(error):
            raise
        return float("nan")


def sustained(adds: float, removes: float, build_seconds: float, n: int) -> float:
    """Updates a second (a vector removed, another added in its place) that an index can live with, doing nothing else.

    1 / (1 / adds + 1 / removes). An index that cannot remove (NaN) marks the old vector and is built again when `REBUILD` of its n vectors
    are marked: build_seconds / (REBUILD n) then stands for 1 / removes. Chosen here.
    """
    return 1 / (1 / adds + (build_seconds / (REBUILD * n) if np.isnan(removes) else 1 / removes))


def _rate(call: Callable, batches: list[np.ndarray]) -> float:
    """By the median of the batches: a pause of the machine in one of them does not count."""
    rates = []
    for batch in batches:
        start = time.perf_counter()
        call(batch)
        rates.append(len(batch) / (time.perf_counter() - start))
    return float(np.median(rates))
