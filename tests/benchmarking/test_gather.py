"""Paired differences as their formulas say; what does not belong together is refused."""

import numpy as np
import pytest
from scipy import stats

import hrlib as hr
from hrlib.benchmarking import gather
from hrlib.benchmarking.run import read_queries
from hrlib.evaluation import paired_bootstrap


def test_differences_are_the_paired_bootstrap_and_t(done, values):
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
    t = stats.ttest_rel(values(results, "hpl-proxy-anchor"), values(results, "proxy-anchor")).confidence_interval()
    assert [row["t_low"], row["t_high"]] == pytest.approx([t.low, t.high], abs=1e-5)
    assert row["base_mean"] == pytest.approx(values(results, "proxy-anchor").mean(), abs=1e-5)


def test_gather_refuses_what_does_not_belong_together(shop, done, tmp_path, budget):
    folder, _ = done
    with pytest.raises(hr.HrlibError, match="no whole run in"):
        gather([tmp_path])
    hr.benchmark(["proxy-anchor"], {"tiny": shop}, 1, out_dir=tmp_path, jobs=1, **{**budget, "epochs": 1})
    with pytest.raises(hr.HrlibError, match="with different settings: gather them apart"):
        gather([folder, tmp_path])
