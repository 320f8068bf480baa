"""Writes what README and the index of notebooks say of times and results: `make results`, between comments that name the part.

python -m docs.results                  # from benchmarks/results; a test fails when README says something else
python -m docs.results --times out      # also takes the times of a run of all notebooks (`make notebooks`) into notebooks.csv
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pandas as pd

from docs.measured import results, table
from hrlib.benchmarking.results import Results
from hrlib.errors import HrlibError

ROOT = Path(__file__).parents[1]
STORED = ROOT / "benchmarks" / "results"
INDEX = "index.ipynb"


def lessons(folder: Path, stored: Path, links: str = "") -> str:
    """The table of notebooks: what each says of itself, and how long it took."""
    small = pd.read_csv(stored / "notebooks.csv").set_index("notebook")["seconds"]
    rows = []
    for path in sorted(folder.glob("[0-9]*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        opening, parameters = ("".join(cell["source"]) for cell in cells[:2])
        title = re.match(r"# (.+)", opening)[1]
        question = re.search(r"\*\*(.+?\?)\*\*", opening, re.DOTALL)[1].replace("\n", " ")
        data = re.search(r"^dataset: .*#.*?: (.+)$", parameters, re.MULTILINE)
        took = f"{small[path.stem]:.0f} s" if path.stem in small else "–"
        full = _hours(path.stem[:2], stored)
        rows.append(
            [
                f"[{title}]({links}{path.name})",
                question,
                data[1] if data else "any",
                took,
                f"{full:.1f} h" if full else "–",
            ]
        )
    return table(["notebook", "the question that it answers", "data", "small", "full"], rows)


def _hours(number: str, stored: Path) -> float | None:
    """Hours of one core that the stored experiment of a notebook took, where that is written down."""
    if number == "06":
        return Results.read(stored / "benchmark").about["hours_of_one_core"]
    runs = stored / {"07": "attributes.csv", "08": "crossmodal.csv", "09": "crossmodal.csv"}.get(number, "none")
    return pd.read_csv(runs)["seconds"].sum() / 3600 if runs.is_file() else None


def between(text: str, name: str, new: str) -> str:
    """The text with another part between the comments <!-- NAME --> and <!-- end of NAME -->."""
    start, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    if text.count(start) != 1 or text.count(end) != 1:
        raise HrlibError(f"expected the comments {start.strip()} and {end.strip()} once each, in this order")
    before, rest = text.split(start)
    return before + start + new + end + rest.split(end)[1]


def readme(text: str, root: Path = ROOT, stored: Path = STORED) -> str:
    """The README with its table of notebooks and its results."""
    text = between(text, "notebooks", lessons(root / "notebooks", stored, "notebooks/"))
    return between(text, "results", results(stored))


def index(notebook: dict, root: Path = ROOT, stored: Path = STORED) -> dict:
    """The index of notebooks with its table, in its first cell."""
    first, *others = notebook["cells"]
    source = between("".join(first["source"]), "notebooks", lessons(root / "notebooks", stored))
    return notebook | {"cells": [first | {"source": source.splitlines(keepends=True)}, *others]}


def times(out: Path, stored: Path = STORED) -> None:
    """Seconds of the notebooks that were run into `out` with their defaults: notebooks.csv, where those that were not keep theirs."""
    kept = stored / "notebooks.csv"
    seconds = pd.read_csv(kept).set_index("notebook")["seconds"].to_dict() if kept.is_file() else {}
    for path in sorted(out.glob("*/run.json")):
        run = json.loads(path.read_text())
        if run["error"] is None and set(run["parameters"]) <= {"out_dir"}:
            seconds[path.parent.name] = round(run["seconds"])
    pd.Series(seconds, name="seconds").rename_axis("notebook").sort_index().to_csv(kept)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=Path, metavar="OUT", help="the folder of a run of the notebooks")
    options = parser.parse_args(arguments)
    if options.times:
        times(options.times)
    page = ROOT / "README.md"
    page.write_text(readme(page.read_text(encoding="utf-8")), encoding="utf-8")
    table_of_contents = ROOT / "notebooks" / INDEX
    made = index(json.loads(table_of_contents.read_text(encoding="utf-8")))
    table_of_contents.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
