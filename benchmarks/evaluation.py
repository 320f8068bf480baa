"""How long the retrieval metrics take, beside pytorch-metric-learning's AccuracyCalculator in the same run.

    python benchmarks/evaluation.py --sizes 12000 20000 --memory --out FOLDER

Clustered random embeddings, 5 items a class, 12 superclasses. "finest" is the metrics of the finest level alone, beside
AccuracyCalculator's three metrics of it; "table" is ours of both levels and "hierarchical" is with the metrics of the
whole hierarchy, both beside AccuracyCalculator's three metrics at the superclass level. Both sides use as many threads
as each other, run in turns, and count with their quickest run, by the clock (`ratio`) and by the processor's time, which
other jobs on the machine disturb less (`cpu_ratio`). The floor is the products of all pairs, in chunks, and nothing done with them.

With --memory: the hierarchical table at the size of the test half of Stanford Online Products (60,502 embeddings, 11,316
classes), in a process of its own: its time and the most memory that it held beyond the embeddings.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from report import circumstances, line, peak_mb, write

import hrlib as hr

PEER_METRICS = ("precision_at_1", "r_precision", "mean_average_precision_at_r")
OUR_METRICS = ["recall@1", "r_precision", "map@r"]
MEGABYTES = 2_000  # of memory beyond the embeddings, that the hierarchical table of the shop may take
SHOP = 60_502, 512, 11_316  # embeddings, dimensions, classes of the test half of Stanford Online Products


def made_up(
    n: int, dim: int, seed: int = 0, classes: int | None = None, superclasses: int = 12
) -> tuple[np.ndarray, hr.Hierarchy]:
    """Embeddings (n, dim) around class centres around superclass centres, and their hierarchy; 5 items a class by default."""
    rng = np.random.default_rng(seed)
    fine = np.arange(n) // 5 if classes is None else np.arange(n) * classes // n
    coarse = fine % superclasses
    centres = rng.standard_normal((superclasses, dim))[np.arange(fine.max() + 1) % superclasses]
    centres = centres + 1.5 * rng.standard_normal(centres.shape)
    x = centres[fine] + 2.5 * rng.standard_normal((n, dim))
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return x, hr.Hierarchy.from_frame(pd.DataFrame({"class": fine, "superclass": coarse}).astype(str))


def quickest(calls: list[Callable], repeats: int) -> list[tuple]:
    """Each call's result, and its quickest time by the clock and by the processor.

    They take turns, so that a busy machine hurts all of them alike.
    """
    best = [(None, float("inf"), float("inf"))] * len(calls)
    for _ in range(repeats):
        for number, call in enumerate(calls):
            start, used = time.perf_counter(), time.process_time()
            result = call()
            seconds, used = time.perf_counter() - start, time.process_time() - used
            best[number] = (result, min(best[number][1], seconds), min(best[number][2], used))
    return best


def prepare_peer(threads: int) -> None:
    """Loads faiss, which AccuracyCalculator searches with, at its best.

    Its OpenBLAS chooses kernels for Sapphire Rapids that take four times as long as those for Skylake-X on the same
    processor (12,000 x 512: 5.0 s and 1.2 s a search), so the latter are asked for wherever they run.
    """
    flags = Path("/proc/cpuinfo")
    if flags.exists() and "avx512f" in flags.read_text(encoding="utf-8"):
        os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX")
    import faiss  # only now: OpenBLAS chooses when it is loaded

    faiss.omp_set_num_threads(threads)


def peer(x: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    calculator = AccuracyCalculator(include=PEER_METRICS, k="max_bin_count", device=torch.device("cpu"))
    return calculator.get_accuracy(torch.from_numpy(x), torch.from_numpy(labels.copy()))


def products(x: np.ndarray, chunk: int = 500) -> None:
    """The similarities of all pairs, each chunk of them overwritten by the next."""
    y = torch.from_numpy(x)
    kept = torch.empty(chunk, len(y))
    for part in y.split(chunk):
        torch.mm(part, y.T, out=kept[: len(part)])


def measure(n: int, dim: int, repeats: int = 1) -> list[dict]:
    """A row a measurement; raises where the two sides' values differ by more than 1e-4."""
    x, hierarchy = made_up(n, dim)
    finest = hierarchy.select(["class"])
    ours = {
        "class": {"finest": lambda: hr.evaluate(x, finest)},
        "superclass": {
            "table": lambda: hr.evaluate(x, hierarchy),
            "hierarchical": lambda: hr.evaluate(x, hierarchy, hierarchical=True),
        },
    }
    rows = []
    for level, calls in ours.items():
        *mine, (theirs, peer_s, peer_cpu), (_, floor_s, _) = quickest(
            [*calls.values(), lambda level=level: peer(x, hierarchy.column(level)), lambda: products(x)], repeats
        )
        for what, (table, seconds, cpu) in zip(calls, mine, strict=True):
            values = table.loc[level, OUR_METRICS].to_list()
            np.testing.assert_allclose(values, [theirs[m] for m in PEER_METRICS], atol=1e-4)
            times = {"hrlib_s": seconds, "peer_s": peer_s, "floor_s": floor_s}
            times |= {"ratio": seconds / peer_s, "cpu_ratio": cpu / peer_cpu}
            rows.append({"n": n, "dim": dim, "what": what, "peer": f"its 3 metrics, {level}", **times})
    return rows


def measure_memory(n: int, dim: int, classes: int) -> dict:
    """The time of the hierarchical table and its memory beyond the embeddings, in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        x, hierarchy = made_up(n, dim, classes=classes)
        np.save(Path(folder) / "x.npy", x)
        hierarchy.frame().to_parquet(Path(folder) / "labels.parquet")
        del x, hierarchy
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds, beyond = pool.apply(_table_in_a_fresh_process, (folder, torch.get_num_threads()))
    return {"n": n, "dim": dim, "classes": classes, "what": "hierarchical", "hrlib_s": seconds, "beyond_mb": beyond}


def _table_in_a_fresh_process(folder: str, threads: int) -> tuple[float, float]:
    torch.set_num_threads(threads)
    small, tree = made_up(500, 16)
    hr.evaluate(small, tree, hierarchical=True)  # imports and first calls
    x = np.load(Path(folder) / "x.npy")
    hierarchy = hr.Hierarchy.from_frame(pd.read_parquet(Path(folder) / "labels.parquet"))
    before, start = peak_mb(), time.perf_counter()
    hr.evaluate(x, hierarchy, hierarchical=True)
    return time.perf_counter() - start, peak_mb() - before


def lines(rows: list[dict], memory: list[dict]) -> list[dict]:
    """Of the table of all benchmarks."""
    size = "{n:,} x {dim}".format
    found = [
        line(
            f"hr.evaluate, {row['what']}: {size(**row)}",
            row["hrlib_s"],
            (f"AccuracyCalculator, {row['peer']}", row["peer_s"]),
            row["floor_s"],
        )
        for row in rows
    ]
    for row in memory:
        asked, holds = (
            f"less than {MEGABYTES:,} MB beyond the embeddings ({row['beyond_mb']:,.0f})",
            row["beyond_mb"] < MEGABYTES,
        )
        found.append(line(f"hr.evaluate, hierarchical: {size(**row)}", row["hrlib_s"], asked=asked, holds=holds))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[12_000, 20_000], help="numbers of embeddings")
    parser.add_argument("--dim", type=int, default=512, help="their dimensions")
    parser.add_argument("--threads", type=int, default=1, help="of torch and of faiss")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each, of which the quickest counts")
    parser.add_argument("--memory", action="store_true", help="also measure memory, at 60,502 embeddings")
    parser.add_argument("--quick", action="store_true", help="2,000 embeddings of 64 dimensions: does it run at all")
    parser.add_argument("--out", type=Path, help="folder for evaluation.json")
    settings = parser.parse_args()
    if settings.quick:
        settings.sizes, settings.dim = [2_000], 64
    torch.set_num_threads(settings.threads)
    prepare_peer(settings.threads)

    measure(500, 16)  # imports and first calls are not what is measured
    rows = [row for n in settings.sizes for row in measure(n, settings.dim, settings.repeats)]
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    memory = []
    if settings.memory:
        memory = [measure_memory(*((2_000, 64, 400) if settings.quick else SHOP))]
        print(pd.DataFrame(memory).round(3).to_string(index=False))
    if settings.out:
        record = {
            "benchmark": "evaluation",
            "threads": settings.threads,
            "repeats": settings.repeats,
            **circumstances(),
        }
        record |= {"rows": rows, "memory": memory, "lines": lines(rows, memory)}
        write(settings.out, "evaluation", record)


if __name__ == "__main__":
    main()
