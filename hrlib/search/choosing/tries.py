"""Which candidates are worth building: tried on a sample first, then whole, the most promising first, while there is time."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import faiss
import numpy as np

from hrlib.search.choosing.candidates import Candidate, build, candidates, kmeans, shared_lists
from hrlib.search.choosing.limits import Limits, short
from hrlib.search.choosing.measure import additions, removals, size_in_bytes, sustained
from hrlib.search.choosing.points import Trials, operating_points
from hrlib.search.choosing.scale import growth

SAMPLE = 4_000, 20_000  # vectors at least and at most; a tenth between
REHEARSAL = 0.25  # of the time, for the sample
HOPELESS = 3.0  # times the best candidate's expected time a query
Centroids = dict[int, tuple[np.ndarray, float]]  # by their number, with the seconds that they took
ROOM = 1.1  # an index expected to be this much over a limit is not built; what a sample says of sizes and updates is not exact


@dataclass
class Expected:
    """What a sample says of a candidate, carried over to all vectors; NaN where nothing is known: then it is tried."""

    candidate: Candidate
    reaches: bool = True  # the target
    recall: float = math.nan
    query_seconds: float = math.nan
    build_seconds: float = math.nan
    megabytes: float = math.nan
    updates: float = math.nan


@dataclass
class Tries:
    """Rows of measured points, the candidate of each (`built`), and why others were left out."""

    trials: Trials
    limits: Limits
    seed: int
    bar: Any
    rows: list[dict] = field(default_factory=list)
    built: list[Candidate] = field(default_factory=list)
    ruled_out: dict[str, str] = field(default_factory=dict)
    expected: list[Expected] = field(default_factory=list)
    centroids: Centroids = field(default_factory=dict)

    def build(self, candidate: Candidate) -> None:
        """Build and measure a candidate on all vectors."""
        self.bar.set_postfix_str(candidate.name)
        index, about = _built(candidate, self.trials.vectors, self.seed, self.centroids)
        for point in operating_points(candidate, index, self.trials):
            self.rows.append({"family": candidate.kind, "index": candidate.name, **point, **about})
            self.built.append(candidate)
        rates = _update_rates(index, self.trials.vectors, self.seed, about["build_seconds"])
        for row in self.rows:
            if row["index"] == candidate.name:
                row |= rates
                short = self.limits.shortfall(row["megabytes"], row["updates_per_second"])
                row["meets"] = bool(row["recall_low"] >= self.limits.target_recall and short <= 1)
        if candidate.kind == "flat":
            self.trials.slowest = 1 / self.rows[-1]["qps_tuning"]
        self.bar.update()

    def expect(self, others: list[Candidate]) -> None:
        """Without a sample: everything is tried, in the order given."""
        self.expected = [Expected(candidate) for candidate in others]

    def rehearse(self, others: list[Candidate], rng: np.random.Generator) -> None:
        """Build and measure what suits a sample of the vectors, and set what that says of all of them."""
        vectors, left = self.trials.vectors, self.trials.deadline - time.perf_counter()
        n, d = vectors.shape
        size = int(np.clip(n // 10, *SAMPLE))
        sample = vectors[np.sort(rng.choice(n, size, replace=False))]
        trials, shared = self.trials.on(sample, left / 400), {}
        until = time.perf_counter() + REHEARSAL * left
        for candidate, smaller in zip(others, candidates(size, d, self.limits.families)[1:], strict=True):
            if time.perf_counter() > until:
                self.ruled_out[candidate.name] = "there was no time left to try it, even on a sample"
                self.bar.update(2)
                continue
            self.bar.set_postfix_str(f"{smaller.name} on a sample")
            index, about = _built(smaller, sample, self.seed, shared)
            points = operating_points(smaller, index, trials)
            rates = _update_rates(index, sample, self.seed, about["build_seconds"])
            self.expected.append(_carried_over(candidate, points, about, rates, self.limits, size, n))
            self.bar.update()
        self.expected.sort(key=lambda e: (max(e.megabytes / self._room(), 1.0), not e.reaches, e.query_seconds))

    def build_promising(self) -> None:
        """Build what is expected to be worth it, the most promising first."""
        for expected in self.expected:
            if reason := self._against(expected):
                self.ruled_out[expected.candidate.name] = reason
                self.bar.update()
            else:
                self.build(expected.candidate)

    def _against(self, e: Expected) -> str | None:
        left, met = self.trials.deadline - time.perf_counter(), any(row["meets"] for row in self.rows)
        best = min((other.query_seconds for other in self.expected if other.reaches), default=math.nan)
        if left <= 0:
            return "there was no time left to build it"
        if e.build_seconds > left:
            return f"building it would take about {short(e.build_seconds)} s of the {short(left)} s left"
        if e.megabytes > ROOM * self._room() and any(row["megabytes"] <= e.megabytes for row in self.rows):
            return f"it would take about {short(e.megabytes)} MB"
        if ROOM * e.updates < self.limits.updates_per_second:
            return f"it stood {short(e.updates)} updates a second on a sample"
        if met and not e.reaches:
            return f"its recall was {e.recall:.3f} at most on a sample"
        if met and e.query_seconds > HOPELESS * best:
            return f"by a sample it would be {short(e.query_seconds / best)} times slower than the quickest"
        return None

    def _room(self) -> float:
        return (self.limits.memory or math.inf) / 1e6


def _carried_over(
    candidate: Candidate, points: list[dict], about: dict, rates: dict, limits: Limits, size: int, n: int
) -> Expected:
    """From a sample of `size` vectors to all n, by the laws of `scale.growth`."""
    query, building = growth(candidate.effort, size, n)
    best = max(point["recall_tuning"] for point in points)
    reaching = [point for point in points if point["recall_tuning"] >= min(best, limits.target_recall)]
    seconds = about["build_seconds"] * building
    return Expected(
        candidate,
        reaches=best >= limits.target_recall,
        recall=best,
        query_seconds=query / max(point["qps_tuning"] for point in reaching),
        build_seconds=seconds,
        megabytes=about["megabytes"] * n / size,
        updates=sustained(rates["adds_per_second"], rates["removals_per_second"], seconds, n),
    )


def _built(candidate: Candidate, vectors: np.ndarray, seed: int, shared: Centroids) -> tuple[faiss.Index, dict]:
    """The index, its size, and how long it took with its k-means, which is run once for all candidates that need the same."""
    centroids, seconds = None, 0.0
    if lists := shared_lists(candidate):
        if lists not in shared:
            start = time.perf_counter()
            made = kmeans(vectors, lists, seed)
            shared[lists] = made, time.perf_counter() - start
        centroids, seconds = shared[lists]
    start = time.perf_counter()
    index = build(candidate, vectors, seed=seed, centroids=centroids)
    seconds += time.perf_counter() - start
    size = size_in_bytes(index)
    return index, {"build_seconds": seconds, "bytes_per_vector": size / len(vectors), "megabytes": size / 1e6}


def _update_rates(index: faiss.Index, vectors: np.ndarray, seed: int, build_seconds: float) -> dict:
    """Measured last: `index` is changed by it."""
    adds, removes = additions(index, vectors, seed), removals(index, seed)
    updates = sustained(adds, removes, build_seconds, len(vectors))
    return {"adds_per_second": adds, "removals_per_second": removes, "updates_per_second": updates}
