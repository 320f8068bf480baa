"""The tables of a benchmark: means, intervals and differences as their formulas say."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import hrlib as hr
from hrlib.benchmarking import gather
from hrlib.benchmarking.run import read_queries
from hrlib.evaluation import paired_bootstrap


def of(results, loss, metric="map@r", level=0):
    runs = results.runs
    return (
        runs[(runs["loss"] == loss) & (runs["metric"] == metric) & (runs["level"] == level)]
        .sort_values("seed")["value"]
        .to_numpy()
    )


def test_the_leaderboard_is_mean_and_students_interval(done):
    _, results = done
    board = results.leaderboard("tiny")
    for loss in board.index:
        values = of(results, loss)
        assert board.loc[loss, "mean"] == pytest.approx(values.mean())
        half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
        assert board.loc[loss, "half_width"] == pytest.approx(half)
    assert board["mean"].is_monotonic_decreasing and (board["seeds"] == 2).all()
    assert results.leaderboard("tiny", "severity")["mean"].is_monotonic_increasing  # low is good
    assert results.leaderboard("tiny", "h-ap")["mean"].iloc[0] == pytest.approx(
        max(of(results, loss, "h-ap", -1).mean() for loss in board.index)
    )


def test_differences_are_the_paired_bootstrap_and_t(done):
    folder, results = done
    runs = {
        loss: [read_queries(path.parent) for path in sorted(folder.glob(f"tiny/{loss}/seed-*/result.json"))]
        for loss in ("proxy-anchor", "hpl-proxy-anchor")
    }
    a, b = (
        np.array([table[("product", "map@r")] for table in runs[loss]]) for loss in ("proxy-anchor", "hpl-proxy-anchor")
    )
    expected = paired_bootstrap(a, b, groups=runs["proxy-anchor"][0][("", "group")].to_numpy(), n=2000)
    differences = results.differences
    (row,) = differences[(differences["level"] == 0) & (differences["metric"] == "map@r")].to_dict("records")
    assert (row["loss"], row["base"], row["seeds"]) == ("hpl-proxy-anchor", "proxy-anchor", 2)
    assert [row["mean"], row["low"], row["high"]] == pytest.approx([expected.mean, expected.low, expected.high])
    t = stats.ttest_rel(of(results, "hpl-proxy-anchor"), of(results, "proxy-anchor")).confidence_interval()
    assert [row["t_low"], row["t_high"]] == pytest.approx([t.low, t.high], abs=1e-5)
    assert row["base_mean"] == pytest.approx(of(results, "proxy-anchor").mean(), abs=1e-5)


def test_saved_and_read(done, tmp_path):
    _, results = done
    results.save(tmp_path / "a b")
    again = hr.Results.read(tmp_path / "a b")
    for name in ("runs", "differences", "curves"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(results, name))
    assert again.about["runs"] == 4 and again.about["versions"]["torch"] and "data_dir" not in json.dumps(again.about)
    assert {"loss", "seed", "epoch", "map@r"} <= set(again.curves.columns)
    with pytest.raises(hr.HrlibError, match="no results in .*: expected about.json"):
        hr.Results.read(tmp_path)


def test_the_table_for_people(done):
    _, results = done
    table = results.table("tiny")
    best = results.leaderboard("tiny").iloc[0]
    assert table["map@r"].iloc[0] == f"{best['mean']:.3f} ± {best['half_width']:.3f}"
    assert list(table.columns) == ["map@r", "recall@1", "h-ap", "severity", "seeds"]
    with pytest.raises(hr.HrlibError, match=r"no runs with 'map@R' .*; catalogues: tiny; metrics: recall@1"):
        results.leaderboard("tiny", "map@R")


def test_gather_refuses_what_does_not_belong_together(shop, done, tmp_path, budget):
    folder, _ = done
    with pytest.raises(hr.HrlibError, match="no whole run in"):
        gather([tmp_path])
    hr.benchmark(["proxy-anchor"], {"tiny": shop}, 1, out_dir=tmp_path, jobs=1, **{**budget, "epochs": 1})
    with pytest.raises(hr.HrlibError, match="with different settings: gather them apart"):
        gather([folder, tmp_path])
