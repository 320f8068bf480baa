"""The image store under kill -9 and under several builders: whole or not there, and nothing left about."""

import functools
import random
import shutil
import signal
import time

import numpy as np
import psutil
import pytest
from PIL import Image

from hrlib.catalogue.originals import read_file
from hrlib.catalogue.store import build_store
from tests.stress.faults import killed_after
from tests.stress.trainee import build, build_and_stay


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """400 photos of noise: half a second of decoding."""
    folder, rng = tmp_path_factory.mktemp("photos to build"), np.random.default_rng(0)
    paths = [folder / f"{number}.jpg" for number in range(400)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (96, 96, 3), np.uint8)).save(path)
    return [str(path) for path in paths]


@pytest.fixture(scope="module")
def expected(photos, tmp_path_factory):
    settings = {"fingerprint": "a build left alone", "size": (32, 32), "workers": 1}
    return build_store(photos, read_file, cache_dir=tmp_path_factory.mktemp("cache"), **settings)[0][:]


def check_end(cache, out, expected):
    np.testing.assert_array_equal(np.load(out), expected)
    (folder,) = cache.iterdir()
    assert sorted(file.name for file in folder.iterdir()) == ["manifest.json", "photos.npy"]


@pytest.fixture(scope="module")
def seconds(start, photos, tmp_path_factory):
    """seconds(workers) -> how long a build takes that is left alone."""

    @functools.cache
    def seconds(workers):
        folder, begun = tmp_path_factory.mktemp("left alone"), time.monotonic()
        to_the_end(start(build, photos, str(folder / "cache"), str(folder / "out.npy"), workers))
        return time.monotonic() - begun

    return seconds


def to_the_end(process):
    process.join(600)
    assert process.exitcode == 0


def children(process):
    try:
        return psutil.Process(process).children(recursive=True)
    except psutil.NoSuchProcess:  # it has ended
        return []


def finished(cache):
    return [folder for folder in cache.glob("*") if not folder.name.startswith(".building-")]


@pytest.mark.parametrize(
    ("kills", "workers"),
    [
        pytest.param(1, 1, id="quick"),
        pytest.param(100, 1, id="many", marks=pytest.mark.stress),
        pytest.param(20, 2, id="workers", marks=pytest.mark.stress),
    ],
)
def test_killed_at_random_moments(start, photos, expected, seconds, fault, tmp_path, kills, workers):
    killed, moments, builds = (
        fault("SIGKILL at random moments", "the pixel cache being built"),
        random.Random(workers),
        0,
    )
    families, last = [], None
    while killed.tried < kills:
        cache, out, builds = tmp_path / "a cache", tmp_path / f"{builds}.npy", builds + 1
        process, begun = start(build, photos, str(cache), str(out), workers), time.monotonic()
        process.join(moments.uniform(0, last or seconds(workers)))
        families += children(process.pid)
        if killed_after(process, 0):
            with killed.trial():
                assert len(list(cache.glob(".building-*"))) <= 1, "what the kill before has left is not swept"
        else:
            last = time.monotonic() - begun  # how long it takes now: other work on the machine changes that
        if finished(cache):  # it was quicker than the kill
            with killed.watch("at the end of a build"):
                to_the_end(start(build, photos, str(cache), str(out), workers))
                check_end(cache, out, expected)
            shutil.rmtree(cache)
    with killed.watch("at the end"):
        to_the_end(start(build, photos, str(tmp_path / "a cache"), str(tmp_path / "end.npy"), workers))
        check_end(tmp_path / "a cache", tmp_path / "end.npy", expected)
        assert not psutil.wait_procs(families, timeout=90)[1], "workers live on"
    killed.end()


@pytest.mark.parametrize("kills", [pytest.param(1, id="quick"), pytest.param(100, id="many", marks=pytest.mark.stress)])
def test_one_or_both_of_two_builders_are_killed(start, photos, expected, seconds, fault, tmp_path, kills):
    killed, rng, builds = (
        fault("SIGKILL of one or both at random moments", "two that build the same pixel cache"),
        random.Random(3),
        0,
    )
    while killed.tried < kills:
        cache, builds = tmp_path / f"cache {builds}", builds + 1
        outs = [tmp_path / f"{builds} {builder}.npy" for builder in range(2)]
        processes = [start(build, photos, str(cache), str(out)) for out in outs]
        time.sleep(rng.uniform(0, 2 * seconds(1)))  # each has half of what one has
        victims = rng.choice([[0], [1], [0, 1]])
        hit = [killed_after(processes[victim], 0) for victim in victims]
        if not any(hit):
            continue
        with killed.trial(f"of {victims}"):
            for builder in {0, 1}.difference(victims):
                to_the_end(processes[builder])
                np.testing.assert_array_equal(np.load(outs[builder]), expected)
            to_the_end(start(build, photos, str(cache), str(tmp_path / "end.npy")))
            check_end(cache, tmp_path / "end.npy", expected)
        shutil.rmtree(cache, ignore_errors=True)
    killed.end()


@pytest.mark.stress
def test_workers_of_a_process_that_is_killed_after_its_build(start, photos, tmp_path):
    process = start(build_and_stay, photos, str(tmp_path / "a cache"), str(tmp_path / "out.npy"), 2)
    while not (tmp_path / "out.npy").exists():
        assert process.is_alive()
        time.sleep(0.1)
    family = children(process.pid)
    assert len(family) >= 2
    assert killed_after(process, 0)
    assert not psutil.wait_procs(family, timeout=90)[1], (
        "its workers live on"
    )  # but 10 s without work, and joblib's own 30 s


def test_killed_before_it_gets_its_name(start, photos, expected, tmp_path):
    cache, out = tmp_path / "a cache", tmp_path / "end.npy"
    process = start(build, photos, str(cache), str(out), 1, ("rename", 0))
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    (left,) = cache.iterdir()
    assert left.name.startswith(".building-") and (left / "manifest.json").exists()
    process = start(build, photos, str(cache), str(out))
    process.join(60)
    assert process.exitcode == 0
    check_end(cache, out, expected)


@pytest.mark.parametrize("damaged", [False, True], ids=["new", "damaged"])
@pytest.mark.parametrize("rounds", [pytest.param(1, id="quick"), pytest.param(40, id="many", marks=pytest.mark.stress)])
def test_several_builders_at_once(start, photos, expected, tmp_path, rounds, damaged):
    for number in range(rounds):
        cache = tmp_path / f"cache {number}"
        if damaged:
            build(photos[:40], str(cache), str(tmp_path / "first.npy"))
            (folder,) = cache.iterdir()
            (folder / "manifest.json").write_text("{")
        outs = [tmp_path / f"{number} {builder}.npy" for builder in range(3)]
        processes = [start(build, photos[:40], str(cache), str(out)) for out in outs]
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0, 0, 0]
        for out in outs:
            check_end(cache, out, expected[:40])
