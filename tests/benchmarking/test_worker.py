"""The process that does runs: an answer a line, whatever a run or a library prints, and its end with its input."""

import json
import os
import subprocess
import sys
from dataclasses import asdict

from hrlib.benchmarking.spec import RunSpec
from hrlib.threads import ONE_THREAD


def test_each_spec_that_fails_is_answered_and_the_end_of_input_ends_it(tmp_path):
    (tmp_path / "noisy.py").write_text("print('a library says something')\n")
    env = {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    wrong = RunSpec("none", {"name": "no such data"}, "proxy-anchor", "proxy-anchor", {}, seed=0)
    other = RunSpec("none", {"name": "synthetic", "products": 0}, "proxy-anchor", "proxy-anchor", {}, seed=1)
    command = [sys.executable, "-m", "hrlib.benchmarking.worker", str(tmp_path / "runs"), "noisy"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=env, **pipes) as worker:
        answers = []
        for spec in (wrong, other, wrong):
            worker.stdin.write(json.dumps(asdict(spec)) + "\n")
            worker.stdin.flush()
            answers.append(json.loads(worker.stdout.readline()))
        rest, log = worker.communicate(timeout=60)
    assert [answer["key"] for answer in answers] == [wrong.key, other.key, wrong.key]
    assert answers[0]["error"].startswith("HrlibError: no data set is called 'no such data'")
    assert answers[1]["error"].startswith("HrlibError: products is 0: expected an integer of 1 or more")
    assert answers[2] == answers[0] and rest == "" and worker.returncode == 0
    assert "a library says something" in log and "Traceback" in log
