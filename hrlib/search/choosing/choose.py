"""Choosing an index: candidates built and measured on one's own vectors, within a time limit, and one of them with its reason."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from hrlib import progress
from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, same_dimensions, unit_vectors
from hrlib.search.choosing import measure
from hrlib.search.choosing.candidates import candidates
from hrlib.search.choosing.choice import Choice, best_point
from hrlib.search.choosing.frontier import frontier
from hrlib.search.choosing.limits import Limits
from hrlib.search.choosing.points import Trials
from hrlib.search.choosing.tries import Tries
from hrlib.search.choosing.words import sentence
from hrlib.settings import check

MOST = 1_000  # queries; half of them tune, half are held out
SAMPLED = 12_000  # vectors from which on a sample goes first


def choose_index(
    vectors: Embeddings,
    queries: Embeddings,
    target_recall: float = 0.95,
    *,
    memory: int | None = None,
    updates_per_second: float = 0,
    seconds: float = 120,
    k: int = 10,
    families: Sequence[str] | None = None,
    seed: int = 0,
) -> Choice:
    """The quickest index that finds enough of the k nearest of `queries` among `vectors`, measured on this machine.

    As ann-benchmarks measures: one query at a time on one core, recall by distance. Exact search is always measured; further candidates
    (`candidates.candidates`) are built as long as there is time, after a sample of the vectors has shown which are worth it. Operating
    points are chosen by one half of the queries (at most 1,000 are used), where recall less its standard error must reach the target, and
    reported by the other half.

    Recall and sizes are the same for the same seed, unless time cuts the queries short; what is chosen follows the times.

    Args:
        vectors: (N, D) unit vectors to be searched, N at least 1.
        queries: (Q, D) unit vectors such as will be asked for; not themselves among `vectors`, or each finds itself.
        target_recall: recall@k wanted, above 0 and at most 1.
        memory: bytes that the index may take, as faiss writes it; None: any.
        updates_per_second: of vectors replaced, that it must stand (`measure.sustained`).
        seconds: time limit. Begun steps are ended: exact search of the queries, and the index that is being built.
        k: neighbours a query; of fewer vectors, all.
        families: of `candidates.FAMILIES`, that are tried beside exact search; None: all. For a store that changes while it is searched, so
            that `Choice.store` can make it: ("flat", "hnsw", "ivf-flat").
        seed: of samples and of k-means.

    Raises:
        HrlibError: bad vectors or queries, different dimensions, a setting of another type or out of its range.
    """
    families = tuple(families) if isinstance(families, list | set) else families
    limits = Limits(target_recall, memory, updates_per_second, k, families)  # type: ignore[arg-type]  # it checks
    check("choose_index", {"seconds": float, "seed": int}, {"seconds": seconds, "seed": seed})
    if not 0 < seconds < float("inf") or seed < 0:
        raise HrlibError(f"seconds {seconds!r}, seed {seed!r}: expected a time above 0 and a seed of 0 or more")
    x, q = unit_vectors(vectors, "vectors", "cpu"), unit_vectors(queries, "queries", "cpu")
    x, q = same_dimensions(q, x).numpy(), q.numpy()
    rng, start = np.random.default_rng(seed), time.perf_counter()
    first, *others = candidates(len(x), x.shape[1], limits.families)
    sampled = len(x) >= SAMPLED
    with measure.one_core(), progress.bar(total=1 + (1 + sampled) * len(others), desc="choose", unit="index") as bar:
        tries = Tries(_trials(x, q, limits, start, seconds, rng), limits, seed, bar)
        tries.build(first)
        if sampled:
            tries.rehearse(others, rng)
        else:
            tries.expect(others)
        tries.build_promising()
    return _choice(tries)


def _trials(
    x: np.ndarray, q: np.ndarray, limits: Limits, start: float, seconds: float, rng: np.random.Generator
) -> Trials:
    """As many queries, in random order, as exact search answers in a tenth of the time, at least `measure.LEAST` where there are."""
    q = q[rng.permutation(len(q))[:MOST]]
    times = []
    for _ in range(3):  # the first is slow
        before = time.perf_counter()
        measure.kth_similarity(x, q[:1], limits.k)
        times.append(time.perf_counter() - before)
    q = q[: int(np.clip(0.1 * seconds / min(times), measure.LEAST, MOST))]
    kth = measure.kth_similarity(x, q, limits.k)
    return Trials(x, q, kth, min(limits.k, len(x)), limits.target_recall, seconds / 60, start + seconds)


def _choice(tries: Tries) -> Choice:
    table = pd.DataFrame(tries.rows)
    row = best_point(table, tries.limits)
    candidate = replace(tries.built[row], search=table.at[row, "search"])
    table["search"] = [" ".join(f"{key}={value}" for key, value in search.items()) for search in table["search"]]
    table["frontier"] = frontier(table["recall"], table["qps"])
    table["chosen"] = table.index == row
    count, dim = tries.trials.vectors.shape
    families = {each.name: each.kind for each in candidates(count, dim, tries.limits.families)}
    said = sentence(table, tries.ruled_out, families, tries.limits)
    table = table.sort_values("qps", ascending=False, ignore_index=True)
    return Choice(table, candidate, tries.ruled_out, said, tries.limits, dim, tries.seed)
