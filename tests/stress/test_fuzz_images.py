"""The decoder on mutated pictures: our error or an array of the right shape; no crash, no memory beyond what the cap allows."""

import json
import resource
import warnings

import numpy as np
import pytest

from hrlib import BadImage
from hrlib.catalogue.images import decode, resize
from tests.stress.mutations import mutated, pictures

MAX_PIXELS = 1_000_000  # 4 MB as RGBA; a decoder holds a few copies
MAX_GROWTH = 200_000  # kB


def fuzz(seed: int, count: int, report: str) -> None:
    """Decode and resize `count` mutations; what came out, and by how much the memory grew, goes to the file `report`."""
    warnings.simplefilter("always")
    rng = np.random.default_rng(seed)
    originals = pictures(rng)
    mutated(originals[0], originals[1], rng)
    before, seen, wrong = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, {"image": 0, "BadImage": 0}, []
    for number in range(count):
        data = mutated(originals[number % len(originals)], originals[rng.integers(len(originals))], rng)
        size = tuple(int(side) for side in rng.integers(1, 70, 2))
        try:
            with warnings.catch_warnings(record=True) as warned:
                image = decode(data, max_pixels=MAX_PIXELS, name="photo")
            assert not warned, warned[0].message
            assert image.mode == "RGB" and image.width * image.height <= MAX_PIXELS
            for fit in ("pad", "crop", "stretch"):
                pixels = resize(image, size, fit)
                assert pixels.shape == (*size, 3) and pixels.dtype == np.uint8
            seen["image"] += 1
        except BadImage as error:
            assert str(error).startswith("photo: ")
            seen["BadImage"] += 1
        except BaseException as error:
            wrong.append(
                f"{type(error).__name__}: {error} ({data[:60].hex()}... {len(data)} bytes, mutation {number} of seed {seed})"
            )
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    with open(report, "w") as file:
        json.dump({"seen": seen, "wrong": wrong, "growth": growth}, file)


@pytest.mark.parametrize(
    ("seed", "count"),
    [
        pytest.param(0, 1_000, id="quick"),
        *(pytest.param(seed, 10_000, id=f"many {seed}", marks=pytest.mark.stress) for seed in range(1, 11)),
    ],
)
def test_only_our_error_or_the_right_shape(start, tmp_path, tally, seed, count):
    process = start(fuzz, seed, count, str(tmp_path / "report.json"))
    process.join(1200)
    tally("mutated photos", "decode and resize", times=count, failed=process.exitcode != 0)
    assert process.exitcode == 0, "the process died, or hangs"
    report = json.loads((tmp_path / "report.json").read_text())
    tally("mutated photos", "decode and resize", times=0, failed=bool(report["wrong"]))
    assert not report["wrong"], report["wrong"][:5]
    assert report["growth"] < MAX_GROWTH
    assert min(report["seen"].values()) > count / 50, "the mutations are all of one kind: nothing was tested"


def test_the_pictures_are_sound_before_they_are_mutated():
    found = []
    for data in pictures(np.random.default_rng(0)):
        try:
            found.append(decode(data).size)
        except BadImage as error:
            found.append(str(error))
    assert found.count("animated, 2 frames; give a still picture") == 2 and all(
        size in ((53, 37), (37, 53), (30, 20)) for size in found if isinstance(size, tuple)
    )
