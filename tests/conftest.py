"""What all tests share: the folder of real data, one thread a process, one cache for the whole session."""

import os
import tempfile
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("default", deadline=None, max_examples=20, derandomize=True, database=None)
hypothesis.settings.register_profile("stress", deadline=None, max_examples=10_000, database=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# a cache of the test run's own, shared by its parallel processes: the user's is neither used nor filled
_run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
os.environ["HRLIB_CACHE"] = str(Path(tempfile.gettempdir()) / f"hrlib-tests-{_run}")
os.environ["HRLIB_PROGRESS"] = "0"


def pytest_configure(config):
    import torch

    torch.set_num_threads(1)


def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):  # the parent of parallel workers, or the only process
        import shutil

        shutil.rmtree(Path(tempfile.gettempdir()) / f"hrlib-tests-{_run}", ignore_errors=True)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the real data sets; tests that need it are skipped where HRLIB_DATA does not name it."""
    folder = os.environ.get("HRLIB_DATA")
    if not folder:
        pytest.skip("HRLIB_DATA is not set: no real data here")
    return Path(folder)
