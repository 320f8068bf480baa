"""The benchmark's quick share: it runs, its two sides agree, and it writes what it measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_quick(tmp_path):
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "explorer.py"),
        "--items",
        "600",
        "--chosen",
        "60",
        "--dim",
        "16",
    ]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    command += ["--rounds", "2", "--naive", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "explorer.json").read_text(encoding="utf-8"))
    assert set(record["median"]) == {"scikit-learn", "lasso", "filtered", "select", "floor", "every pair"}
    assert record["peer"] == "scikit-learn" and all(seconds > 0 for seconds in record["median"].values())
