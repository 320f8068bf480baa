"""Two processes do what one does: gradients of every loss, whole runs, going on, stopping, embedding. One start of both serves all tests."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hrlib.training.checkpoint import read_facts
from tests.training.cases import CASES
from tests.training.together import CHECKS, close, fitted, weights

ROOT = Path(__file__).parents[2]


def started(processes, *command, **environment):
    """What torchrun made of a command, on this machine."""
    return subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def alone():
    return fitted()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("together")
    with pytest.raises(KeyboardInterrupt):
        fitted(folder / "1 to 2", at=3)
    shutil.copytree(folder / "1 to 2", folder / "1 to 2 copy")
    found = started(2, "-m", "tests.training.together", str(folder))
    (folder / "output").write_text(found.stdout + found.stderr)
    return folder


def said(folder, check):
    for number in range(2):
        file = folder / f"{number}.json"
        results = json.loads(file.read_text()) if file.exists() else {}
        if check not in results or results[check]:
            return (
                f"process {number}: {results.get(check, 'never came to it')}\n{(folder / 'output').read_text()[-3000:]}"
            )
    return None


@pytest.mark.parametrize("name", CASES)
def test_gradients_and_buffers_are_those_of_one_process(folder, name):
    """Three steps one after the other; see `together.check_loss`."""
    assert not said(folder, name), said(folder, name)


@pytest.mark.parametrize("check", CHECKS)
def test_two_processes(folder, check):
    """See the function of this name in `together.py`."""
    assert not said(folder, check), said(folder, check)


@pytest.mark.parametrize("name", ["stopped by SIGINT in 0", "stopped by SIGTERM in 1"])
def test_one_process_goes_on_where_two_stopped(folder, alone, name):
    shutil.copytree(folder / name, folder / f"{name} copy")
    run = fitted(folder / f"{name} copy")
    for key, value in weights(alone).items():
        close(weights(run)[key], value, key, 1e-4)
    assert run.history["loss"].to_list() == pytest.approx(alone.history["loss"].to_list(), abs=1e-5)


@pytest.mark.stress
def test_four_processes_go_on_where_two_stopped(folder, alone):
    shutil.copytree(folder / "stopped by SIGINT in 0", folder / "2 to 4", dirs_exist_ok=True)
    assert read_facts(folder / "2 to 4" / "last")["step"] == 5
    found = started(4, "-m", "tests.training.together", str(folder), "2 to 4")
    assert found.returncode == 0, found.stderr[-3000:]
    for key, value in load_file(folder / "2 to 4.safetensors").items():
        close(value, weights(alone)[key], key, 1e-4)


def test_sigterm_still_ends_a_process_of_its_own():
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert torch.distributed.is_available() and not torch.distributed.is_initialized()
