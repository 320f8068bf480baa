"""Running notebooks with papermill, each in a process of its own."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from hrlib.errors import HrlibError
from hrlib.notebooks.parameters import checked, declared
from hrlib.settings import nearest

ANSI = re.compile(r"\x1b\[[0-9;]*m")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Outcome:
    """How a notebook's run ended: where the executed notebook lies, how long it took, its metrics, and its error if it failed."""

    name: str
    path: Path
    seconds: float
    error: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)


def find(names: Sequence[str] = (), folder: str | os.PathLike[str] = "notebooks") -> list[Path]:
    """The notebooks of a folder whose names begin so: "03", or "03_hierarchical_proxies"; all of them without names.

    Raises:
        HrlibError: no such folder, no notebooks in it, or a name that none or several begin with.
    """
    folder = Path(folder)
    there = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    if not there:
        raise HrlibError(
            f"no notebooks in {folder.resolve()}: run this where the folder notebooks/ is, or name it with --notebooks"
        )
    chosen = []
    for name in names:
        matches = [path for path in there if path.stem.startswith(Path(name).stem)]
        if len(matches) != 1:
            raise HrlibError(
                f"{len(matches)} notebooks begin with {name!r}; {nearest(name, [path.stem for path in there])}"
            )
        chosen += matches
    return chosen or there


def run(
    notebooks: Iterable[str | os.PathLike[str]],
    parameters: Mapping[str, Any] | None = None,
    out: str | os.PathLike[str] = "out",
    *,
    jobs: int = 1,
    cell_timeout: int = 600,
    fail_fast: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> list[Outcome]:
    """Run notebooks; each leaves OUT/NAME/NAME.ipynb, and its metrics.json beside it.

    Args:
        notebooks: paths.
        parameters: values by name, checked against every notebook's own before anything starts. `out_dir` is set here.
        out: the folder for everything.
        jobs: how many at a time; with several each has one thread.
        cell_timeout: seconds that a cell may take.
        fail_fast: start no more after a failure.
        tell: called with a line when a notebook starts and ends.

    Raises:
        HrlibError: parameters that do not fit; KeyboardInterrupt: after the kernels are gone.
    """
    paths = [Path(notebook) for notebook in notebooks]
    if jobs < 1:
        raise HrlibError(f"jobs is {jobs}: expected at least 1")
    if "out_dir" in (parameters or {}):
        raise HrlibError("out_dir is set for each notebook below --out: leave it out")
    values = checked(paths, parameters or {})
    out = Path(out).resolve()
    waiting, running, outcomes = list(paths), {}, []
    pool = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_quiet, initargs=(jobs,)
    )
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                path = waiting.pop(0)
                folder = out / path.stem
                own = {"out_dir": str(folder)} if "out_dir" in declared(path) else {}
                running[pool.submit(_execute, path.resolve(), folder, {**values[path], **own}, cell_timeout)] = path
                tell(f"{path.stem}: started")
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                path = running.pop(future)
                outcome = _outcome(future, path, out)
                outcomes.append(outcome)
                tell(f"{outcome.name}: {'FAILED' if outcome.error else 'ok'} after {outcome.seconds:.0f} s")
                if outcome.error and fail_fast:
                    waiting.clear()
    finally:
        for process in list((pool._processes or {}).values()) if running else []:
            process.terminate()  # its kernel watches for its parent and ends with it
        pool.shutdown(cancel_futures=True)
    return sorted(outcomes, key=lambda outcome: paths.index(next(p for p in paths if p.stem == outcome.name)))


def table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """All metrics as rows of (notebook, metric, value)."""
    rows = [(outcome.name, metric, value) for outcome in outcomes for metric, value in outcome.metrics.items()]
    return pd.DataFrame(rows, columns=["notebook", "metric", "value"])


def _quiet(jobs: int) -> None:
    """In the process of a notebook, before its kernel: what the kernel inherits."""
    os.environ.setdefault("HRLIB_PROGRESS", "0")
    for variable in THREADS if jobs > 1 else ():
        os.environ[variable] = "1"
    logging.getLogger("traitlets").setLevel(logging.ERROR)


def _execute(path: Path, folder: Path, values: dict[str, Any], cell_timeout: int) -> tuple[float, str | None]:
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").unlink(missing_ok=True)  # of an earlier run: it must not be taken for this one's
    start, error = time.perf_counter(), None
    try:
        papermill.execute_notebook(
            str(path),
            str(folder / path.name),
            values,
            kernel_name="python3",
            execution_timeout=cell_timeout,
            progress_bar=False,
            log_output=False,
            cwd=str(path.parent),
            store_widget_state=False,
            extra_arguments=[
                "--IPKernelApp.log_level=ERROR"
            ],  # it warns at each start about a transport that stays on this machine
        )
    except papermill.PapermillExecutionError as failed:
        error = _explained(failed.exec_count, failed.source, "\n".join(failed.traceback))
    except CellTimeoutError as failed:
        error = f"a cell took longer than {cell_timeout} s (--cell-timeout)\n{ANSI.sub('', str(failed))}"
    except DeadKernelError as failed:
        error = f"the kernel died ({failed}): was there memory enough?"
    return time.perf_counter() - start, error


def _explained(count: int, source: str, traceback: str) -> str:
    cell = "\n".join(f"    {line}" for line in source.strip().splitlines())
    return f"cell [{count}] failed:\n\n{cell}\n\n{ANSI.sub('', traceback).strip()}"


def _outcome(future, path: Path, out: Path) -> Outcome:
    folder = out / path.stem
    try:
        seconds, error = future.result()
    except BrokenProcessPool:
        seconds, error = 0.0, "its process was killed"
    metrics = {}
    if not error and (folder / "metrics.json").is_file():
        try:
            metrics = json.loads((folder / "metrics.json").read_text())
        except ValueError as damaged:
            error = f"its metrics.json is no JSON: {damaged}"
    return Outcome(path.stem, folder / path.name, seconds, error, metrics)
