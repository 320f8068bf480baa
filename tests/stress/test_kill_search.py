"""kill -9 of a process that changes and saves a store: what is opened afterwards is one whole snapshot, and none that was saved is lost."""

import random
import signal
import time

import pytest

from hrlib.search import FaissStore
from tests.stress.trader import generation_of, trade

QUICK_AND_STRESS = [pytest.param(4, id="quick"), pytest.param(200, id="many", marks=pytest.mark.stress)]
# with an index of IVF a snapshot has 6 files and its folder, is renamed, and then two folders more are synced; the log once
PLACES = [
    *(("fsync", count) for count in range(11)),
    ("rename", 0),
    ("rename", 1),
    ("rmdir", 0),
    ("unlink", 0),
    ("unlink", 3),
]
QUICK = [("fsync", 2), ("rename", 1), ("unlink", 3)]


def check(folder, log):
    """The store opens, whole, and is not older than the last that was reported saved; its generation."""
    saved = [int(line) for line in log.read_text().split()] if log.exists() else []
    if not saved and not any(folder.glob("snapshot-*")):
        return -1
    generation = generation_of(FaissStore.open(folder))
    assert generation >= (saved[-1] if saved else 0), "what was saved is lost"
    return generation


def wait_for_a_save(process, log, seconds=120):
    """Until the process has saved once more."""
    before, end = log.stat().st_size if log.exists() else 0, time.monotonic() + seconds
    while not log.exists() or log.stat().st_size == before:
        assert process.is_alive() and time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("kind", ["exact", "hnsw", "ivf"])
@pytest.mark.parametrize("kills", QUICK_AND_STRESS)
def test_killed_at_random_moments(start, tally, tmp_path, kills, kind):
    folder, log, moments = tmp_path / "a shop", tmp_path / "log", random.Random(kind)
    reached = -1
    for _ in range(kills):
        process = start(trade, str(folder), str(log), kind)
        wait_for_a_save(process, log)
        process.join(moments.uniform(0, 0.1))
        process.kill()
        process.join()
        tally("SIGKILL at random moments", f"FaissStore.save, {kind}")
        assert process.exitcode == -signal.SIGKILL
        generation = check(folder, log)
        assert generation > reached
        reached = generation
        # what the killed process may leave: what it wrote, and the old snapshot that it had not yet removed
        assert len(list(folder.iterdir())) <= 3
    store = FaissStore.open(folder)
    store.save(folder)
    assert [path.name.split("-")[0] for path in folder.iterdir()] == ["snapshot"], "rubbish is left"


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=[] if place in QUICK else pytest.mark.stress) for place in PLACES], ids=str
)
@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_killed_while_saving(start, tally, tmp_path, place, first):
    folder, log = tmp_path / "a shop", tmp_path / "log"
    if not first:
        process = start(trade, str(folder), str(log), "ivf", ("rename", 2))
        process.join(120)
        assert check(folder, log) == 1
    before = check(folder, log)
    process = start(trade, str(folder), str(log), "ivf", place)
    process.join(120)
    tally("SIGKILL at each step of saving", "FaissStore.save, ivf")
    assert process.exitcode == -signal.SIGKILL
    assert before <= check(folder, log) <= before + 2
