"""python -m hrlib.notebooks: see --help."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from hrlib.errors import HrlibError
from hrlib.notebooks.lessons import copy_for_students
from hrlib.notebooks.parameters import declared
from hrlib.notebooks.report import write_report
from hrlib.notebooks.run import Outcome, find, run, table
from hrlib.notebooks.stored import store_outputs
from hrlib.spreadsheet import to_csv


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen notebooks; 0 if all passed, 1 if one failed, 2 if the call was wrong, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m hrlib.notebooks",
        description="Run notebooks with parameters; gather their metrics; write a report.",
    )
    parser.add_argument("names", nargs="*", help="numbers or names, such as 03; none: all")
    parser.add_argument(
        "-p",
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="may be given again for another name",
    )
    parser.add_argument("--notebooks", default=_default_folder(), help="the folder of the notebooks (%(default)s)")
    parser.add_argument("--out", default="out", help="the folder for results (%(default)s)")
    parser.add_argument(
        "--jobs", type=int, default=1, help="notebooks at a time, with one thread each if several (%(default)s)"
    )
    parser.add_argument(
        "--cell-timeout", type=int, default=600, metavar="SECONDS", help="that a cell may take (%(default)s)"
    )
    parser.add_argument("--fail-fast", action="store_true", help="start no more after a failure")
    parser.add_argument("--list", action="store_true", help="list the notebooks and their parameters, run nothing")
    parser.add_argument(
        "--store", action="store_true", help="write the outputs back into the notebooks, to be committed"
    )
    parser.add_argument("--solutions", action="store_true", help="run the folded solutions of the exercises too")
    parser.add_argument(
        "--copy", metavar="DIR", help="copy the notebooks for students, without their solutions; run nothing"
    )
    parser.add_argument("--force", action="store_true", help="with --copy: write over files that differ")
    options = parser.parse_args(arguments)
    try:
        notebooks = find(options.names, options.notebooks)
        if options.store and (options.parameter or options.solutions):
            raise HrlibError("--store keeps the outputs of a reader's first run: leave out -p and --solutions")
        if options.force and not options.copy:
            raise HrlibError("--force is for --copy DIR: leave it out")
        if options.list:
            return _list(notebooks)
        if options.copy:
            copies = copy_for_students(notebooks, options.copy, options.force)
            print(f"{len(copies)} notebooks without solutions in {options.copy}")
            return 0
        values = _values(options.parameter)
        settings = {"jobs": options.jobs, "cell_timeout": options.cell_timeout, "fail_fast": options.fail_fast}
        settings["solutions"] = options.solutions
        outcomes = run(notebooks, values, options.out, tell=lambda line: print(line, flush=True), **settings)
    except HrlibError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: the kernels are stopped; what was done lies in", options.out, file=sys.stderr)
        return 130
    metrics = table(outcomes)
    if len(metrics):
        print("\n" + metrics.to_string(index=False, float_format="{:.4f}".format))
    for outcome in outcomes:
        if outcome.error:
            print(f"\n{outcome.name}: {outcome.error}", file=sys.stderr)
    try:
        report = _written(outcomes, metrics, options)
    except HrlibError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    failed = sum(outcome.error is not None for outcome in outcomes)
    print(f"\n{len(outcomes) - failed} passed, {failed} failed; report: {report}")
    return 1 if failed else 0


def _written(outcomes: list[Outcome], metrics: pd.DataFrame, options: argparse.Namespace) -> Path:
    """Write what the notebooks have in common, and their stored outputs if that is asked for; where the report lies."""
    to_csv(metrics, Path(options.out) / "metrics.csv")
    for outcome in outcomes:
        if options.store and not outcome.error:
            store_outputs(outcome.path, Path(options.notebooks) / outcome.path.name)
    return write_report(outcomes, Path(options.out))


def _default_folder() -> str:
    """notebooks/ here, or beside the package in a checkout."""
    beside = Path(__file__).resolve().parents[2] / "notebooks"
    return "notebooks" if Path("notebooks").is_dir() or not beside.is_dir() else str(beside)


def _values(texts: list[str]) -> dict[str, str]:
    """The parameters given with -p NAME=VALUE."""
    values: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise HrlibError(f"-p {text}: expected NAME=VALUE, such as -p epochs=5")
        if name in values:
            raise HrlibError(f"-p {name} is given twice, as {values[name]!r} and {value!r}: expected each name once")
        values[name] = value
    return values


def _list(notebooks: list[Path]) -> int:
    for notebook in notebooks:
        print(notebook.stem)
        for parameter in declared(notebook).values():
            print(f"    {parameter.name}: {parameter.type} = {parameter.default}  {parameter.help}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
