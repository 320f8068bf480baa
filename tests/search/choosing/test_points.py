import time
from itertools import pairwise

import faiss
import numpy as np
import pytest

from hrlib.search.choosing.candidates import Candidate, build
from hrlib.search.choosing.measure import kth_similarity, one_core, recall
from hrlib.search.choosing.points import GAIN, Trials, operating_points


@pytest.fixture
def trials(clustered):
    vectors, queries = clustered
    kth = kth_similarity(vectors, queries, 10)
    return Trials(vectors, queries, kth, 10, 0.9, seconds=1, deadline=time.perf_counter() + 60)


def test_a_scan_has_one_point_and_it_is_exact(trials):
    (row,) = operating_points(flat := Candidate("flat", "Flat"), build(flat, trials.vectors), trials)
    assert row["search"] == {} and row["recall"] == row["recall_tuning"] == row["recall_low"] == 1
    assert row["queries"] == 30 and 0 < row["p50_us"] <= row["p95_us"] and row["qps"] > 0


def test_tuning_queries_are_held_apart_from_reported_ones(trials):
    trials.kth[1::2] = 2  # a similarity that no vector has
    row = trials.measure(build(Candidate("flat", "Flat"), trials.vectors), {})
    assert row["recall_tuning"] == 1 and row["recall"] == 0


def test_lists_are_climbed_by_doubling_and_the_crossing_is_closed_in_on(trials):
    candidate = Candidate("ivf-flat", "IVF50,Flat")
    with one_core():
        index = build(candidate, trials.vectors)
        rows = operating_points(candidate, index, trials)
    probes = [row["search"]["nprobe"] for row in rows]
    doubled = [probe for probe in probes if probe in (1, 2, 4, 8, 16, 32, 50)]
    assert doubled == sorted(doubled) and doubled[:2] == [1, 2]
    below = max(row["search"]["nprobe"] for row in rows if row["recall_low"] < 0.9)
    above = min(row["search"]["nprobe"] for row in rows if row["recall_low"] >= 0.9)
    assert below < above <= below + 1 or above <= 2  # nothing between is left at these small numbers
    # each row's recall is what the index does with its settings
    for row in rows:
        faiss.extract_index_ivf(index).nprobe = row["search"]["nprobe"]
        hits = recall(index.search(trials.queries, 10)[1], trials.kth, trials.vectors, trials.queries)
        assert row["recall_tuning"] == pytest.approx(hits[::2].mean())
        assert row["recall"] == pytest.approx(hits[1::2].mean())
        assert row["recall_low"] == pytest.approx(hits[::2].mean() - hits[::2].std() / np.sqrt(30))


def test_more_are_ranked_again_until_that_is_no_quicker(trials):
    candidate = Candidate("ivf-pq", "IVF20,PQ8x4fsr,RFlat")
    with one_core():
        rows = operating_points(candidate, build(candidate, trials.vectors), trials)
    factors = [row["search"]["k_factor_rf"] for row in rows]
    assert factors == sorted(factors) and factors[0] == 1
    assert max(row["recall_tuning"] for row in rows) > 0.9 > rows[0]["recall_tuning"]
    # with too few ranked again, more lists do not help, and are not tried to the end
    first = [row["recall_tuning"] for row in rows if row["search"]["k_factor_rf"] == 1]
    assert all(after - before >= GAIN for before, after in pairwise(first[:-1])) and len(first) < 6


def test_a_deadline_leaves_one_point(trials):
    trials.deadline = 0
    candidate = Candidate("ivf-pq", "IVF20,PQ8x4fsr,RFlat")
    assert len(operating_points(candidate, build(candidate, trials.vectors), trials)) == 1


def test_one_query_tunes_and_reports(trials):
    trials.queries, trials.kth = trials.queries[:1], trials.kth[:1]
    row = trials.measure(build(Candidate("flat", "Flat"), trials.vectors), {})
    assert row["queries"] == 1 and row["recall"] == row["recall_low"] == 1


def test_a_sample_has_neighbours_of_its_own(trials):
    sample = trials.on(trials.vectors[:100], seconds=0.1)
    expected = np.sort(trials.queries.astype(float) @ trials.vectors[:100].T.astype(float), axis=1)[:, -10]
    np.testing.assert_allclose(sample.kth, expected)
    assert not sample.fine and trials.fine and len(trials.vectors) == 2000
