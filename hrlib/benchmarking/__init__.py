"""Benchmarks: every loss on every catalogue with every seed, resumable run by run, side by side, over several machines."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hrlib import progress
from hrlib.benchmarking.gather import BASES, gather, of_runs
from hrlib.benchmarking.live import Live
from hrlib.benchmarking.plan import Plan, plan, shard
from hrlib.benchmarking.pool import run_here, run_in_workers
from hrlib.benchmarking.results import Results
from hrlib.benchmarking.run import read_result
from hrlib.benchmarking.spec import RunSpec
from hrlib.errors import HrlibError
from hrlib.files import sweep, writing
from hrlib.settings import whole_number

__all__ = ["BASES", "Plan", "Results", "RunSpec", "benchmark", "gather", "plan", "shard"]


def benchmark(
    losses: Iterable[str] | Mapping[str, Any],
    catalogues: Iterable[str] | Mapping[str, Any] = ("synthetic",),
    seeds: int | Sequence[int] = 3,
    *,
    out_dir: str | Path,
    jobs: int = 2,
    which: str | None = None,
    bases: Mapping[str, str] | None = None,
    imports: Sequence[str] = (),
    **settings: Any,
) -> Results:
    """Train and test every loss on every catalogue with every seed, the same budget for each, and return the tables.

    Classes are divided in training, validation and test; the epoch is chosen on the validation classes; the test classes are looked at
    once. A run that is whole in `out_dir` is not done again: start the same call after an interruption and at most the runs in flight
    are lost.

    Args:
        losses, catalogues, seeds, **settings: see `plan`; settings also has those of `hr.fit` (epochs, batch_size, ...).
        out_dir: a folder a run is written there; runs with other settings may lie there too, and are left out of the results.
        jobs: runs side by side, each in a process with one thread; 1 runs them in this process.
        which: "i/n" does only every n-th run from the i-th on (see `shard`), to be gathered by `gather` from all shards' folders.
        bases: loss -> the loss it is compared with, pair by pair; None: the hierarchical ones with their flat bases.
        imports: modules that workers import first, where you register losses.

    Raises:
        HrlibError: nothing to run, an unknown name, or every run failed. A run that fails is listed in `about["failed"]`, and done again
            by the next call.
    """
    whole_number("jobs", jobs)
    planned = plan(losses, catalogues, seeds, **settings)
    specs, folder = shard(planned.specs, which), Path(out_dir)
    if not specs:
        raise HrlibError(f"shard {which} of {len(planned.specs)} runs holds none: give at most as many shards as runs")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for place in (folder, *(folder / spec.key for spec in specs)):
        sweep(place)
    todo = [spec for spec in specs if read_result(folder / spec.key) is None]
    failed: dict[str, str] = {}
    started, live = time.monotonic(), Live(specs, folder)
    outcomes = run_here(planned, todo, folder) if jobs == 1 else run_in_workers(planned, todo, folder, jobs, imports)
    with (
        contextlib.closing(outcomes),
        progress.bar(total=len(specs), initial=len(specs) - len(todo), unit="run") as bar,
    ):
        for done, (spec, error) in enumerate(outcomes, 1):
            if error:
                failed[spec.key] = error
            bar.update()
            live.tell(spec, error, done, len(todo), time.monotonic() - started)
    if failed and len(failed) == len(specs):
        raise HrlibError(f"every run failed, the first with: {next(iter(failed.values()))}")
    # only what was asked for: the folder may hold runs with other settings, too
    whole = [folder / spec.key for spec in specs if spec.key not in failed]
    results = of_runs(whole, None if bases is None else dict(bases))
    results.about["failed"] = failed
    return results
