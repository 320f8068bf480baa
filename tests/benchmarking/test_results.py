"""The tables of a benchmark: means, intervals and differences as their formulas say."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import hrlib as hr
from hrlib.benchmarking.results import TABLES


def test_the_leaderboard_is_mean_and_students_interval(done, values):
    _, results = done
    board = results.leaderboard("tiny")
    for loss in board.index:
        found = values(results, loss)
        assert board.loc[loss, "mean"] == pytest.approx(found.mean())
        half = stats.t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found))
        assert board.loc[loss, "half_width"] == pytest.approx(half)
    assert board["mean"].is_monotonic_decreasing and (board["seeds"] == 2).all()
    assert results.leaderboard("tiny", "severity")["mean"].is_monotonic_increasing  # low is good
    assert results.leaderboard("tiny", "h-ap")["mean"].iloc[0] == pytest.approx(
        max(values(results, loss, "h-ap", -1).mean() for loss in board.index)
    )


def test_saved_and_read(done, tmp_path):
    _, results = done
    results.save(tmp_path / "a b")
    again = hr.Results.read(tmp_path / "a b")
    for name in ("runs", "differences", "curves"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(results, name))
    assert again.about["runs"] == 4 and again.about["versions"]["torch"] and "data_dir" not in json.dumps(again.about)
    assert {"loss", "seed", "epoch", "map@r"} <= set(again.curves.columns)
    with pytest.raises(hr.HrlibError, match="no results in .*: expected about.json"):
        hr.Results.read(tmp_path / "nothing")


def test_results_by_catalogue_are_read_as_one(done, tmp_path):
    _, results = done
    other = replace(results, **{name: getattr(results, name).assign(catalogue="other") for name in TABLES})
    results.save(tmp_path / "tiny")
    other.save(tmp_path / "other")
    joined = hr.Results.read(tmp_path)
    assert joined.about["runs"] == 8 and joined.about["versions"] == results.about["versions"]
    for name in ("tiny", "other"):
        pd.testing.assert_frame_equal(joined.table(name), results.table("tiny"))
    assert len(joined.differences) == 2 * len(results.differences)
    with pytest.raises(hr.HrlibError, match="results of tiny, tiny: expected different catalogues"):
        hr.Results.join([results, results])


def test_the_table_for_people(done):
    _, results = done
    table = results.table("tiny")
    best = results.leaderboard("tiny").iloc[0]
    assert table["map@r"].iloc[0] == f"{best['mean']:.3f} ± {best['half_width']:.3f}"
    assert list(table.columns) == ["map@r", "recall@1", "h-ap", "severity", "seeds"]
    with pytest.raises(hr.HrlibError, match=r"no runs with 'map@R' .*; catalogues: tiny; metrics: recall@1"):
        results.leaderboard("tiny", "map@R")
