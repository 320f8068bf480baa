"""Ctrl-C at random moments of a script that trains: it ends in order, with a whole checkpoint, and can be gone on with."""

import os
import random
import signal
import subprocess
import sys

import pytest
from safetensors.torch import load_file

from tests.stress.test_kill_training import check_whole
from tests.stress.trainee import train

SCRIPT = """
import signal, sys
from tests.stress.trainee import train
import hrlib.training.loop
try:
    print("ready", flush=True)
    train(sys.argv[1], sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it has ended: the interpreter's own way out is not what is tested
except KeyboardInterrupt as interrupt:
    print(interrupt, flush=True)
    sys.exit(130)
"""


def check_weights(file, expected):
    expected, found = load_file(expected), load_file(file)
    assert all(found[key].equal(expected[key]) for key in expected)


@pytest.mark.parametrize(
    "presses", [pytest.param(1, id="quick"), pytest.param(25, id="many", marks=pytest.mark.stress)]
)
def test_ctrl_c_at_random_moments(start, tally, tmp_path, presses):
    process = start(train, str(tmp_path / "left alone"), str(tmp_path / "expected"))
    process.join(120)
    moments, run = random.Random(1), 0
    for _ in range(presses):
        folder, weights = tmp_path / f"run {run}", tmp_path / f"weights {run}"
        script = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), str(weights)],
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        assert script.stdout.readline() == "ready\n"
        try:
            script.wait(moments.uniform(0.05, 1.0))
        except subprocess.TimeoutExpired:
            script.send_signal(signal.SIGINT)
            tally("Ctrl-C at random moments", "hr.fit")
        said = script.communicate(timeout=120)[0]
        check_whole(folder)
        assert script.returncode == 130 or (script.returncode == 0 and weights.exists())
        if "stopped after step" in said:  # it was in its loop
            assert "resume=True goes on" in said and f"stopped after step {check_whole(folder)} of" in said
        if weights.exists():
            check_weights(weights, tmp_path / "expected")
            run += 1
    process = start(train, str(tmp_path / f"run {run}"), str(tmp_path / "at the end"))
    process.join(120)
    check_weights(tmp_path / "at the end", tmp_path / "expected")
