"""Operating points of a built index: where on the way from quick to exact its search settings put it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import faiss
import numpy as np

from hrlib.search.choosing.candidates import FACTORS, Candidate, ladder, set_parameters
from hrlib.search.choosing.measure import kth_similarity, recall, search_singly

ENOUGH = 0.99  # recall; above the target and this, no more time is spent
GAIN = 0.002  # of recall by twice the effort; with less, more effort does not help
HALVINGS = 3  # steps between the last point below the target and the first that reaches it


@dataclass
class Trials:
    """What every measurement shares.

    Queries at even places tune: by them a point is judged. Those at odd places are held out: of them it is reported. A single query does both.

    Attributes:
        vectors: (N, D); queries: (Q, D); kth: (Q,) from `kth_similarity`; k: neighbours wanted.
        target: recall wanted.
        seconds: for one point.
        deadline: of `time.perf_counter()`; after it no further point is measured.
        slowest: seconds a query, exact search's; slower points are the last of their kind that is measured.
        fine: whether the crossing of the target is closed in on.
    """

    vectors: np.ndarray
    queries: np.ndarray
    kth: np.ndarray
    k: int
    target: float
    seconds: float
    deadline: float
    slowest: float = math.inf
    fine: bool = True

    def on(self, vectors: np.ndarray, seconds: float) -> Trials:
        """The same in a sample of the vectors: coarse, and with other exact neighbours."""
        kth = kth_similarity(vectors, self.queries, self.k)
        return replace(self, vectors=vectors, kth=kth, seconds=seconds, slowest=math.inf, fine=False)

    def measure(self, index: faiss.Index, search: dict[str, int]) -> dict:
        """One operating point, as a row of the table."""
        set_parameters(index, search)
        found, spent = search_singly(index, self.queries, self.k, self.seconds)
        first = slice(len(found))
        hits = recall(found, self.kth[first], self.vectors, self.queries[first])
        tuning, held_out = slice(0, None, 2), slice(1, None, 2) if len(found) > 1 else slice(None)
        error = hits[tuning].std() / math.sqrt(len(hits[tuning]))
        return {
            "search": search,
            "recall_tuning": hits[tuning].mean(),
            "recall_low": hits[tuning].mean() - error,
            "qps_tuning": 1 / spent[tuning].mean(),
            "recall": hits[held_out].mean(),
            "qps": 1 / spent[held_out].mean(),
            "p50_us": 1e6 * np.median(spent[held_out]),
            "p95_us": 1e6 * np.quantile(spent[held_out], 0.95),
            "queries": len(hits[held_out]),
        }

    def over(self) -> bool:
        return time.perf_counter() > self.deadline


def operating_points(candidate: Candidate, index: faiss.Index, trials: Trials) -> list[dict]:
    """Rows of `Trials.measure`, at least one: effort doubled until recall is `ENOUGH` or gains nothing, for each number ranked again.

    As faiss' ParameterSpace explores, but on one core, query by query, and closing in on the target. The numbers ranked again end when a
    larger one reaches the target no sooner.
    """
    if (effort := candidate.effort) is None:
        return [trials.measure(index, {})]
    rows, quickest = [], 0.0
    for factor in FACTORS if candidate.reranks else (None,):
        fixed = {} if factor is None else {"k_factor_rf": factor}
        steps = ladder(candidate, len(trials.vectors), trials.k * (factor or 1))
        climbed = _climb(index, effort, fixed, steps, trials)
        rows += climbed
        reached = max((row["qps_tuning"] for row in climbed if row["recall_low"] >= trials.target), default=0.0)
        if trials.over() or 0 < reached < quickest:
            break
        quickest = max(quickest, reached)
    return rows


def _climb(index: faiss.Index, effort: str, fixed: dict[str, int], steps: list[int], trials: Trials) -> list[dict]:
    rows, below = [], None
    for number, step in enumerate(steps):
        rows.append(row := trials.measure(index, {effort: step, **fixed}))
        if row["recall_low"] < trials.target:
            gain = math.inf if below is None else row["recall_tuning"] - below["recall_tuning"]
            below = row
            if gain < GAIN and row["recall_tuning"] > 0:
                break
        elif number and below is rows[-2]:
            rows += _close_in(index, effort, steps[number - 1], step, fixed, trials)
        enough = row["recall_low"] >= trials.target and row["recall_tuning"] >= ENOUGH
        if enough or trials.over() or 1 / row["qps_tuning"] > trials.slowest:
            break
    return rows


def _close_in(
    index: faiss.Index, effort: str, low: int, high: int, fixed: dict[str, int], trials: Trials
) -> list[dict]:
    """Points between `low`, below the target, and `high`, which reaches it."""
    rows = []
    for _ in range(HALVINGS if trials.fine else 0):
        middle = round(math.sqrt(low * high))
        if trials.over() or not low < middle < high:
            break
        rows.append(row := trials.measure(index, {effort: middle, **fixed}))
        low, high = (low, middle) if row["recall_low"] >= trials.target else (middle, high)
    return rows
