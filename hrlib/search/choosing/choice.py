"""What was chosen of the measured indexes: the table, the figure, the index itself, and a store that is searched by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, unit_vectors
from hrlib.search.choosing.candidates import FAMILIES, Candidate, build, links_of, lists_of
from hrlib.search.choosing.frontier import draw
from hrlib.search.choosing.limits import Limits, short
from hrlib.search.faiss_store import FaissStore

if TYPE_CHECKING:
    import plotly.graph_objects as go

LIVING = ("flat", "hnsw", "ivf-flat")  # families that a FaissStore can hold
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
        dim: D of the vectors.
        seed: of the k-means.
    """

    table: pd.DataFrame
    candidate: Candidate
    ruled_out: dict[str, str]
    sentence: str
    limits: Limits
    dim: int
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

    def store(self, **settings: int | None) -> FaissStore:
        """An empty store with the index and the search settings of the choice: vectors come and go while it is searched.

        Fewer vectors than are measured here it may scan: it builds an index once there are `delta` of them.

        Args:
            settings: more of `IndexSettings`, such as delta.

        Raises:
            HrlibError: the choice is of a family that a store cannot hold; it says which measured point is the best of those it can.
        """
        if self.candidate.kind not in LIVING:
            raise HrlibError(self._no_store())
        return FaissStore(self.dim, **(_as_store(self.candidate) | settings))

    def _no_store(self) -> str:
        living = self.table[self.table["family"].isin(LIVING)]
        best = living.loc[best_point(living, self.limits)]
        return (
            f"{self.candidate.name} ({FAMILIES[self.candidate.kind]}) is no index of a FaissStore, which holds exact vectors. Of what was "
            f"measured the best that it can hold is {' '.join([best['index'], best['search']]).strip()}: {short(best['qps'])} queries a "
            f"second, recall@{self.limits.k} {best['recall']:.3f}. To choose among those only: choose_index(..., families={LIVING})"
        )

    def __str__(self) -> str:
        return self.sentence


def best_point(table: pd.DataFrame, limits: Limits) -> int:
    """The index of the row that is the quickest to meet all limits (exact search where it is nearly as quick); else what comes nearest.

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


def _as_store(candidate: Candidate) -> dict[str, Any]:
    """Keyword arguments of FaissStore that make a candidate of `LIVING`."""
    if candidate.kind == "flat":
        return {"index": "exact"}
    if candidate.kind == "ivf-flat":
        return {"index": "ivf", "lists": lists_of(candidate), "probes": candidate.search["nprobe"]}
    construction, search = candidate.settings["efConstruction"], candidate.search["efSearch"]
    return {"index": "hnsw", "m": links_of(candidate), "ef_construction": construction, "ef_search": search}
