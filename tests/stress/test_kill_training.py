"""kill -9 of a training process, at random and at each step of saving: resumed, it ends with the weights of a run that was left alone."""

import random
import signal

import pytest
from safetensors import safe_open
from safetensors.torch import load_file

from hrlib.training.checkpoint import read_facts
from tests.stress.trainee import train

QUICK_AND_STRESS = [pytest.param(2, id="quick"), pytest.param(60, id="many", marks=pytest.mark.stress)]
# per epoch `best` (if it is better) and `last` are written, each a safetensors and a JSON file, each synced and renamed
PLACES = [(function, count) for function in ("fsync", "replace") for count in range(12)]
QUICK = [("fsync", 1), ("replace", 0), ("replace", 2), ("replace", 5)]


@pytest.fixture(scope="module")
def expected(start, tmp_path_factory):
    folder = tmp_path_factory.mktemp("left alone")
    process = start(train, str(folder / "run"), str(folder / "weights"))
    process.join(120)
    assert process.exitcode == 0
    return tensors(folder / "run", folder / "weights")


def check_whole(folder):
    """Every checkpoint there can be read to its end; the step that `last` has reached."""
    for path in folder.glob("*.safetensors"):
        assert not path.name.startswith(".")
        with safe_open(path, framework="pt") as file:
            assert all(file.get_tensor(key) is not None for key in file.keys())  # noqa: SIM118 - no mapping
    return read_facts(folder / "last")["step"] if (folder / "last.safetensors").exists() else 0


def tensors(folder, weights):
    """Everything at the end: the weights in memory, and both checkpoints with the optimizer's moments."""
    files = {"end": weights, "last": folder / "last.safetensors", "best": folder / "best.safetensors"}
    return {(name, key): value for name, file in files.items() for key, value in load_file(file).items()}


def check_same(folder, weights, expected):
    found = tensors(folder, weights)
    assert found.keys() == expected.keys()
    assert all(found[key].equal(expected[key]) for key in expected)


@pytest.mark.parametrize("kills", QUICK_AND_STRESS)
def test_killed_at_random_moments(start, expected, tmp_path, kills):
    moments, done, run = random.Random(0), 0, 0
    reached = 0
    while done < kills:
        folder, weights = tmp_path / f"run {run}", tmp_path / f"weights {run}"
        process = start(train, str(folder), str(weights))
        process.join(moments.uniform(0.2, 1.2))
        process.kill()
        process.join()
        step = check_whole(folder)
        assert step >= reached, "a kill has cost what was saved before"
        done, reached = done + 1, step
        if weights.exists():  # it was quicker than the kill: another run
            assert process.exitcode in (0, -signal.SIGKILL)
            check_same(folder, weights, expected)
            run, reached = run + 1, 0
    process = start(train, str(folder), str(weights))
    process.join(120)
    assert process.exitcode == 0
    check_same(folder, weights, expected)


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=[] if place in QUICK else pytest.mark.stress) for place in PLACES], ids=str
)
def test_killed_while_saving(start, expected, tmp_path, place):
    process = start(train, str(tmp_path / "run"), str(tmp_path / "weights"), place)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    check_whole(tmp_path / "run")
    process = start(train, str(tmp_path / "run"), str(tmp_path / "weights"))
    process.join(120)
    assert process.exitcode == 0
    check_same(tmp_path / "run", tmp_path / "weights", expected)
    assert not [path.name for path in (tmp_path / "run").iterdir() if path.name.startswith(".")], "rubbish is left"
