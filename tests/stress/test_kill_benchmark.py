"""kill -9 of a benchmark and of its workers: started again it does what is missing, and its tables are those of one that was left alone."""

import random
import time

import pytest

import hrlib as hr
from tests.stress.faults import check_none_lives, killed_after, started_with
from tests.stress.trainee import bench

TIMES = ["seconds", "images_per_second"]


@pytest.fixture(scope="module")
def expected(start, tmp_path_factory):
    """The results of six runs one after another in one process."""
    folder = tmp_path_factory.mktemp("left alone")
    to_the_end(start(bench, str(folder), str(folder / "temp"), 1))
    return hr.Results.read(folder / "tables")


def to_the_end(process):
    process.join(600)
    assert process.exitcode == 0


def check_end(folder, expected):
    """The tables are the same, but for times; whole runs and the log are all that lies there."""
    found = hr.Results.read(folder / "tables")
    assert found.runs.equals(expected.runs) and found.differences.equals(expected.differences)
    assert found.curves.drop(columns=TIMES).equals(expected.curves.drop(columns=TIMES))
    assert found.about["failed"] == {}
    files = [path for path in folder.rglob("*") if path.is_file() and "tables" not in path.parts]
    assert {path.name for path in files} - {"workers.log"} == {"result.json", "queries.parquet"}


def kill(start, fault, folder, expected, seconds, kills, victim, jobs):
    """Kill the benchmark or only one of its workers, again and again, and see that the end is the same; whole runs are never lost."""
    moments, run, whole = random.Random(victim), 0, 0
    while fault.tried < kills:
        out, temp = folder / f"run {run}", folder / f"temp {run}"
        fresh = not out.exists()
        process, begun = start(bench, str(out), str(temp), jobs), time.monotonic()
        if victim == "worker":
            process.join(moments.uniform(0, seconds))
            if not (workers := started_with(temp)):
                process.join(600)
            else:
                moments.choice(workers).kill()
                with fault.trial(victim):
                    to_the_end(process)
        elif killed_after(process, moments.uniform(0, seconds)):
            with fault.trial(victim):
                check_none_lives(temp)
        elif fresh:
            seconds = time.monotonic() - begun  # how long it takes now: other work on the machine changes that
        with fault.watch("after it"):
            before, whole = whole, len(list(out.rglob("result.json")))
            assert whole >= before, "a run that was whole is lost"
        if process.exitcode == 0 and whole == 6:
            with fault.watch("at the end of a benchmark"):
                to_the_end(
                    start(bench, str(out), str(temp), 1)
                )  # for a worker that had done its run and was killed before it said so
                check_end(out, expected)
            run, whole = run + 1, 0
    with fault.watch("at the end"):
        out, temp = folder / f"run {run}", folder / f"temp {run}"
        to_the_end(start(bench, str(out), str(temp), 1))
        check_end(out, expected)
        check_none_lives(temp)
        assert not list(temp.iterdir()), "temporary files are left"
    fault.end()


def test_killed_quick(start, expected, fault, tmp_path):
    kill(start, fault("SIGKILL at random moments", "the benchmark"), tmp_path, expected, 4.0, 1, "all of it", 2)


@pytest.mark.stress
@pytest.mark.parametrize(("victim", "jobs", "kills"), [("all of it", 1, 85), ("all of it", 2, 15), ("worker", 2, 15)])
def test_killed_at_random_moments(start, expected, fault, tmp_path, victim, jobs, kills):
    """Most of the kills are of a benchmark in one process, which is at its runs all the time; workers import for seconds."""
    begun = time.monotonic()
    to_the_end(start(bench, str(tmp_path / "alone"), str(tmp_path / "temp"), jobs))
    seconds = time.monotonic() - begun
    target = {"all of it": "the benchmark", "worker": "a worker of the benchmark"}[victim]
    kill(start, fault("SIGKILL at random moments", target), tmp_path, expected, seconds, kills, victim, jobs)
