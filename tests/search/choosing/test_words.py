import numpy as np
import pandas as pd

from hrlib.search.choosing.limits import Limits
from hrlib.search.choosing.words import sentence

FAMILIES = {
    "Flat": "flat",
    "SQ8": "scalar",
    "HNSW32,Flat": "hnsw",
    "IVF9,Flat": "ivf-flat",
    "IVF9,PQ8x4fsr,RFlat": "ivf-pq",
}


def table(chosen: str, **changes) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "family": ["flat", "hnsw", "scalar", "ivf-flat"],
            "index": ["Flat", "HNSW32,Flat", "SQ8", "IVF9,Flat"],
            "search": ["", "efSearch=20", "", "nprobe=3"],
            "recall": [1, 0.957, 0.9, 0.96],
            "recall_tuning": [1, 0.962, 0.91, 0.97],
            "recall_low": [1, 0.955, 0.9, 0.96],
            "qps": [50.0, 5000, 80, 2400],
            "qps_tuning": [50.0, 5000, 80, 2500],
            "megabytes": [10.0, 14, 2.5, 11],
            "bytes_per_vector": [1000.0, 1400, 250, 1100],
            "removals_per_second": [1e4, np.nan, 1e4, 1e4],
            "updates_per_second": [2e4, 300, 2e4, 1e4],
            "queries": [500] * 4,
            "meets": [True, True, False, True],
        }
    ).assign(**changes)
    return rows.assign(chosen=rows["index"] == chosen)


def test_the_choice_and_what_ruled_the_others_out():
    ruled_out = {"IVF9,PQ8x4fsr,RFlat": "there was no time left to build it"}
    said = sentence(table("HNSW32,Flat"), ruled_out, FAMILIES, Limits(0.95, None, 0, 10))
    assert said == (
        "HNSW32,Flat, efSearch=20: a graph of near neighbours. On 500 held-out queries recall@10 is 0.957 at 5,000 queries a second "
        "on one core, 100 times exact search's 50; it takes 14 MB (1,400 bytes a vector) and stands 300 updates a second, with a "
        "rebuild now and then, because it cannot remove. The others: flat: 100 times slower; scalar: recall ends at 0.910 (before "
        "the allowance for chance); ivf-flat: 2 times slower; ivf-pq: there was no time left to build it."
    )


def test_limits_that_rule_out():
    ruled_out = {"IVF9,PQ8x4fsr,RFlat": "it would take about 12 MB"}
    changes = {"meets": [False, False, False, True], "megabytes": [13.0, 14, 2.5, 11]}
    said = sentence(table("IVF9,Flat", **changes), ruled_out, FAMILIES, Limits(0.95, 12_000_000, 5000, 10))
    assert "flat: takes 13 MB at least; scalar: recall ends at 0.910" in said and "hnsw: takes 14 MB at least" in said
    said = sentence(
        table("IVF9,Flat", meets=[False, False, False, True]), ruled_out, FAMILIES, Limits(0.95, None, 1e4, 10)
    )
    assert "hnsw: stands 300 updates a second at most" in said


def test_nothing_meets_the_limits():
    limits = Limits(0.95, 2_000_000, 0, 10)
    said = sentence(table("SQ8", meets=False), {"IVF9,PQ8x4fsr,RFlat": "it would take about 5 MB"}, FAMILIES, limits)
    assert said.startswith(
        "Nothing that was measured has recall@10 of 0.95 with at most 2 MB; this comes nearest. SQ8: every vector"
    )


def test_exact_search_is_not_compared_with_itself():
    said = sentence(table("Flat"), {}, {"Flat": "flat"}, Limits(0.95, None, 0, 10))
    assert said.startswith("Flat: exact search. On 500") and "times exact" not in said and "The others" not in said
