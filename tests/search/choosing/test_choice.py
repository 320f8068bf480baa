"""From a choice to a store: the same settings, or an error that says what a store could have."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hrlib.errors import HrlibError
from hrlib.search import Candidate, Choice
from hrlib.search.choosing.candidates import build
from hrlib.search.choosing.choice import best_point
from hrlib.search.choosing.limits import Limits
from hrlib.search.choosing.measure import kth_similarity, recall

POINTS = {  # what each is, and the queries a second that it is said to have
    Candidate("ivf-pq", "IVF16,PQ8x4fsr,RFlat", {}, {"nprobe": 2, "k_factor_rf": 4}).name: 9000.0,
    "HNSW16,Flat efConstruction=100": 7000.0,
    "IVF16,Flat": 3000.0,
    "Flat": 100.0,
}
LIVING = {
    "flat": (Candidate("flat", "Flat"), {"index": "exact"}),
    "hnsw": (
        Candidate("hnsw", "HNSW16,Flat", {"efConstruction": 70}, {"efSearch": 33}),
        {"index": "hnsw", "m": 16, "ef_construction": 70, "ef_search": 33},
    ),
    "ivf-flat": (
        Candidate("ivf-flat", "IVF16,Flat", {}, {"nprobe": 3}),
        {"index": "ivf", "lists": 16, "probes": 3},
    ),
}


def choice(candidate: Candidate, **changes) -> Choice:
    table = pd.DataFrame(
        {
            "family": ["ivf-pq", "hnsw", "ivf-flat", "flat"],
            "index": list(POINTS),
            "search": ["nprobe=2 k_factor_rf=4", "efSearch=20", "nprobe=3", ""],
            "recall": [0.96, 0.97, 0.98, 1.0],
            "recall_low": [0.95, 0.96, 0.97, 1.0],
            "qps": POINTS.values(),
            "qps_tuning": POINTS.values(),
            "megabytes": [1.0, 2, 3, 4],
            "updates_per_second": 100.0,
            "meets": True,
        }
    ).assign(**changes)
    return Choice(table, candidate, {}, "", Limits(0.95, None, 0, 10), 16, 0)


@pytest.mark.parametrize("family", LIVING)
def test_a_store_has_the_settings_of_the_choice(family, clustered):
    candidate, expected = LIVING[family]
    store = choice(candidate).store(delta=50)
    stats = store.stats()
    assert (stats["index"], stats["dim"], stats["count"]) == (expected["index"], 16, 0)
    assert {**expected, "delta": 50}.items() <= {"index": stats["index"], **stats["settings"]}.items()
    vectors, queries = clustered
    store.upsert(range(len(vectors)), vectors)
    store.wait()
    kth = kth_similarity(vectors, queries, 10)
    ours, theirs = np.array(store.search(queries).ids), build(candidate, vectors).search(queries, 10)[1]
    hits = [recall(found, kth, vectors, queries).mean() for found in (ours, theirs)]
    assert hits[0] == pytest.approx(hits[1], abs=0.03)  # k-means begins elsewhere, the rest is the same


def test_what_a_store_cannot_hold_is_an_error_that_says_what_it_can():
    compressed = Candidate("ivf-pq", "IVF16,PQ8x4fsr,RFlat", {}, {"nprobe": 2, "k_factor_rf": 4})
    with pytest.raises(HrlibError) as error:
        choice(compressed).store()
    said = str(error.value)
    assert said.startswith("IVF16,PQ8x4fsr,RFlat (lists around centroids, short codes")
    assert "HNSW16,Flat efConstruction=100 efSearch=20: 7,000 queries a second, recall@10 0.970" in said
    assert said.endswith("families=('flat', 'hnsw', 'ivf-flat'))")
    # where the graph misses the target, the lists are the best
    with pytest.raises(HrlibError, match="can hold is IVF16,Flat nprobe=3: 3,000 queries"):
        choice(compressed, meets=[True, False, True, True]).store()
    for coded in ("HNSW32_SQ8", "PCA8,HNSW32,RFlat"):
        with pytest.raises(HrlibError, match="over compressed vectors"):
            choice(Candidate("hnsw-coded", coded, {"efConstruction": 100}, {"efSearch": 9})).store()
    with pytest.raises(HrlibError, match="'probe' is no setting"):
        choice(LIVING["ivf-flat"][0]).store(probe=3)


def test_the_best_point_is_the_quickest_or_exact_search_where_that_is_nearly_as_quick():
    made = choice(LIVING["flat"][0])
    assert best_point(made.table, made.limits) == 0
    assert best_point(made.table.assign(qps_tuning=[100, 90, 80, 91.0]), made.limits) == 3
    assert best_point(made.table.assign(meets=[False, False, True, True]), made.limits) == 2
    nothing = made.table.assign(meets=False)
    assert (
        best_point(nothing, replace(made.limits, memory=2_000_000)) == 0
    )  # both that fit reach the target: the quicker
    assert best_point(nothing.assign(recall_low=[0.5, 0.6, 1, 1]), replace(made.limits, memory=2_000_000)) == 1
