"""Doing the runs: here, or in worker processes with one thread each."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from dataclasses import asdict
from pathlib import Path

from hrlib.benchmarking.plan import Plan
from hrlib.benchmarking.run import run_one
from hrlib.benchmarking.spec import RunSpec
from hrlib.errors import HrlibError
from hrlib.threads import ONE_THREAD

Outcome = tuple[RunSpec, str | None]


def run_here(plan: Plan, specs: Sequence[RunSpec], folder: Path) -> Generator[Outcome]:
    """One run after another in this process; yields each with its error, if it failed."""
    for spec in specs:
        try:
            run_one(spec, folder / spec.key, plan.catalogues.get(spec.catalogue), plan.losses.get(spec.label))
            yield spec, None
        except Exception as error:  # one loss that fails must not lose the others
            yield spec, f"{type(error).__name__}: {error}"


def run_in_workers(
    plan: Plan, specs: Sequence[RunSpec], folder: Path, jobs: int, imports: Sequence[str] = ()
) -> Generator[Outcome]:
    """Runs side by side in `jobs` processes; yields each as it ends. When the caller stops (Ctrl-C), the processes are ended."""
    if plan.catalogues or plan.losses:
        given = ", ".join([*plan.catalogues, *plan.losses])
        raise HrlibError(
            f"{given}: objects of this process cannot go to {jobs} worker processes. Use jobs=1, or give the names of a data set and of a "
            "registered loss (imports=[module] where you register it)"
        )
    waiting: queue.Queue[RunSpec] = queue.Queue()
    for spec in specs:
        waiting.put(spec)
    done: queue.Queue[Outcome] = queue.Queue()
    workers = [_Worker(folder, imports) for _ in range(min(jobs, len(specs)))]
    threads = [threading.Thread(target=worker.serve, args=(waiting, done), daemon=True) for worker in workers]
    try:
        for thread in threads:
            thread.start()
        for _ in specs:
            yield done.get()
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """A worker process, started anew when it dies (out of memory, killed): only the run that it was at fails."""

    def __init__(self, folder: Path, imports: Sequence[str]):
        self.command = [sys.executable, "-m", "hrlib.benchmarking.worker", str(folder), *imports]
        self.log = folder / "workers.log"
        self.process: subprocess.Popen | None = None
        self.stopped = False

    def serve(self, waiting: queue.Queue[RunSpec], done: queue.Queue[Outcome]) -> None:
        while not self.stopped:
            try:
                spec = waiting.get_nowait()
            except queue.Empty:
                return
            done.put((spec, self._ask(spec)))

    def _ask(self, spec: RunSpec) -> str | None:
        try:
            if self.process is None or self.process.poll() is not None:
                self._start()
            self.process.stdin.write(json.dumps(asdict(spec)) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except OSError as error:
            return f"the worker process could not be reached ({error}); {self.log} may say why"
        if not answer:
            return f"the worker process ended with {self.process.wait()}; {self.log} may say why"
        return json.loads(answer).get("error")

    def _start(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **ONE_THREAD, "HRLIB_PROGRESS": "0"},
                start_new_session=True,  # Ctrl-C goes to the parent alone, which ends the workers
            )
        if self.stopped:  # while it was started
            self.process.kill()

    def stop(self) -> None:
        self.stopped = True
        if self.process is not None:
            self.process.kill()  # a run in flight is lost; results are written whole or not at all
            self.process.wait()
