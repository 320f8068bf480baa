"""Choosing an index: candidates built and measured on one's own vectors, within a time limit, and one of them with its reason."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import faiss
import numpy as np
import pandas as pd

from hrlib import progress
from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, same_dimensions, unit_vectors
from hrlib.search import measure
from hrlib.search.candidates import Candidate, build, candidates
from hrlib.search.frontier import draw, frontier
from hrlib.search.limits import Limits
from hrlib.search.points import Trials
from hrlib.search.tries import Tries
from hrlib.search.words import sentence
from hrlib.settings import check

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST = 1_000  # queries; half of them tune, half are held out
SAMPLED = 12_000  # vectors from which on a sample goes first
EXACT_ENOUGH = 0.9  # of the quickest's speed: exact search as quick as that is taken


@dataclass(frozen=True)
class Choice:
    """What `choose_index` returns.

    Attributes:
        table: a row a measured operating point, the quickest first: family, index (faiss' description), search (its settings), recall, qps
            (queries a second), p50_us and p95_us (microseconds) of the held-out queries, and how many those were (queries); recall_tuning,
            recall_low (a standard error less) and qps_tuning of the others, by which it was chosen; build_seconds; bytes_per_vector and
            megabytes, as faiss writes it; adds_per_second, removals_per_second (NaN: it cannot) and updates_per_second (see
            `measure.sustained`); meets: whether it has the recall, the memory and the updates wanted; frontier; chosen.
        candidate: the choice, to build it by, with its search settings.
        ruled_out: what was not built, by name, and why.
        sentence: the choice and its reasons in plain words.
        limits: what was asked for.
        seed: of the k-means.
    """

    table: pd.DataFrame
    candidate: Candidate
    ruled_out: dict[str, str]
    sentence: str
    limits: Limits
    seed: int

    @property
    def row(self) -> pd.Series:
        """The table's row of the choice."""
        return self.table[self.table["chosen"]].iloc[0]

    @property
    def met(self) -> bool:
        """Whether the choice has all that was asked for; if not, it is the nearest, and the sentence says so."""
        return bool(self.row["meets"])

    def figure(self) -> go.Figure:
        """Recall against queries a second of every point, the frontier and the choice."""
        return draw(self.table, self.limits.target_recall, self.limits.k)

    def build(self, vectors: Embeddings) -> faiss.Index:
        """The chosen index over `vectors` (N, D) unit vectors, ready to be searched: their rows are the ids.

        On as many threads as faiss uses; lists and codes are trained anew on these vectors.
        """
        return build(self.candidate, unit_vectors(vectors, "vectors").cpu().numpy(), seed=self.seed)

    def __str__(self) -> str:
        return self.sentence


def choose_index(
    vectors: Embeddings,
    queries: Embeddings,
    target_recall: float = 0.95,
    *,
    memory: int | None = None,
    updates_per_second: float = 0,
    seconds: float = 120,
    k: int = 10,
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
        seed: of samples and of k-means.

    Raises:
        HrlibError: bad vectors or queries, different dimensions, a setting of another type or out of its range.
    """
    limits = Limits(target_recall, memory, updates_per_second, k)
    check("choose_index", {"seconds": float, "seed": int}, {"seconds": seconds, "seed": seed})
    if not 0 < seconds < float("inf") or seed < 0:
        raise HrlibError(f"seconds {seconds!r}, seed {seed!r}: expected a time above 0 and a seed of 0 or more")
    x, q = unit_vectors(vectors, "vectors", "cpu"), unit_vectors(queries, "queries", "cpu")
    x, q = same_dimensions(q, x).numpy(), q.numpy()
    rng, start = np.random.default_rng(seed), time.perf_counter()
    first, *others = candidates(*x.shape)
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
    row = _best(table, tries.limits)
    candidate = replace(tries.built[row], search=table.at[row, "search"])
    table["search"] = [" ".join(f"{key}={value}" for key, value in search.items()) for search in table["search"]]
    table["frontier"] = frontier(table["recall"], table["qps"])
    table["chosen"] = table.index == row
    families = {each.name: each.kind for each in candidates(*tries.trials.vectors.shape)}
    said = sentence(table, tries.ruled_out, families, tries.limits)
    table = table.sort_values("qps", ascending=False, ignore_index=True)
    return Choice(table, candidate, tries.ruled_out, said, tries.limits, tries.seed)


def _best(table: pd.DataFrame, limits: Limits) -> int:
    """The quickest that meets all limits (exact search where it is nearly as quick); else what comes nearest to them.

    Nearest: least above the memory and below the updates, by the worse of the two ratios; of those, the one with the most recall.
    """
    meets = table[table["meets"]]
    if len(meets):
        best = meets["qps_tuning"].idxmax()
        exact = meets[meets["family"] == "flat"]
        enough = len(exact) and exact["qps_tuning"].iloc[0] >= EXACT_ENOUGH * meets["qps_tuning"].max()
        return exact.index[0] if enough else best
    short = limits.shortfall(table["megabytes"], table["updates_per_second"])
    nearest = table[short == short.min()]
    recall = np.minimum(nearest["recall_low"], limits.target_recall)  # above the target, quicker is better
    return nearest.assign(recall_low=recall).sort_values(["recall_low", "qps_tuning"]).index[-1]
