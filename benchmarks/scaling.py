"""How the cost of embedding, evaluation, projection and search grows from 10,000 to 1,000,000 items: seconds, memory, slopes.

    python benchmarks/scaling.py --out FOLDER                   # scaling.json, scaling.png
    python benchmarks/scaling.py --budget 600 --out FOLDER      # further up, where `make bench` has no time
    python benchmarks/scaling.py --quick --out FOLDER

Each operation at each size runs in a process of its own, after a small one of its kind, so that imports and first calls are not measured.
Memory is the most that the process held at once during the operation beyond what it held before: beyond photos and vectors, with the
result. (The peak is set back on Linux only; elsewhere the figure can be too low.) Vectors are made up, 64 dimensions, five items a class;
photos are 64 x 48, a thousand different ones over and over, so that it is not the disk that is measured. UMAP makes 200 epochs at every size
(left alone it makes 500 up to 10,000 items). Queries of a store come one at a time, 200 of them.

The next size is left out where the growth so far says that it would take longer than --budget seconds; the table says so. Slopes are those of
straight lines through the logarithms, by least squares; their 95% intervals are Student's, from three sizes on. They describe these sizes: a
part that does not grow makes the line flatter.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from evaluation import made_up
from growth import draw, predicted, slopes, told
from report import circumstances, from_here_on, line, peak_mb, write

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
DIM, QUERIES, K = 64, 200, 10
Work = Callable[[], object]


def embed(n: int) -> dict[str, Work]:
    import hrlib as hr

    photos = np.random.default_rng(0).integers(0, 255, (1_000, 64, 48, 3), np.uint8)
    hierarchy = hr.Hierarchy.from_frame(pd.DataFrame({"class": np.arange(n) // 5}))
    store = hr.ImageStore(photos, np.arange(n) % len(photos))
    catalogue = hr.Catalogue("made up", pd.DataFrame({"id": np.arange(n)}), store, hierarchy)
    model = hr.models.image_encoder("small", dim=DIM)
    return {"hr.embed": lambda: hr.embed(model, catalogue)}


def evaluate(n: int) -> dict[str, Work]:
    import hrlib as hr

    x, hierarchy = made_up(n, DIM)
    return {"hr.evaluate": lambda: hr.evaluate(x, hierarchy)}


def pca(n: int) -> dict[str, Work]:
    import hrlib as hr

    x, _ = made_up(n, DIM)
    return {"project, pca": lambda: hr.explore.project(x, "pca")}


def umap(n: int) -> dict[str, Work]:
    import hrlib as hr

    x, _ = made_up(n, DIM)
    return {"project, umap": lambda: hr.explore.project(x, "umap", n_epochs=200)}


def store(kind: str) -> Callable[[int], dict[str, Work]]:
    def made(n: int) -> dict[str, Work]:
        from hrlib.search import FaissStore

        x, _ = made_up(n + QUERIES, DIM)
        one = FaissStore(DIM, kind)

        def fill() -> None:
            one.upsert(range(n), x[:n])
            one.wait()

        def ask() -> None:
            for row in range(n, n + QUERIES):
                one.search(x[row : row + 1], K)

        return {f"store, {kind}: fill": fill, f"store, {kind}: {QUERIES} queries": ask}

    return made


OPERATIONS = {"embed": embed, "evaluate": evaluate, "pca": pca, "umap": umap}
OPERATIONS |= {kind: store(kind) for kind in ("exact", "hnsw", "ivf")}
SMALL = {"umap": 4_500}  # items of the small one; from 4,097 on UMAP looks for neighbours in another way


def one(operation: str, n: int) -> list[dict]:
    """In a process of its own: a row a part of the operation. What takes less than a second is the quickest of five, but for what fills a store."""
    for work in OPERATIONS[operation](SMALL.get(operation, 1_000)).values():
        work()
    parts, rows = OPERATIONS[operation](n), []
    for what, work in parts.items():
        before, seconds = from_here_on(), []
        while not seconds or (sum(seconds) < 1 and len(seconds) < 5 and not what.endswith("fill")):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
        rows.append({"what": what, "n": n, "seconds": min(seconds), "mb": peak_mb() - before})
    return rows


def grow(operation: str, sizes: tuple[int, ...], budget: float, threads: int) -> tuple[list[dict], dict]:
    """The rows of all sizes that the budget allows, and for the first that it does not, what was expected."""
    rows, spent = [], {}
    for n in sizes:
        if spent and (expected := predicted(spent, n)) > budget:
            return rows, {"n": n, "expected_seconds": expected}
        command = [sys.executable, __file__, "--one", operation, "--sizes", str(n), "--threads", str(threads)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"HRLIB_PROGRESS": "0"})
        if done.returncode:  # killed for want of memory, for one: the others go on
            return rows, {"n": n, "failed": f"exit code {done.returncode}"}
        found = json.loads(done.stdout.splitlines()[-1])
        rows += [{"operation": operation, **row} for row in found]
        spent[n] = sum(row["seconds"] for row in found)
        print(*(f"{r['what']:26} {n:>9,} {r['seconds']:9.2f} s {r['mb']:8.0f} MB" for r in found), sep="\n", flush=True)
    return rows, {}


def lines(rows: list[dict], fitted: dict[str, dict], left: dict[str, dict]) -> list[dict]:
    """Of the table of all benchmarks: each part at its largest size, with its slope."""
    found = []
    for what, part in pd.DataFrame(rows).groupby("what", sort=False):
        last = part.iloc[-1]
        grows = f"grows as {told(fitted[what]['seconds'])}, {last['mb']:,.0f} MB"
        more = f"; {size['n']:,} left out" if (size := left[last["operation"]]) else ""
        found.append(line(f"{what}, {last['n']:,} x {DIM}: {grows}{more}", float(last["seconds"])))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--operations", nargs="+", choices=list(OPERATIONS), default=list(OPERATIONS))
    parser.add_argument("--budget", type=float, default=60, help="seconds that an operation may take at a size")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of torch and of faiss")
    parser.add_argument("--quick", action="store_true", help="1,000 and 3,000 items: does it run at all")
    parser.add_argument("--one", choices=list(OPERATIONS), help=argparse.SUPPRESS)
    parser.add_argument("--out", help="folder for scaling.json and scaling.png")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.one:
        import faiss

        faiss.omp_set_num_threads(args.threads)
        print(json.dumps(one(args.one, args.sizes[0])))
        return
    sizes = (1_000, 3_000) if args.quick else tuple(sorted(args.sizes))
    rows, left = [], {}
    for operation in args.operations:
        found, left[operation] = grow(operation, sizes, args.budget, args.threads)
        rows += found
    fitted = slopes(rows)
    for what, each in fitted.items():
        print(f"{what:26} seconds {told(each['seconds'])}, memory {told(each['mb'])}")
    for operation, size in left.items():
        if size:
            print(f"{operation}: left out from {size['n']:,} items on: {size}")
    if args.out:
        from hrlib.explore import to_png

        record = {"benchmark": "scaling", "settings": vars(args), **circumstances(), "rows": rows, "slopes": fitted}
        write(args.out, "scaling", record | {"left_out": left, "lines": lines(rows, fitted, left)})
        (Path(args.out) / "scaling.png").write_bytes(to_png(draw(rows, fitted)))


if __name__ == "__main__":
    main()
