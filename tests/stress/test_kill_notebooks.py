"""kill -9 of the runner of notebooks, of a notebook's process, of its kernel: the next start ends as one that was left alone."""

import json
import random
import time

import nbformat
import pytest

from tests.stress.faults import check_none_lives, killed_after, started_with
from tests.stress.small_notebooks import STEPS, TRAINS, WRITE, write
from tests.stress.test_kill_training import check_whole
from tests.stress.trainee import run_notebooks

QUICK = "metrics = {'answer': 42}"


def arguments(folder, out):
    return ["--notebooks", str(folder), "--out", str(out)]


def to_the_end(process):
    process.join(600)
    assert process.exitcode == 0


def left_alone(start, folder):
    """What is in the results of a run that is left alone, and how long it takes."""
    begun = time.monotonic()
    to_the_end(start(run_notebooks, arguments(folder / "notebooks", folder / "out"), str(folder / "temp")))
    return results(folder / "out"), time.monotonic() - begun


def results(out):
    """The tables; that the executed notebook and the record are whole is checked."""
    assert json.loads((out / "one" / "run.json").read_text())["error"] is None
    check_notebook(out / "one" / "one.ipynb")
    assert (out / "report" / "index.html").read_text().endswith("</html>")
    return {path.name: path.read_text() for path in (out / "metrics.csv", out / "one" / "metrics.json")}


def check_notebook(path):
    if path.exists():
        nbformat.validate(nbformat.read(path, as_version=4))


def reached_in(folder):
    """The step of what the notebook goes on from; that it is whole is checked."""
    if (folder / "state.json").is_file():
        return json.loads((folder / "state.json").read_text())[0]
    return check_whole(folder / "run") if (folder / "run").is_dir() else 0


def check_nothing_is_left(folder):
    check_none_lives(folder / "temp")
    assert not list((folder / "temp").iterdir()), "temporary files are left"
    assert not [path for path in (folder / "out").rglob(".*") if ".ipynb_checkpoints" not in path.parts]


def kill(start, fault, folder, expected, seconds, kills, victim):
    moments, reached = random.Random(victim), 0
    while fault.tried < kills:
        out, temp = folder / "out", folder / "temp"
        fresh = not out.exists()
        process, begun = start(run_notebooks, arguments(folder / "notebooks", out), str(temp)), time.monotonic()
        if victim == "the runner":
            hit = killed_after(process, moments.uniform(0, seconds))
        else:  # the process of a notebook, or its kernel
            process.join(moments.uniform(0, seconds))
            if hit := bool(found := started_with(temp)):
                moments.choice(found).kill()
                process.join(600)
        if hit:
            with fault.trial(victim):
                assert process.exitcode in (0, 1, -9)
                check_notebook(out / "one" / "one.ipynb")
                step = reached_in(out / "one")
                assert step >= reached, "a kill has cost what was saved before"
                reached = step
        elif fresh and process.exitcode == 0:
            seconds = time.monotonic() - begun  # how long it takes now: other work on the machine changes that
        if process.exitcode == 0:
            with fault.watch("at the end of a run"):
                assert results(out) == expected
            check_none_lives(temp)
            out.rename(folder / f"finished {fault.tried} {time.monotonic()}")
            reached = 0
        if moments.random() < 0.5:  # else the next one starts beside what is still about to end
            with fault.watch("processes"):
                check_none_lives(temp)
    with fault.watch("at the end"):
        to_the_end(start(run_notebooks, arguments(folder / "notebooks", folder / "out"), str(folder / "temp")))
        assert results(folder / "out") == expected
        check_nothing_is_left(folder)
    fault.end()


def test_killed_quick(start, fault, tmp_path):
    write(tmp_path / "notebooks", "one", QUICK, WRITE)
    table = '\ufeff"notebook","metric","value"\n"one","answer",42\n'
    expected = {"metrics.csv": table, "metrics.json": '{"answer": 42}'}
    kill(start, fault("SIGKILL at random moments", "a run of notebooks"), tmp_path, expected, 2.0, 1, "the runner")


@pytest.mark.stress
@pytest.mark.parametrize(
    ("cell", "victim", "kills"),
    [
        (STEPS, "the runner", 85),
        (TRAINS, "the runner", 15),
        (STEPS, "what it started", 30),
        (TRAINS, "what it started", 10),
    ],
    ids=["steps-runner", "training-runner", "steps-started", "training-started"],
)
def test_killed_at_random_moments(start, fault, tmp_path, cell, victim, kills):
    write(tmp_path / "alone" / "notebooks", "one", cell, WRITE)
    write(tmp_path / "notebooks", "one", cell, WRITE)
    expected, seconds = left_alone(start, tmp_path / "alone")
    target = {"the runner": "a run of notebooks", "what it started": "a notebook's process or kernel"}[victim]
    kill(start, fault("SIGKILL at random moments", target), tmp_path, expected, seconds, kills, victim)
