import math
import time

import numpy as np
import pytest

from hrlib import progress
from hrlib.search.choosing import tries
from hrlib.search.choosing.candidates import Candidate, candidates
from hrlib.search.choosing.limits import Limits
from hrlib.search.choosing.measure import kth_similarity, one_core
from hrlib.search.choosing.points import Trials
from hrlib.search.choosing.tries import Expected, Tries

GRAPH, LISTS = Candidate("hnsw", "HNSW16,Flat"), Candidate("ivf-flat", "IVF20,Flat")
CODES, EIGHT_BITS = Candidate("ivf-pq", "IVF20,PQ4x4fsr,RFlat"), Candidate("scalar", "SQ8")


def tried(clustered, *, recall=0.9, memory=None, updates=0, seconds=60) -> Tries:
    vectors, queries = clustered
    kth, deadline = kth_similarity(vectors, queries, 10), time.perf_counter() + seconds
    trials = Trials(vectors, queries, kth, 10, recall, 0.2, deadline)
    return Tries(trials, Limits(recall, memory, updates, 10), 0, progress.bar(total=1))


def test_every_row_is_whole(clustered):
    made = tried(clustered)
    with one_core():
        for candidate in (Candidate("flat", "Flat"), LISTS, GRAPH):
            made.build(candidate)
    assert len(made.rows) == len(made.built) and len({tuple(row) for row in made.rows}) == 1
    assert made.trials.slowest == 1 / made.rows[0]["qps_tuning"]
    for row, candidate in zip(made.rows, made.built, strict=True):
        assert row["index"] == candidate.name and row["meets"] == (row["recall_low"] >= 0.9)
        assert row["bytes_per_vector"] == pytest.approx(row["megabytes"] * 1e6 / 2000)
        assert math.isnan(row["removals_per_second"]) == (candidate is GRAPH) and row["updates_per_second"] > 0


def test_kmeans_counts_for_each_that_uses_it(clustered):
    shared = {}
    with one_core():
        tries._built(LISTS, clustered[0], 0, shared)
        seconds = shared[20][1]
        _, about = tries._built(CODES, clustered[0], 0, shared)
    assert list(shared) == [20] and about["build_seconds"] > seconds > 0


def test_the_most_promising_is_built_first_and_the_hopeless_not_at_all(clustered):
    made = tried(clustered)
    made.expected = [
        Expected(LISTS, query_seconds=1e-5, build_seconds=0.1),
        Expected(GRAPH, query_seconds=2e-5, build_seconds=1e6),
        Expected(CODES, query_seconds=2e-5, reaches=False, recall=0.7),
        Expected(EIGHT_BITS, query_seconds=1e-4),
    ]
    with one_core():
        made.build_promising()
    assert {row["index"] for row in made.rows} == {"IVF20,Flat"} and any(row["meets"] for row in made.rows)
    reasons = [made.ruled_out[each.name] for each in (GRAPH, CODES, EIGHT_BITS)]
    assert reasons[0].startswith("building it would take about 1,000,000 s of the ")
    assert reasons[1] == "its recall was 0.700 at most on a sample"
    assert reasons[2] == "by a sample it would be 10 times slower than the quickest"


def test_while_nothing_meets_the_target_all_are_built(clustered):
    made = tried(clustered, recall=1.0)
    made.expected = [Expected(EIGHT_BITS, reaches=False, recall=0.9), Expected(LISTS, query_seconds=1)]
    with one_core():
        made.build_promising()
    assert made.ruled_out == {} and {row["index"] for row in made.rows} == {"SQ8", "IVF20,Flat"}


def test_memory_updates_and_time_rule_out(clustered):
    made = tried(clustered, memory=40_000, updates=1000)  # 8 bits a number take 32,000 bytes and a little
    made.expected = [
        Expected(EIGHT_BITS, megabytes=0.033, updates=1e5),
        Expected(GRAPH, megabytes=0.04, updates=100),
        Expected(LISTS, megabytes=0.15),
    ]
    with one_core():
        made.build_promising()
    assert made.ruled_out[LISTS.name] == "it would take about 0.15 MB"
    assert made.ruled_out[GRAPH.name] == "it stood 100 updates a second on a sample"
    late = tried(clustered, seconds=-1)
    late.expect([LISTS])
    late.build_promising()
    assert late.rows == [] and late.ruled_out == {LISTS.name: "there was no time left to build it"}


def test_the_smallest_is_built_where_none_is_small_enough(clustered):
    made = tried(clustered, memory=1000)
    made.expected = [Expected(EIGHT_BITS, megabytes=0.033), Expected(LISTS, megabytes=0.15)]
    with one_core():
        made.build_promising()
    assert {row["index"] for row in made.rows} == {"SQ8"} and LISTS.name in made.ruled_out


def test_a_sample_goes_first(clustered, monkeypatch):
    monkeypatch.setattr(tries, "SAMPLE", (1300, 1300))
    made, others = tried(clustered), candidates(2000, 16)[1:]
    with one_core():
        made.rehearse(others, np.random.default_rng(0))
    assert made.rows == [] and sorted(each.candidate.name for each in made.expected) == sorted(
        each.name for each in others
    )
    (eight_bits,) = (each for each in made.expected if each.candidate == EIGHT_BITS)
    assert eight_bits.megabytes == pytest.approx(0.032, rel=0.1)  # carried over from 1,300 to 2,000 vectors
    times = [each.query_seconds for each in made.expected if each.reaches]
    assert times == sorted(times) and len(times) > 5


def test_candidates_that_the_time_for_samples_left_out_are_told(clustered, monkeypatch):
    monkeypatch.setattr(tries, "SAMPLE", (1300, 1300))
    made, others = tried(clustered, seconds=0), candidates(2000, 16)[1:]
    made.rehearse(others, np.random.default_rng(0))
    assert made.expected == [] and len(made.ruled_out) == len(others)
    assert set(made.ruled_out.values()) == {"there was no time left to try it, even on a sample"}


@pytest.mark.parametrize(
    "candidate, query, build",
    [
        (EIGHT_BITS, 100, 100),
        (LISTS, 10, 1000),
        (GRAPH, math.log(1e6) / math.log(1e4), 100 * math.log(1e6) / math.log(1e4)),
    ],
)
def test_what_is_carried_over(candidate, query, build):
    points = [{"recall_tuning": 0.92, "qps_tuning": 1e4}, {"recall_tuning": 0.5, "qps_tuning": 1e5}]
    rates = {"adds_per_second": 1e3, "removals_per_second": 1e3}
    about, limits = {"build_seconds": 2.0, "megabytes": 3.0}, Limits(0.9, None, 0, 10)
    got = tries._carried_over(candidate, points, about, rates, limits, 10**4, 10**6)
    assert got.reaches and got.recall == 0.92 and got.query_seconds == pytest.approx(query * 1e-4)
    assert got.build_seconds == pytest.approx(2 * build) and got.megabytes == 300 and got.updates == 500
    misses = tries._carried_over(candidate, points, about, rates, Limits(0.99, None, 0, 10), 10**4, 10**6)
    assert not misses.reaches and misses.query_seconds == got.query_seconds
