"""Faults that are tried many times: how often, and how often what should hold did not. docs/faults.md is made of these figures (`tally`)."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from pathlib import Path

import psutil


class Fault:
    """What a test tries, such as "SIGKILL" of "training"."""

    def __init__(self, name: str, target: str, tally):
        self.name, self.target, self._tally, self.tried, self.failures = name, target, tally, 0, []

    @contextlib.contextmanager
    def trial(self, what: str = ""):
        """One more try: a block in which nothing may fail."""
        self.tried += 1
        self._tally(self.name, self.target)
        with self.watch(what):
            yield

    def also(self, times: int) -> None:
        """So many more were in the same block."""
        self.tried += times
        self._tally(self.name, self.target, times=times)

    @contextlib.contextmanager
    def watch(self, what: str = ""):
        """More of what was tried last."""
        try:
            yield
        except Exception as error:
            self._tally(self.name, self.target, failed=True, times=0)
            self.failures.append(f"{self.tried} {what}: {type(error).__name__}: {error}")

    def end(self) -> None:
        """Fail where a try has failed."""
        print(f"{self.name}, {self.target}: {self.tried} tried, {len(self.failures)} failed")
        assert not self.failures, "\n".join(self.failures[:10])


def killed_after(process, seconds: float) -> bool:
    """Kill -9 a multiprocessing.Process after so many seconds; False where it had ended by itself, without an error."""
    process.join(seconds)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"it ended with {process.exitcode}"
    return process.exitcode != 0


def use_temp(folder: str) -> None:
    """Have this process and those that it starts use a folder of their own for temporary files, by which they can be found."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = folder
    tempfile.tempdir = None


def started_with(temp: Path) -> list[psutil.Process]:
    """The living processes that a process with this folder for temporary files has started, and theirs."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("TMPDIR") == str(temp) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def check_none_lives(temp: Path, seconds: float = 60) -> None:
    """Nothing that was started lives on, after a while."""
    end = time.monotonic() + seconds
    while (left := started_with(temp)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not left, f"they live on: {[process.cmdline() for process in left]}"
