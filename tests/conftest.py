"""What all tests share: the folder of real data, one thread a process, one cache for the whole session."""

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import hypothesis
import pytest

from hrlib.files import mark, sweep

hypothesis.settings.register_profile("default", deadline=None, max_examples=20, derandomize=True, database=None)
hypothesis.settings.register_profile("stress", deadline=None, max_examples=10_000, database=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# a cache of the test run's own, made here once and inherited by its parallel processes: the user's is neither used nor filled
_owner = "HRLIB_TEST_CACHE" not in os.environ
if _owner:
    sweep(Path(tempfile.gettempdir()))
    os.environ["HRLIB_TEST_CACHE"] = tempfile.mkdtemp(prefix=".hrlib-tests-", suffix=f".{mark()}")
os.environ["HRLIB_CACHE"] = os.environ["HRLIB_TEST_CACHE"]
os.environ["HRLIB_PROGRESS"] = "0"


def pytest_configure(config):
    import torch

    torch.set_num_threads(1)


def pytest_sessionfinish(session):
    if _owner:
        shutil.rmtree(os.environ.pop("HRLIB_TEST_CACHE"), ignore_errors=True)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the real data sets; tests that need it are skipped where HRLIB_DATA does not name it."""
    folder = os.environ.get("HRLIB_DATA")
    if not folder:
        pytest.skip("HRLIB_DATA is not set: no real data here")
    return Path(folder)


@pytest.fixture
def tally(record_property):
    """tally(fault, reader, failed=False) counts a hostile input or a fault that was tried; `tests/hostile/table.py` gathers the counts.

    A test that fails is counted as a failure without that.
    """
    tried, wrong = Counter(), Counter()

    def tally(fault: str, reader: str, *, failed: bool = False, times: int = 1) -> None:
        tried[fault, reader] += times
        wrong[fault, reader] += failed

    yield tally
    for (fault, reader), times in tried.items():
        record_property("tried", [fault, reader, times, wrong[fault, reader]])
