"""Running notebooks with papermill, each in a process of its own."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from hrlib.errors import HrlibError
from hrlib.files import from_json
from hrlib.notebooks.execute import LOG, RECORD
from hrlib.notebooks.parameters import checked, declared
from hrlib.notebooks.processes import Processes
from hrlib.settings import nearest, whole_number


@dataclass(frozen=True)
class Outcome:
    """How a notebook's run ended: where the executed notebook lies, how long it took, its metrics, and its error if it failed."""

    name: str
    path: Path
    seconds: float
    error: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)


def find(names: Sequence[str] = (), folder: str | os.PathLike[str] = "notebooks") -> list[Path]:
    """The notebooks of a folder whose names are so or begin so: "03", or "03_hierarchical_proxies"; all of them without names.

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
        stem = Path(name).name.removesuffix(".ipynb")
        matches = [path for path in there if path.stem == stem] or [
            path for path in there if path.stem.startswith(stem)
        ]
        if len(matches) != 1:
            raise HrlibError(
                f"{len(matches)} notebooks begin with {name!r}; {nearest(name, [path.stem for path in there])}"
            )
        chosen += matches
    return list(dict.fromkeys(chosen)) or there


def run(
    notebooks: Iterable[str | os.PathLike[str]],
    parameters: Mapping[str, Any] | None = None,
    out: str | os.PathLike[str] = "out",
    *,
    jobs: int = 1,
    cell_timeout: int = 600,
    fail_fast: bool = False,
    solutions: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> list[Outcome]:
    """Run notebooks; each leaves OUT/NAME/NAME.ipynb, beside it run.json (time, error, parameters, versions) and its own metrics.json.

    Args:
        notebooks: paths.
        parameters: values by name, checked against every notebook's own before anything starts. `out_dir` is set here; other
            folders (names that end in _dir) are relative to the working directory.
        out: the folder for everything.
        jobs: how many at a time; with several each has one thread.
        cell_timeout: seconds that a cell may take.
        fail_fast: start no more after a failure.
        solutions: run the folded solutions of the exercises too, each as a cell where it stands.
        tell: called with a line when a notebook starts and ends.

    Raises:
        HrlibError: parameters that do not fit, two notebooks of one name; KeyboardInterrupt: after the kernels are gone.
    """
    paths = [Path(notebook) for notebook in notebooks]
    _check(paths, parameters or {}, jobs)
    values = checked(paths, parameters or {})
    out = Path(out).resolve()
    waiting, running, outcomes = list(paths), {}, []
    processes, pool = Processes(jobs), ThreadPoolExecutor(jobs)
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                path = waiting.pop(0)
                folder = out / path.stem
                own = {"out_dir": str(folder)} if "out_dir" in declared(path) else {}
                order: dict[str, Any] = {
                    "path": str(path.resolve()),
                    "folder": str(folder),
                    "values": {**values[path], **own},
                }
                order |= {"cell_timeout": cell_timeout, "solutions": solutions}
                running[pool.submit(processes.run, order)] = path
                tell(f"{path.stem}: started")
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                outcome = _outcome(future.result(), running.pop(future), out)
                outcomes.append(outcome)
                tell(f"{outcome.name}: {'FAILED' if outcome.error else 'ok'} after {outcome.seconds:.0f} s")
                if outcome.error and fail_fast:
                    waiting.clear()
    finally:
        processes.stop()
        pool.shutdown(cancel_futures=True)
    order_of = {path.stem: number for number, path in enumerate(paths)}
    return sorted(outcomes, key=lambda outcome: order_of[outcome.name])


def _check(paths: Sequence[Path], parameters: Mapping[str, Any], jobs: int) -> None:
    whole_number("jobs", jobs)
    if "out_dir" in parameters:
        raise HrlibError("out_dir is set for each notebook below --out: leave it out")
    repeated = [name for name, count in Counter(path.stem for path in paths).items() if count > 1]
    if repeated:
        raise HrlibError(
            f"{repeated[0]} is there twice: expected notebooks of different names, each writes to OUT/NAME"
        )


def table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """All metrics as rows of (notebook, metric, value)."""
    rows = [(outcome.name, metric, value) for outcome in outcomes for metric, value in outcome.metrics.items()]
    return pd.DataFrame(rows, columns=["notebook", "metric", "value"])


def _outcome(code: int, path: Path, out: Path) -> Outcome:
    folder, metrics = out / path.stem, {}
    if not (folder / RECORD).is_file():
        log = folder / LOG
        said = f"\n{log.read_text(errors='replace')[-2000:].strip()}" if log.is_file() else ""
        reason = f"its process was killed (exit code {code}): was there memory enough?{said}"
        if code > 0:
            free = shutil.disk_usage(folder).free
            reason = f"its process ended with {code} and wrote no {RECORD}: is the disk full ({free:,} bytes are free)?{said}"
        return Outcome(path.stem, folder / path.name, 0.0, reason)
    try:
        record = from_json((folder / RECORD).read_bytes())
        seconds, error = float(record["seconds"]), record["error"]
        if not isinstance(error, str | None):
            raise TypeError(f"an error is a text, and not {error!r}")
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as damaged:
        return Outcome(path.stem, folder / path.name, 0.0, f"its {RECORD} is damaged ({damaged}): run it again")
    if not error and (folder / "metrics.json").is_file():
        try:
            metrics = from_json((folder / "metrics.json").read_bytes())
            if not isinstance(metrics, dict):
                raise ValueError(f"expected names and values, got a {type(metrics).__name__}")
        except (OSError, ValueError) as damaged:
            metrics, error = {}, f"its metrics.json is no JSON: {damaged}"
    return Outcome(path.stem, folder / path.name, seconds, error, metrics)
