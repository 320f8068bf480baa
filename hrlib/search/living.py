"""Measuring a store in use: updates and searches in turns, and filters that leave many items or few."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, same_dimensions, unit_vectors
from hrlib.search.choosing.measure import kth_similarity, one_core, recall
from hrlib.search.store import Hits, Store
from hrlib.settings import whole_number

COLUMN = "rank"  # the metadata that filters choose by


def traffic(
    store: Store,
    vectors: Embeddings,
    queries: Embeddings,
    *,
    rounds: int = 10,
    changed: int = 100,
    k: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Fill an empty store and change it round after round; after each change all queries are asked, one by one, and checked.

    In a round `changed` vectors come, half of them as new items, half in the place of what items had before, and half as many items
    go: the store stays as large as it was. A row a round: items, upserts_per_second and deletes_per_second (an item of a batch),
    p50_us and p95_us (microseconds a search), recall (by distance, against exact search of what is there), and wrong: how many results
    are items that are not there any more, or were returned twice.

    Args:
        vectors: (N, D) unit vectors; all but the last rounds x changed are there at the beginning.
        queries: (Q, D) unit vectors.
        changed: a round, an even number of 2 or more.
    """
    x, q = _checked(store, vectors, queries, k)
    start = len(x) - rounds * changed
    if changed < 2 or changed % 2 or rounds < 1 or start < changed + k:
        raise HrlibError(
            f"{len(x)} vectors, rounds={rounds}, changed={changed}: expected an even number of changes, 1 round or more, and vectors "
            f"enough that {changed + k} or more are there before the first"
        )
    rng, half, rows = np.random.default_rng(seed), changed // 2, []
    row_of = np.full(len(x), -1)  # the row of `vectors` that each item has; -1: it is not there
    row_of[:start] = np.arange(start)
    store.upsert(range(start), x[:start])
    _settle(store)
    for first in range(start, len(x), changed):
        living = np.flatnonzero(row_of >= 0)
        gone, replaced = np.split(rng.choice(living, changed, replace=False), 2)
        came = np.arange(first, first + changed)
        ids = np.concatenate([came[:half], replaced])
        before = time.perf_counter()
        store.upsert(ids.tolist(), x[came])
        between = time.perf_counter()
        store.delete(gone.tolist())
        after = time.perf_counter()
        row_of[ids], row_of[gone] = came, -1
        found, spent = _ask(store, q, k, None)
        there = row_of[found]
        there[found < 0] = -1
        kth = kth_similarity(x[row_of[row_of >= 0]], q, k)
        rows.append(
            {
                "items": store.count(),
                "upserts_per_second": changed / (between - before),
                "deletes_per_second": half / (after - between),
                **_times(spent),
                "recall": recall(there, kth, x, q).mean(),
                "wrong": int(((found >= 0) & (there < 0)).sum()) + _twice(found),
            }
        )
    return pd.DataFrame(rows, index=pd.RangeIndex(1, rounds + 1, name="round"))


def filtered(
    store: Store,
    vectors: Embeddings,
    queries: Embeddings,
    shares: Sequence[float] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    *,
    k: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Fill an empty store and search it with filters that choose shares of the items at random.

    A row a share: matches, p50_us and p95_us (microseconds a search), brute_us (the median of numpy's: all similarities, what the
    filter leaves, the k best), recall (by distance, against exact search of what matches), and wrong: how many results do not match,
    or are missing though enough match, or were returned twice.

    Args:
        vectors: (N, D) unit vectors, all put into the store. queries: (Q, D) unit vectors.
        shares: above 0 and at most 1; at least one item is chosen.
    """
    x, q = _checked(store, vectors, queries, k)
    if not shares or not all(0 < share <= 1 for share in shares):
        raise HrlibError(f"shares are {shares!r}: expected one or more, each above 0 and at most 1")
    rank = np.random.default_rng(seed).permutation(len(x))
    store.upsert(range(len(x)), x, {COLUMN: rank})
    _settle(store)
    rows = []
    for share in shares:
        matches = max(1, round(share * len(x)))
        found, spent = _ask(store, q, k, {COLUMN: (0, matches - 1)})
        brute, kth = [], kth_similarity(x[rank < matches], q, k)
        for query in q:
            before = time.perf_counter()
            _brute(x, query, rank, matches, k)
            brute.append(time.perf_counter() - before)
        wanted = min(k, matches)
        right = np.where((found >= 0) & (rank[found] < matches), found, -1)
        hits = recall(right, kth, x, q) * min(k, len(x)) / wanted  # a share of those that match
        missing = (wanted - (found >= 0).sum(axis=1)).clip(0).sum()
        wrong = int((found >= 0).sum() - (right >= 0).sum() + missing)
        rows.append(
            {
                "share": share,
                "matches": matches,
                **_times(spent),
                "brute_us": 1e6 * np.median(brute),
                "recall": hits.mean(),
                "wrong": wrong + _twice(found),
            }
        )
    return pd.DataFrame(rows)


def _checked(store: Store, vectors: Embeddings, queries: Embeddings, k: int) -> tuple[np.ndarray, np.ndarray]:
    x, q = unit_vectors(vectors, "vectors", "cpu"), unit_vectors(queries, "queries", "cpu")
    whole_number("k", k)
    if store.count():
        raise HrlibError(f"the store has {store.count()} items: expected an empty one, which is filled here")
    return same_dimensions(q, x).numpy(), q.numpy()


def _settle(store: Store) -> None:
    """Wait for an index that is built in the background, where the store has such."""
    if hasattr(store, "wait"):
        store.wait()


def _ask(store: Store, queries: np.ndarray, k: int, where: dict | None) -> tuple[np.ndarray, list[float]]:
    """Ids (Q, k), -1 where fewer were found, and the seconds of each query."""
    found, spent = np.full((len(queries), k), -1), []
    with one_core():
        for number, query in enumerate(queries):
            before = time.perf_counter()
            hits: Hits = store.search(query, k, where)
            spent.append(time.perf_counter() - before)
            found[number, : len(hits.ids[0])] = hits.ids[0]
    return found, spent


def _brute(x: np.ndarray, query: np.ndarray, rank: np.ndarray, matches: int, k: int) -> np.ndarray:
    scores = np.where(rank < matches, x @ query, -np.inf)
    best = np.argpartition(-scores, min(k, len(x)) - 1)[:k]
    return best[np.argsort(-scores[best])][:matches]


def _times(spent: list[float]) -> dict[str, float]:
    return {"p50_us": 1e6 * np.median(spent), "p95_us": 1e6 * np.quantile(spent, 0.95)}


def _twice(found: np.ndarray) -> int:
    ordered = np.sort(found, axis=1)
    return int(((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).sum())
