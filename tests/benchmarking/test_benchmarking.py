"""`hr.benchmark`: real runs, resumable run by run, in this process and in workers; what fails is told and done again."""

import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import hrlib as hr
from hrlib.benchmarking import gather, plan
from hrlib.benchmarking.run import read_queries, read_result


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("result.json")}


def test_a_run_is_what_fit_and_evaluate_give(shop, done, budget):
    """The same training written out with the library's own calls, the same numbers."""
    import torch

    _, results = done
    train, validation, test = shop.split_classes((0.4, 0.1, 0.5), seed=0)
    torch.manual_seed(1)
    model = hr.models.image_encoder("small", dim=16)
    loss = hr.losses.make("hpl-proxy-anchor", train.hierarchy, 16)
    settings = {key: budget[key] for key in ("epochs", "batch_size", "augment")}
    hr.fit(model, loss, train, validation=validation, seed=1, **settings)
    expected = hr.evaluate(hr.embed(model, test), test.hierarchy, hierarchical=True)
    found = results.runs[(results.runs["loss"] == "hpl-proxy-anchor") & (results.runs["seed"] == 1)]
    for row in found.itertuples():
        assert row.value == pytest.approx(expected.loc[row.level_name, row.metric], abs=1e-6)
    assert {"map@r", "recall@1", "h-ap", "ndcg", "asi", "ap"} <= set(found["metric"])


def test_what_is_done_is_not_done_again(shop, done, budget):
    folder, results = done
    before = files(folder)
    assert len(before) == 4
    again = hr.benchmark(["proxy-anchor", "hpl-proxy-anchor"], {"tiny": shop}, 2, out_dir=folder, jobs=1, **budget)
    assert files(folder) == before
    pd.testing.assert_frame_equal(again.runs, results.runs)
    pd.testing.assert_frame_equal(again.differences, results.differences)


def test_a_loss_that_fails_does_not_lose_the_others(shop, tmp_path, budget):
    def broken(hierarchy, dim):
        raise ValueError("no such thing")

    losses = {"mine": broken, "ours": lambda hierarchy, dim: hr.losses.HierarchicalProxyLoss(hierarchy, dim)}
    results = hr.benchmark(losses, {"tiny": shop}, 1, out_dir=tmp_path, jobs=1, **budget)
    assert set(results.runs["loss"]) == {"ours"}
    ((key, error),) = results.about["failed"].items()
    assert key.startswith("tiny/mine/seed-0") and error == "ValueError: no such thing"
    with pytest.raises(hr.HrlibError, match="every run failed, the first with: ValueError: no such thing"):
        hr.benchmark({"mine": broken}, {"tiny": shop}, 1, out_dir=tmp_path / "b", jobs=1, **budget)


def test_killed_in_the_middle_it_loses_the_runs_in_flight_only(tmp_path, budget):
    """SIGINT to the command: whole runs stay, no process is left, the same command goes on."""
    command = [
        sys.executable,
        "-m",
        "hrlib.benchmark",
        "--losses",
        "contrastive",
        "proxy-anchor",
        "--catalogues",
        "synthetic",
    ]
    command += ["--seeds", "3", "--epochs", "1", "--batch-size", "32", "--size", "small", "--out", str(tmp_path)]
    hr.load("synthetic", size="small")  # drawn once, before the clock runs
    process = subprocess.Popen([*command, "--jobs", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 240
    while len(files(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "what is done is kept: the same command goes on" in errors
    left = subprocess.run(["pgrep", "-f", f"benchmarking.worker {tmp_path}"], capture_output=True, text=True).stdout
    assert not left.strip()
    kept = files(tmp_path)
    assert 2 <= len(kept) < 6
    ended = subprocess.run([*command, "--jobs", "2"], capture_output=True, text=True, timeout=400)
    assert ended.returncode == 0, ended.stderr
    now = files(tmp_path)
    assert len(now) == 6 and all(now[path] == changed for path, changed in kept.items())
    assert "proxy-anchor" in ended.stdout and (tmp_path / "runs.parquet").is_file()


def test_shards_gathered_are_the_whole(shop, done, tmp_path, budget):
    _, results = done
    for part in range(2):
        hr.benchmark(
            ["proxy-anchor", "hpl-proxy-anchor"],
            {"tiny": shop},
            2,
            out_dir=tmp_path / str(part),
            jobs=1,
            which=f"{part}/2",
            **budget,
        )
    merged = gather([tmp_path / "0", tmp_path / "1"])
    pd.testing.assert_frame_equal(merged.runs, results.runs)
    pd.testing.assert_frame_equal(merged.differences, results.differences)


def test_a_half_written_result(tmp_path):
    broken = tmp_path / "a" / "b" / "seed-0"
    broken.mkdir(parents=True)
    assert read_result(broken) is None
    (broken / "result.json").write_text('{"spec": ')
    with pytest.raises(hr.HrlibError, match="is damaged .* delete it, and the run is done again"):
        read_result(broken)


def test_queries_come_back_as_they_were(done):
    folder, _ = done
    run = next(folder.rglob("result.json")).parent
    queries, result = read_queries(run), read_result(run)
    for level, metrics in result["metrics"].items():
        for metric, value in metrics.items():
            assert np.nanmean(queries[(level, metric)]) == pytest.approx(value, abs=1e-5)


def test_no_jobs(shop, tmp_path, budget):
    with pytest.raises(hr.HrlibError, match="jobs is 0: expected an integer of 1 or more"):
        hr.benchmark(["contrastive"], {"tiny": shop}, 1, out_dir=tmp_path, jobs=0, **budget)
    assert plan(["contrastive"], {"tiny": shop}, 1).catalogues == {"tiny": shop}


def test_other_settings_are_other_runs_and_left_out(shop, done, tmp_path, budget):
    """In one folder: what was asked for is in the results, and nothing else."""
    for epochs in (1, 2, 1):
        results = hr.benchmark(
            ["proxy-anchor"], {"tiny": shop}, 1, out_dir=tmp_path, jobs=1, **{**budget, "epochs": epochs}
        )
        assert len(results.curves) == epochs
    assert len(files(tmp_path)) == 2


def test_another_catalogue_or_function_under_the_same_name_is_another_run(shop, tmp_path, budget):
    part = shop.subset(range(80))
    found = [hr.benchmark(["proxy-anchor"], {"tiny": it}, 1, out_dir=tmp_path, jobs=1, **budget) for it in (shop, part)]
    assert len(files(tmp_path)) == 2 and found[0].about["items"] != found[1].about["items"]

    def anchor(hierarchy, dim):
        return hr.losses.make("proxy-anchor", hierarchy, dim)

    def nca(hierarchy, dim):
        return hr.losses.make("proxy-nca", hierarchy, dim)

    for function in (anchor, nca, anchor):
        hr.benchmark({"mine": function}, {"tiny": shop}, 1, out_dir=tmp_path / "b", jobs=1, **budget)
    assert len(files(tmp_path / "b")) == 2


def test_a_shard_without_runs(shop, tmp_path, budget):
    with pytest.raises(hr.HrlibError, match="shard 1/2 of 1 runs holds none: give at most as many shards as runs"):
        hr.benchmark(["proxy-anchor"], {"tiny": shop}, 1, out_dir=tmp_path, jobs=1, which="1/2", **budget)


def test_results_are_json_for_everybody(shop, tmp_path, budget):
    """A history has no value for the clusters of the first epoch: that is left out, NaN is no JSON."""
    losses = {"late": {"loss": "hpl-discovered-proxy-anchor", "clusters": 3, "warmup": 5, "every": 2}}
    results = hr.benchmark(losses, {"tiny": shop}, 1, out_dir=tmp_path, jobs=1, **{**budget, "epochs": 3})
    (file,) = files(tmp_path)
    assert "NaN" not in file.read_text()
    assert results.curves["nmi"].isna().any() and results.curves["nmi"].notna().any()
