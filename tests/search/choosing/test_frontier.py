import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hrlib.explore import to_png
from hrlib.search.choosing.frontier import draw, frontier

POINTS = st.lists(st.tuples(st.sampled_from([0.5, 0.7, 0.9, 1]), st.integers(1, 5)), min_size=1, max_size=12)


@given(POINTS)
def test_dominated_points_against_loops(points):
    kept = frontier([recall for recall, _ in points], [qps for _, qps in points])
    for (recall, qps), keep in zip(points, kept, strict=True):
        beaten = any(r >= recall and q >= qps and (r, q) != (recall, qps) for r, q in points)
        assert keep == (not beaten)


def table(**columns) -> pd.DataFrame:
    rows = {
        "family": ["flat", "hnsw", "hnsw", "scalar"],
        "index": ["Flat", "HNSW32,Flat", "HNSW32,Flat", "SQ8"],
        "search": ["", "efSearch=10", "efSearch=20", ""],
        "recall": [1, 0.93, 0.97, 0.9],
        "qps": [50.0, 9000, 6000, 80],
        "megabytes": [10.0, 14, 14, 2.5],
        "p95_us": [2e4, 150, 200, 1.3e4],
        "chosen": [False, False, True, False],
    }
    made = pd.DataFrame(rows | columns)
    return made.assign(frontier=frontier(made["recall"], made["qps"]))


def test_the_figure_shows_families_frontier_target_and_choice():
    chart = draw(table(), target=0.95, k=10)
    traces = {trace.name: trace for trace in chart.data}
    assert list(traces) == [
        "frontier",
        "flat",
        "scalar",
        "hnsw",
        "the choice: HNSW32,Flat efSearch=20",
        "target 0.95",
    ]
    assert chart.layout.yaxis.type == "log" and chart.layout.yaxis.ticktext[0] == "50"
    assert list(traces["frontier"].x) == [0.93, 0.97, 1] and list(traces["frontier"].y) == [9000, 6000, 50]
    assert list(traces["target 0.95"].x) == [0.95, 0.95]
    assert (traces["the choice: HNSW32,Flat efSearch=20"].x, traces["the choice: HNSW32,Flat efSearch=20"].y) == (
        (0.97,),
        (6000,),
    )
    families = [traces[name].marker for name in ("flat", "scalar", "hnsw")]
    assert len({marker.color for marker in families}) == len({marker.symbol for marker in families}) == 3
    low, high = chart.layout.yaxis.range
    assert 10**low < 50 and 10**high > 9000
    assert to_png(chart).startswith(b"\x89PNG")


def test_a_single_point_can_be_drawn():
    alone = table().iloc[:1].assign(chosen=True)
    chart = draw(alone, target=0.95, k=1)
    assert np.isfinite(chart.layout.yaxis.range).all() and to_png(chart).startswith(b"\x89PNG")
