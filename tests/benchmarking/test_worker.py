"""The process that does runs: an answer a line, whatever a run or a library prints, and its end with its input."""

import json
import os
import subprocess
import sys
from dataclasses import asdict

from hrlib.benchmarking.spec import RunSpec
from hrlib.threads import ONE_THREAD


def test_each_spec_is_answered_also_one_that_fails_and_the_end_of_input_ends_it(tmp_path):
    (tmp_path / "noisy.py").write_text("print('a library says something')\n")
    env = {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    load = {
        "name": "synthetic",
        "products": 1,
        "photos": 4,
        "image_size": (32, 32),
        "cache_dir": str(tmp_path / "cache"),
    }
    fit = {"epochs": 1, "batch_size": 16, "augment": "none"}
    wrong = RunSpec("none", {"name": "no such data"}, "proxy-anchor", "proxy-anchor", {}, 0, fit=fit)
    right = RunSpec("shop", load, "proxy-anchor", "proxy-anchor", {}, 0, dim=8, fit=fit)
    command = [sys.executable, "-m", "hrlib.benchmarking.worker", str(tmp_path / "runs"), "noisy"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=env, **pipes) as worker:
        answers = []
        for spec in (wrong, right, wrong):
            worker.stdin.write(json.dumps(asdict(spec)) + "\n")
            worker.stdin.flush()
            answers.append(json.loads(worker.stdout.readline()))
        rest, log = worker.communicate(timeout=60)
    assert [answer["key"] for answer in answers] == [wrong.key, right.key, wrong.key]
    assert answers[0]["error"].startswith("HrlibError: no data set is called 'no such data'")
    assert "error" not in answers[1], answers[1]
    assert answers[2] == answers[0] and rest == "" and worker.returncode == 0
    assert "a library says something" in log and "Traceback" in log
    assert json.loads((tmp_path / "runs" / right.key / "result.json").read_text())["spec"]["label"] == "proxy-anchor"
