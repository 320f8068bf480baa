"""The processes of notebooks: started with what they inherit, and ended in order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from hrlib.files import mark, sweep, writing
from hrlib.notebooks.execute import LOG, PATIENCE, RECORD
from hrlib.threads import ONE_THREAD

COMMAND = [sys.executable, "-c", "from hrlib.notebooks.execute import main; raise SystemExit(main())"]


class Processes:
    """Runs notebooks, each in a process of its own, from as many threads as one likes; `stop` ends all of them and their kernels."""

    def __init__(self, jobs: int):
        self._environment = _environment(jobs)
        self._started: list[subprocess.Popen] = []
        self._stopped = threading.Event()
        sweep(Path(tempfile.gettempdir()))

    def run(self, order: dict[str, Any]) -> int:
        """Run one notebook to its end; the exit code of its process. Beside the notebook lie run.json and, if it said anything, its log."""
        folder = Path(order["folder"])
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            for left in (RECORD, LOG, "metrics.json"):  # of an earlier run: they must not be taken for this one's
                (folder / left).unlink(missing_ok=True)
            log = open(folder / LOG, "wb")  # noqa: SIM115 - closed below
        # of its own, for the kernel's address: a kernel that is killed leaves it, and Jupyter's own folder is never swept
        with (
            log,
            tempfile.TemporaryDirectory(
                prefix=".hrlib-kernel-", suffix=f".{mark()}", ignore_cleanup_errors=True
            ) as runtime,
        ):
            return self._wait(order, log, runtime)

    def _wait(self, order: dict[str, Any], log: BinaryIO, runtime: str) -> int:
        process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**self._environment, "JUPYTER_RUNTIME_DIR": runtime},
            start_new_session=True,  # Ctrl-C in the terminal reaches this process alone, which then stops the others in order
        )
        self._started.append(process)
        with suppress(OSError, ValueError):  # it is gone or stopped already: its exit code tells
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        if self._stopped.is_set():  # it was started while the others were stopped
            process.stdin.close()
        code = process.wait()
        process.stdin.close()
        if not os.fstat(log.fileno()).st_size:
            os.unlink(log.name)
        return code

    def stop(self) -> None:
        """End what still runs: a process ends with its standard input."""
        self._stopped.set()
        alive = [process for process in self._started if process.poll() is None]
        for process in alive:
            with suppress(OSError):
                process.stdin.close()
        for process in alive:
            try:
                process.wait(PATIENCE + 5)
            except subprocess.TimeoutExpired:
                process.kill()


def _environment(jobs: int) -> dict[str, str]:
    """What a process and its kernel inherit. The kernel stands in the notebook's folder: relative folders are made absolute."""
    found = {"HRLIB_PROGRESS": "0", **os.environ, **(ONE_THREAD if jobs > 1 else {})}
    return found | {name: str(Path(found[name]).resolve()) for name in ("HRLIB_DATA", "HRLIB_CACHE") if found.get(name)}
