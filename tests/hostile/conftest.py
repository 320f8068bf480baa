"""Tries hostile input on a reader, counts, and holds it to: an answer, or an HrlibError that names the cause; nothing else, nowhere else."""

import shutil
import tempfile
import traceback
import warnings
from pathlib import Path

import pytest

from hrlib import HrlibError
from tests.hostile.watch import watched


@pytest.fixture
def attempt(tally):
    """attempt(fault, reader, call, *folders, names="") -> (what `call()` gives, None) or (None, the HrlibError).

    Only below `folders` may anything be written; the error must contain `names`.
    """

    def attempt(fault, reader, call, *folders, names=""):
        answer, refusal, wrong = None, None, ""
        with watched(*folders) as done, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                answer = call()
            except HrlibError as error:
                refusal = error
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                wrong = "".join(traceback.format_exception(error)[-3:])
        if refusal is not None and (len(str(refusal)) < 15 or names not in str(refusal)):
            wrong = f"an error that does not name the cause: {refusal!r:.500}"
        wrong = wrong or "; ".join(done)
        tally(fault, reader, failed=bool(wrong))
        assert not wrong, f"{reader}, {fault}: {wrong}"
        return answer, refusal

    return attempt


@pytest.fixture(scope="session")
def nowhere(tmp_path_factory):
    """A folder for what has no reason to write, alone in its own."""
    (folder := tmp_path_factory.mktemp("nowhere") / "nowhere").mkdir()
    return folder


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """fresh() -> a new folder, alone in its own; the last one is gone. (pytest's own factory would look through all folders before.)"""
    base = tmp_path_factory.mktemp("fresh")

    def fresh():
        for old in base.iterdir():
            shutil.rmtree(old)
        return Path(tempfile.mkdtemp(dir=base))

    return fresh
