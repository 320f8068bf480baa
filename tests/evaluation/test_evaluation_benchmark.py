"""The benchmark's quick share: it runs, its two sides agree, and it writes what it measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_quick(tmp_path):
    out = tmp_path / "results"
    command = [sys.executable, str(ROOT / "benchmarks" / "evaluation.py"), "--quick", "--out", str(out)]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    record = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    assert [row["what"].split()[0] for row in record["rows"]] == ["finest", "table"]
    assert all(row["hrlib_s"] > 0 and row["peer_s"] > 0 for row in record["rows"]) and "torch" in record["versions"]
