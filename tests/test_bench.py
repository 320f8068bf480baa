"""The table of all benchmarks, and what is made of the measurements of growth."""

import json
import mmap
from pathlib import Path

import growth
import numpy as np
import pandas as pd
import pytest
import run_all
import scaling
import torch
from hypothesis import given
from hypothesis import strategies as st
from report import circumstances, from_here_on, line, peak_mb, write
from scipy.stats import linregress

ROOT = Path(__file__).parents[1]
NOW = circumstances()


@given(st.floats(0, 3), st.floats(1e-6, 1e3), st.lists(st.integers(10, 10**7), min_size=3, max_size=8, unique=True))
def test_the_slope_of_a_power_is_its_exponent(power, factor, sizes):
    found = growth.slope(sizes, [factor * n**power for n in sizes])
    assert found["slope"] == pytest.approx(power, abs=1e-6) and found["sizes"] == len(sizes)
    assert found["low"] - 1e-6 <= power <= found["high"] + 1e-6


@given(st.lists(st.floats(1e-3, 1e3), min_size=5, max_size=5, unique=True))
def test_slope_and_interval_are_those_of_scipys_regression(values):
    sizes = [10, 30, 100, 300, 1000]
    fit = linregress(np.log(sizes), np.log(values))
    found = growth.slope(sizes, values)
    assert found["slope"] == pytest.approx(fit.slope, abs=1e-9)
    assert found["high"] - found["low"] == pytest.approx(2 * 3.182446305284263 * fit.stderr, abs=1e-9), "t(.975, 3)"


def test_the_interval_covers_as_often_as_it_says():
    rng, sizes = np.random.default_rng(0), [10_000, 30_000, 100_000, 300_000, 1_000_000]
    tries = [growth.slope(sizes, [n**1.3 * np.exp(rng.normal(scale=0.2)) for n in sizes]) for _ in range(2_000)]
    covered = np.mean([found["low"] <= 1.3 <= found["high"] for found in tries])
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 2_000)


def test_few_sizes_have_no_interval():
    assert growth.slope([10], [1.0]) is None and growth.told(None) == "one size"
    two = growth.slope([10, 1000], [2.0, 200.0])
    assert (two["slope"], two["low"], two["high"]) == (pytest.approx(1), None, None) and growth.told(two) == "N^1.00"


@given(st.floats(1, 3), st.integers(2, 20))
def test_the_next_size_is_predicted_by_the_power_so_far(power, times):
    spent = {n: 1e-4 * n**power for n in (100, 300)}
    assert growth.predicted(spent, 300 * times) == pytest.approx(1e-4 * (300 * times) ** power)
    assert growth.predicted({100: 2.0}, 1000) == pytest.approx(200), (
        "of one size the square: what grows less is not begun in vain"
    )
    assert growth.predicted({100: 2.0, 200: 1.0}, 400) == pytest.approx(2), "it never falls"


def test_a_size_beyond_the_budget_is_left_out_and_said():
    rows, left = scaling.grow("exact", (1_000, 50_000), budget=1e-9, threads=1)
    assert {row["n"] for row in rows} == {1_000} and left["n"] == 50_000 and left["expected_seconds"] > 1e-9
    assert [row["what"] for row in rows] == ["store, exact: fill", f"store, exact: {scaling.QUERIES} queries"]
    assert all(row["seconds"] > 0 and row["mb"] >= 0 and row["operation"] == "exact" for row in rows)
    (fill, asked) = scaling.lines(rows, growth.slopes(rows), {"exact": left})
    assert "50,000 left out" in fill["what"] and asked["ours"] == rows[1]["seconds"]


def test_memory_is_what_an_operation_holds_at_once():
    before = from_here_on()
    held = mmap.mmap(-1, 40 << 20)  # 40 MB of the system's, not of what tests before this one have left to malloc
    np.frombuffer(held, np.uint8)[:] = 1
    assert 35 < peak_mb() - before < 80
    held.close()
    if Path("/proc/self/clear_refs").exists():
        assert abs(from_here_on() - before) < 20, "the peak is set back"


def test_the_figure_has_a_line_a_part_and_both_scales_are_logarithmic():
    rows = [
        {"what": what, "n": n, "seconds": n / 1e4, "mb": 9.0}
        for what in ("hr.embed", "store, ivf: fill")
        for n in (10, 100, 1000)
    ]
    drawn = growth.draw(rows, growth.slopes(rows))
    names = [trace.name for trace in drawn.data if trace.showlegend is not False]
    assert names == ["hr.embed: N^1.00 [1.00, 1.00]", "store, ivf: fill: N^1.00 [1.00, 1.00]", "as N^1", "as N^2"]
    assert {drawn.layout.xaxis.type, drawn.layout.yaxis2.type} == {"log"}


def test_one_table_of_all(tmp_path):
    peer = ("the peer | of old", 2.0)
    lines = [line("a", 1.0, peer, 0.5, "less", True), line("b", 3e-6, peer, asked="more", holds=False), line("c", 0.25)]
    paths = [write(tmp_path, f"{name}", {"benchmark": name, "lines": lines, **NOW}) for name in ("one", "two")]
    table = run_all.gathered(paths)
    assert table["benchmark"].tolist() == ["one"] * 3 + ["two"] * 3 and table["ratio"].tolist()[:2] == [0.5, 1.5e-6]
    assert (table["processor"] == NOW["machine"]["processor"]).all() and f"torch {torch.__version__}" in table[
        "versions"
    ][0]
    rows = run_all.markdown(table).splitlines()
    assert rows[2] == "| a | 1 s | 2 s (the peer \\| of old) | 500 ms | 0.50 | less | yes |"
    assert rows[3].endswith("| more | **no** |") and rows[3].startswith("| b | 3 µs |")
    assert rows[4] == "| c | 250 ms |  |  |  |  |  |"
    done = [{"name": "one", "code": 1, "seconds": 61.0}, {"name": "gpu", "code": 77, "seconds": 1.0}]
    said = run_all.about(table, done, quick=True)
    assert (
        "**one FAILED** (exit code 1)" in said
        and "gpu was left out" in said
        and "--quick" in said
        and "1.0 minutes" in said
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (float("nan"), ""),
        (1234.5, "1,234 s"),
        (12.345, "12.3 s"),
        (0.0123, "12.3 ms"),
        (4.56e-5, "45.6 µs"),
    ],
)
def test_times_in_words(seconds, words):
    assert run_all.spoken(seconds) == words


def test_a_benchmark_that_fails_is_told_from_one_that_is_left_out(tmp_path, capfd):
    if not torch.cuda.is_available():
        assert run_all.run("gpu", [], tmp_path)["code"] == run_all.LEFT_OUT
    failed = run_all.run("run_all", ["nothing"], tmp_path)  # a script of the folder, though no benchmark
    assert failed["code"] == 2 and failed["written"] == []
    assert "no benchmark nothing: there are imports" in capfd.readouterr().err


def test_every_benchmark_of_speed_is_run():
    apart = {"run_all", "report", "growth"}  # these measure nothing
    experiments = {"hierarchical_proxies", "discovered", "attributes", "crossmodal", "crossmodal_trials"}
    there = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert {name for name in there - apart if "--quick" in (ROOT / "benchmarks" / f"{name}.py").read_text()} >= set(
        run_all.SCRIPTS
    )
    assert set(run_all.SCRIPTS) <= there - apart - experiments


def test_lines_of_benchmarks_that_did_not_run_stay(tmp_path):
    def table(**ours):
        lines = [line(f"{name} {number}", each) for name, each in ours.items() for number in (1, 2)]
        return pd.DataFrame([{"benchmark": each["what"].split()[0], **each} for each in lines])

    kept = tmp_path / "speed.csv"
    assert run_all.renewed(table(a=1.0, b=0.1, c=3.0), kept)["benchmark"].tolist() == ["a", "a", "b", "b", "c", "c"]
    table(a=1.0, b=0.1, c=3.0).to_csv(kept, index=False)
    after = run_all.renewed(table(b=1 / 3, d=4.0), kept)
    assert after["what"].tolist() == ["a 1", "a 2", "b 1", "b 2", "c 1", "c 2", "d 1", "d 2"]
    assert after["ours"].tolist() == [1.0, 1.0, 1 / 3, 1 / 3, 3.0, 3.0, 4.0, 4.0]
    assert after["peer"].isna().all() and after["holds"].isna().all()


def test_what_is_kept_is_what_the_table_had():
    kept = ROOT / "benchmarks" / "results" / "speed.csv"
    if not kept.exists():
        pytest.skip("no table has been kept yet")
    table = pd.read_csv(kept)
    assert set(table["benchmark"]) & set(run_all.SCRIPTS) and (table["ours"] > 0).all()
    np.testing.assert_allclose(table["ratio"], table["ours"] / table["peer"])
    assert json.loads((kept.parent / "scaling.json").read_text())["rows"]
