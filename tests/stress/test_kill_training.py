"""kill -9 of a training process, at random and at each step of saving: resumed, it ends with the weights of a run that was left alone."""

import json
import random
import signal
import time

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from hrlib.training.checkpoint import read_facts
from tests.stress.faults import killed_after
from tests.stress.trainee import train

QUICK_AND_STRESS = [pytest.param(2, id="quick"), pytest.param(100, id="many", marks=pytest.mark.stress)]
# per epoch `best` (if it is better), a snapshot and `last` are written, a checkpoint as a safetensors and a JSON file, each synced and renamed
PLACES = [(function, count) for function in ("fsync", "replace") for count in range(30)]
QUICK = [("fsync", 1), ("replace", 0), ("replace", 3), ("replace", 6)]


@pytest.fixture(scope="module")
def expected(start, tmp_path_factory):
    """What a run ends with that was left alone, and how long it took."""
    folder = tmp_path_factory.mktemp("left alone")
    begun = time.monotonic()
    train_to_the_end(start, folder / "run", folder / "weights")
    return tensors(folder / "run", folder / "weights"), time.monotonic() - begun


def train_to_the_end(start, folder, weights):
    process = start(train, str(folder), str(weights))
    process.join(600)
    assert process.exitcode == 0


def check_whole(folder):
    """Every checkpoint there can be read to its end; the step that `last` has reached."""
    for path in folder.glob("*.safetensors"):
        assert not path.name.startswith(".")
        with safe_open(path, framework="pt") as file:
            assert all(file.get_tensor(key) is not None for key in file.keys())  # noqa: SIM118 - no mapping
    return read_facts(folder / "last")["step"] if (folder / "last.safetensors").exists() else 0


def tensors(folder, weights):
    """Everything at the end: the weights in memory, both checkpoints with the optimizer's moments, and the snapshots."""
    files = {"end": weights, "last": folder / "last.safetensors", "best": folder / "best.safetensors"}
    found = {(name, key): value for name, file in files.items() for key, value in load_file(file).items()}
    return found | {path.name: torch.from_numpy(np.load(path)) for path in sorted((folder / "spaces").iterdir())}


def check_same(folder, weights, expected):
    found = tensors(folder, weights)
    assert found.keys() == expected.keys()
    assert all(found[key].equal(expected[key]) for key in expected)
    for name in ("last", "best"):
        assert json.loads((folder / f"{name}.json").read_text()) == read_facts(folder / name)


def check_nothing_is_left(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "best.json",
        "best.safetensors",
        "last.json",
        "last.safetensors",
        "spaces",
    ]
    assert sorted(path.name for path in (folder / "spaces").iterdir()) == [
        f"epoch-{epoch:04}.npy" for epoch in range(6)
    ]


@pytest.mark.parametrize("kills", QUICK_AND_STRESS)
def test_killed_at_random_moments(start, expected, fault, tmp_path, kills):
    killed, (expected, seconds) = fault("SIGKILL at random moments", "training"), expected
    moments, run, reached = random.Random(0), 0, 0
    while killed.tried < kills:
        folder, weights = tmp_path / f"run {run}", tmp_path / f"weights {run}"
        if killed_after(start(train, str(folder), str(weights)), moments.uniform(0, seconds)):
            with killed.trial():
                step = check_whole(folder)
                assert step >= reached, "a kill has cost what was saved before"
                reached = step
        if weights.exists():  # it has ended, or was killed on its way out: another run
            with killed.watch("at the end of a run"):
                check_same(folder, weights, expected)
            run, reached = run + 1, 0
    with killed.watch("at the end"):
        folder, weights = tmp_path / f"run {run}", tmp_path / f"weights {run}"
        train_to_the_end(start, folder, weights)
        check_same(folder, weights, expected)
        check_nothing_is_left(folder)
    killed.end()


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=[] if place in QUICK else pytest.mark.stress) for place in PLACES], ids=str
)
def test_killed_while_saving(start, expected, fault, tmp_path, place):
    killed, (expected, _) = fault("SIGKILL at each step of saving", "a checkpoint"), expected
    process = start(train, str(tmp_path / "run"), str(tmp_path / "weights"), place)
    process.join(600)
    if process.exitcode == 0:
        pytest.skip("the run calls it less often")
    with killed.trial(str(place)):
        assert process.exitcode == -signal.SIGKILL
        check_whole(tmp_path / "run")
        train_to_the_end(start, tmp_path / "run", tmp_path / "weights")
        check_same(tmp_path / "run", tmp_path / "weights", expected)
        check_nothing_is_left(tmp_path / "run")
    killed.end()
