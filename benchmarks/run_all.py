"""All benchmarks of speed, one after the other, and one table of what they found: ours, the peer, the floor, the ratio, what is claimed.

    python benchmarks/run_all.py --out out/benchmarks                               # make bench: under 25 minutes on 2 cores
    python benchmarks/run_all.py --quick --out out/benchmarks                       # make bench QUICK=1: under 4; does all of it run
    python benchmarks/run_all.py --out out/benchmarks --results benchmarks/results  # and keep speed.csv, scaling.json and scaling.png there
    python benchmarks/run_all.py scaling --budget 700 --out out/benchmarks --results benchmarks/results  # to a million items: half an hour

Each is a script of this folder and runs in a process of its own; its JSON is in --out, beside table.md and table.csv. The exit code is 1 if one
failed; a claim that does not hold is no failure, it stands in the table. The experiments (hierarchical_proxies, discovered, attributes,
crossmodal) are none of speed and take hours, nor is scale, which counts bytes; of search only a share is here, since all of it takes 45 minutes.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
SCRIPTS: dict[str, list[str]] = {  # and what is given beside --out
    "imports": ["--rounds", "3"],
    "losses": [],
    "evaluation": ["--memory", "--repeats", "2"],
    "training": [],
    "triplets": [],
    "explorer": [],
    "store": ["--queries", "1000"],
    "search": ["--data", "clustered", "--vectors", "30000", "--seconds", "60", "--rounds", "5"],
    "scaling": ["--budget", "30"],
    "gpu": [],
}
LEFT_OUT = 77
KEPT = ("scaling.json", "scaling.png")


def run(name: str, given: list[str], out: Path) -> dict:
    """One of them: its exit code, its seconds, and the JSON files that it wrote."""
    print(f"\n=== {name} {' '.join(given)}", flush=True)
    before, start = {path: path.stat().st_mtime_ns for path in out.glob("*.json")}, time.perf_counter()
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "HRLIB_PROGRESS": "0"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, str(HERE / f"{name}.py"), *given, "--out", str(out)]
    code = subprocess.run(command, env=environment, check=False).returncode
    written = [path for path in sorted(out.glob("*.json")) if before.get(path) != path.stat().st_mtime_ns]
    return {"name": name, "code": code, "seconds": time.perf_counter() - start, "written": written}


def gathered(paths: list[Path]) -> pd.DataFrame:
    """The lines of all files, a row each, with when and where they were measured."""
    from report import columns  # and torch with it, which a wrong name need not wait for

    rows = []
    for path in paths:
        record = json.loads(path.read_text(encoding="utf-8"))
        rows += [{"benchmark": record["benchmark"], **each, **columns(record)} for each in record["lines"]]
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame) -> str:
    """The table for people."""
    head = ["", "ours", "peer", "floor", "ours / peer", "asked", "holds"]
    rows = []
    for each in table.to_dict("records"):
        peer = f"{spoken(each['peer'])} ({each['peer_name']})" if pd.notna(each["peer"]) else ""
        ratio = f"{each['ratio']:.2f}" if pd.notna(each["ratio"]) else ""
        holds = {True: "yes", False: "**no**"}.get(each["holds"], "")
        rows.append([each["what"], spoken(each["ours"]), peer, spoken(each["floor"]), ratio, each["asked"], holds])
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in [head, ["---"] * len(head), *rows]]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells) + "\n"


def spoken(seconds: float | None) -> str:
    """A time with its unit, three figures; "" for none."""
    if pd.isna(seconds):
        return ""
    for unit, factor in (("s", 1), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:,.3g} {unit}" if seconds * factor < 1000 else f"{seconds * factor:,.0f} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def renewed(table: pd.DataFrame, before: Path) -> pd.DataFrame:
    """The table that is kept: where only some benchmarks ran, the lines of the others stay, each with its date."""
    if not before.is_file():
        return table
    old = pd.read_csv(before, float_precision="round_trip")
    order = list(dict.fromkeys([*old["benchmark"], *table["benchmark"]]))
    # as text and back, so that what is empty is so in the same way in both
    new = pd.read_csv(io.StringIO(table.to_csv(index=False)), float_precision="round_trip")
    both = pd.concat([old[~old["benchmark"].isin(new["benchmark"])], new])
    return both.sort_values("benchmark", key=lambda names: names.map(order.index), kind="stable")


def about(table: pd.DataFrame, done: list[dict], quick: bool) -> str:
    """What must be known to read the table."""
    first = table.iloc[0]
    minutes = sum(each["seconds"] for each in done) / 60
    loads = f"{table['load'].min()} to {table['load'].max()}"
    told = [
        f"{first['date'][:10]}, {first['processor']}, {first['cores']} cores; processes that ran or waited when each was written: {loads}.",
        f"{first['versions']}.",
        f"All took {minutes:.1f} minutes: "
        + ", ".join(f"{each['name']} {each['seconds']:.0f} s" for each in done)
        + ".",
    ]
    told += [f"{each['name']} was left out: what it needs is not here." for each in done if each["code"] == LEFT_OUT]
    told += [
        f"**{each['name']} FAILED** (exit code {each['code']})." for each in done if each["code"] not in (0, LEFT_OUT)
    ]
    if quick:
        told.append("**Made with --quick: sizes at which nothing is claimed; only that everything runs.**")
    return "\n".join(told) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help=f"some of {', '.join(SCRIPTS)}; all if none is named")
    parser.add_argument("--quick", action="store_true", help="small sizes: does all of it run")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"), help="folder for the JSON and the table")
    parser.add_argument("--budget", help="seconds up to which scaling tries a size; 30 if none is given")
    parser.add_argument("--results", type=Path, help="folder where speed.csv and the figure of growth are kept, too")
    args = parser.parse_args()
    if unknown := set(args.only) - set(SCRIPTS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(SCRIPTS)}")
    if args.results and args.quick:
        parser.error("--results keeps what was measured in full: leave out --quick")
    if args.budget:
        SCRIPTS["scaling"] = ["--budget", args.budget]
    args.out.mkdir(parents=True, exist_ok=True)
    chosen = {name: given for name, given in SCRIPTS.items() if not args.only or name in args.only}
    done = [run(name, ["--quick"] if args.quick else given, args.out.resolve()) for name, given in chosen.items()]
    table = gathered([path for each in done for path in each["written"]])
    if len(table):
        text = f"# Benchmarks of speed\n\n{markdown(table)}\n{about(table, done, args.quick)}"
        (args.out / "table.md").write_text(text, encoding="utf-8")
        table.to_csv(args.out / "table.csv", index=False)
        print(f"\n{text}\n{args.out / 'table.md'}")
        if args.results:
            kept = renewed(table, args.results / "speed.csv") if args.only else table
            kept.to_csv(args.results / "speed.csv", index=False)
            for name in KEPT if "scaling" in chosen else ():
                shutil.copy(args.out / name, args.results / name)
    sys.exit(int(any(each["code"] not in (0, LEFT_OUT) for each in done)))


if __name__ == "__main__":
    main()
