"""What a store adds to a query: FaissStore beside the faiss index that it searches, one query at a time, in the same run.

    python benchmarks/store.py --out FOLDER

The vectors are made up: 60,000 x 784 around 10 x 60 centres (the size of Fashion-MNIST) and 200,000 x 128 around 1,000. The peer is
faiss's own call on an index of the same vectors: of HNSW the very index inside of the store, of the exact scan an
IndexFlatIP. Both answer the same query in turn, thousands of times; "added" is the median of the differences of pairs, so
that a busy machine, which slows both, does not count. The store may add 10% or 20 microseconds, whichever is more.

Beside it, for information: the store when a tenth of it is deleted, with new vectors outside of the index, and with
filters.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import faiss
import numpy as np
import torch
from report import line, report

from hrlib.search import FaissStore

SIZES = {"60,000 x 784": (60_000, 784, 600), "200,000 x 128": (200_000, 128, 1_000)}
K = 10
SHARE, MICROSECONDS = 0.1, 20  # what the store may add: the larger of the two


def made_up(n: int, dim: int, centres: int, seed: int = 0) -> np.ndarray:
    """(n, dim) unit vectors around centres, float32."""
    rng = np.random.default_rng(seed)
    middle = np.random.default_rng(99).standard_normal((centres, dim), np.float32)
    x = middle[rng.integers(centres, size=n)] + 0.7 * rng.standard_normal((n, dim), np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def in_turns(
    contenders: dict[str, Callable[[np.ndarray], object]], queries: np.ndarray, count: int
) -> dict[str, list[float]]:
    """Seconds of each contender for each of `count` single queries (1, D); who goes first changes from query to query."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(-20, count):
        query = queries[number % len(queries)][None]
        for name in names if number % 2 else reversed(names):
            start = time.perf_counter()
            contenders[name](query)
            if number >= 0:
                times[name].append(time.perf_counter() - start)
    return times


def added(times: dict[str, list[float]]) -> dict[str, float | bool]:
    """What the store adds to faiss, in microseconds: the median over pairs, what is allowed, and whether it holds."""
    microseconds = 1e6 * statistics.median(
        ours - theirs for ours, theirs in zip(times["store"], times["faiss"], strict=True)
    )
    allowed = max(MICROSECONDS, 1e6 * SHARE * statistics.median(times["faiss"]))
    fastest = 1e6 * (min(times["store"]) - min(times["faiss"]))
    return {"added_us": microseconds, "fastest_us": fastest, "allowed_us": allowed, "holds": microseconds <= allowed}


def measure(name: str, n: int, dim: int, centres: int, kind: str, count: int, out: str | None) -> dict:
    x, queries = made_up(n, dim, centres), made_up(500, dim, centres, 1)
    store = FaissStore(dim, kind, m=16, ef_construction=60, delta=min(2_000, n // 4))
    store.upsert(range(n), x, {"number": range(n)})
    store.wait()
    if kind == "exact":
        peer = faiss.IndexFlatIP(dim)
        peer.add(x)
    else:
        peer = store._state.index.faiss_index
        count *= 4  # a query takes a fiftieth of an exact one: more of them, for the difference is small
    contenders = {"faiss": lambda query: peer.search(query, K), "store": lambda query: store.search(query, K)}
    assert store.search(queries, K).ids == peer.search(queries, K)[1].tolist(), "both must find the same"
    result = {"size": name, "index": kind, **added(times := in_turns(contenders, queries, count))}

    def lines(median: dict[str, float]) -> list[dict]:
        asked = f"at most {result['allowed_us']:.0f} us more than faiss ({result['added_us']:.1f})"
        what, bare = f"a query of a store, {kind}: {name}", median["faiss"]
        return [line(what, median["store"], ("the faiss index in it", bare), bare, asked, result["holds"])]

    settings = {"size": name, "k": K, "queries": count}
    report(f"store_{kind}_{n}", times, "faiss", settings, out, lines, added=result)
    print(
        f"{'added':12} {result['added_us']:8.1f} us (between the fastest: {result['fastest_us']:.1f} us), allowed {result['allowed_us']:.1f} us"
    )
    few = max(20, count // 10)
    filters = {f"filter of {share:.1%}": {"number": (0, n * share)} for share in (0.001, 0.01, 0.1, 0.5)}
    more = {label: lambda query, where=where: store.search(query, K, where) for label, where in filters.items()}
    changed = in_turns({"store": contenders["store"], **more}, queries, few)
    store.delete(range(0, n, 10))
    changed |= in_turns({"a tenth deleted": contenders["store"]}, queries, few)
    store.upsert(range(n, n + 1000), made_up(1000, dim, centres, 2))
    changed |= in_turns({"and 1,000 new": contenders["store"]}, queries, few)
    report(f"store_{kind}_{n}_changed", changed, "store", {"size": name, "k": K, "queries": few}, out)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--kinds", nargs="*", choices=["exact", "hnsw"], default=["exact", "hnsw"])
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--quick", action="store_true", help="2,000 vectors of 32 dimensions: does it run at all")
    parser.add_argument("--out", help="folder for the JSON")
    settings = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    sizes = {"2,000 x 32": (2_000, 32, 50)} if settings.quick else {name: SIZES[name] for name in settings.sizes}
    count = 100 if settings.quick else settings.queries
    rows = []
    for name, (n, dim, centres) in sizes.items():
        for kind in settings.kinds:
            rows.append(measure(name, n, dim, centres, kind, count, settings.out))
    print()
    for row in rows:
        print(
            f"{row['size']:14} {row['index']:6} adds {row['added_us']:6.1f} us of {row['allowed_us']:6.1f}: {'holds' if row['holds'] else 'TOO MUCH'}"
        )


if __name__ == "__main__":
    main()
