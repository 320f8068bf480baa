"""The benchmark's quick share: it runs, its two sides agree, and it writes what it measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(folder, *options):
    command = [sys.executable, str(ROOT / "benchmarks" / "evaluation.py"), *options, "--out", str(folder)]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))


def test_quick(tmp_path):
    record = run(tmp_path / "results", "--quick", "--memory")
    assert [row["what"] for row in record["rows"]] == ["finest", "table", "hierarchical"]
    assert all(row["hrlib_s"] > 0 and row["peer_s"] > 0 for row in record["rows"]) and "torch" in record["versions"]
    assert [row["n"] for row in record["memory"]] == [2_000] and record["memory"][0]["beyond_mb"] >= 0


@pytest.mark.stress
def test_the_whole_table_of_a_large_shop_takes_under_two_gigabytes(tmp_path):
    record = run(tmp_path / "results", "--sizes", "--memory", "--threads", "1")
    assert record["memory"][0]["n"] == 60_502 and record["memory"][0]["beyond_mb"] < 2_000
