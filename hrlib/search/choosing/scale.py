"""What a measured index would take with many more vectors: the arithmetic of memory, building, searching and machines.

The laws of growth are chosen here, and simple: a scan looks at every vector; lists are as many as the root of the vectors grows, and so
are the vectors in each; a graph is walked in steps that grow with the logarithm. They leave out caches, disks and the network.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hrlib.errors import HrlibError
from hrlib.search.choosing.candidates import PER_LIST, Candidate, build
from hrlib.search.choosing.measure import one_core

LEVELS = 12  # bytes a node of faiss' HNSW beside its links: its level, and where its links begin
ID = 8  # bytes of the row that a list holds with each code


@dataclass(frozen=True)
class Machine:
    """What the vectors are divided over: memory of one machine, the share of it that an index may take, and its cores."""

    gigabytes: float = 64
    share: float = 0.75
    cores: int = 16

    def __post_init__(self):
        if not (0 < self.gigabytes < math.inf and 0 < self.share <= 1 and self.cores >= 1):
            raise HrlibError(f"got {self}: expected gigabytes above 0, a share above 0 and at most 1, 1 core or more")


def bytes_per_vector(factory: str, dim: int, n: int) -> float:
    """Bytes a vector of an index that faiss' factory describes, as faiss writes it, with n vectors of `dim` dimensions.

    A number has 4 bytes, or 2 or 1 where it is stored so (SQfp16, SQ8); a product code 4 bits; a node of HNSW 2 M links of 4 bytes on
    the lowest level and M on each further one, which every M-th node reaches; a list its centroid, shared by its vectors, and each
    vector's row. Left out: what fills up the blocks of 32 codes, half a block a list, and what does not depend on n or dim.
    """
    inner, size = dim, 0.0
    factory = re.sub(r"(HNSW\d+),RFlat", r"\1,Flat,RFlat", factory)  # that is what it means
    for part in re.split(r",|_", factory):
        kind, number, _ = re.fullmatch(r"(RFlat|Refine|[A-Z]+?(?=\d|$)|Flat|SQ)(fp16|\d*)(.*)", part).groups()
        count = int(number) if number.isdigit() else 0
        if kind == "PCA":
            size, inner = size + 4 * dim * (count + dim) / n, count  # faiss keeps all directions too
        elif kind == "IVF":
            size += ID + (4 * inner + ID) * count / n
        elif kind == "HNSW":
            size += LEVELS + 8 * count + 4 * count / (count - 1)
        elif kind == "PQ":
            size += count / 2 + 4 * inner * 16 / n  # and the tables of 16 centroids
        else:
            size += {"Flat": 4 * inner, "SQ8": inner, "SQfp16": 2 * inner, "RFlat": 4 * dim, "Refine(SQ8)": dim}[part]
    return size


def grown(factory: str, ratio: float, most: float = math.inf) -> str:
    """The factory's description with as many lists as suit `ratio` times the vectors: the root of it more, and `most` at most."""
    return re.sub(
        r"IVF(\d+)", lambda found: f"IVF{max(1, round(min(int(found[1]) * math.sqrt(ratio), most)))}", factory
    )


def growth(effort: str | None, n: int, larger: float) -> tuple[float, float]:
    """How many times longer a query, and building, takes with `larger` than with n vectors; `effort` is `Candidate.effort`."""
    ratio, logarithms = larger / n, math.log(max(larger, 2)) / math.log(max(n, 2))
    grows = {"nprobe": (math.sqrt(ratio), ratio**1.5), "efSearch": (logarithms, ratio * logarithms)}
    return grows.get(effort, (ratio, ratio))  # k-means and lists: n vectors with sqrt(n) centroids


def build_times(tried: Sequence[Candidate], vectors: np.ndarray, sizes: Sequence[int], seed: int = 0) -> pd.DataFrame:
    """Seconds that building takes on one core, the quicker of two: a row a candidate and size, columns family, index, vectors, seconds.

    Args:
        tried: as they suit all of the vectors; of fewer they have fewer lists (`grown`).
        vectors: (N, D) float32 unit vectors in random order, of which the first are taken.
        sizes: how many, N at most.
    """
    rows = []
    with one_core():
        for candidate in tried:
            for size in sizes:
                smaller = Candidate(
                    candidate.kind, grown(candidate.factory, size / len(vectors), size // PER_LIST), candidate.settings
                )
                spent = []
                for _ in range(2):
                    start = time.perf_counter()
                    build(smaller, vectors[:size], seed=seed)
                    spent.append(time.perf_counter() - start)
                rows.append({"family": candidate.kind, "index": candidate.name, "vectors": size, "seconds": min(spent)})
    return pd.DataFrame(rows)


def slopes(times: pd.DataFrame) -> pd.Series:
    """Of `build_times`, by index: the power of the number of vectors that the seconds grow with (a line through their logarithms)."""
    return times.groupby("index", sort=False)[["vectors", "seconds"]].apply(
        lambda rows: float(np.polyfit(np.log(rows["vectors"]), np.log(rows["seconds"]), 1)[0])
    )


def at_scale(
    points: pd.DataFrame,
    dim: int,
    sizes: Sequence[int] = (10**6, 10**8, 10**9),
    *,
    machine: Machine | None = None,
    queries_per_second: float = 1000,
    slope: pd.Series | None = None,
) -> pd.DataFrame:
    """What operating points would take with `sizes` vectors of `dim` dimensions: a row a point and size.

    Columns: family, index (with as many lists as suit), vectors; bytes_per_vector and gigabytes; shards: machines that it takes to hold
    them; core_ms: milliseconds of one core a query, over all shards; machines: that hold them and answer `queries_per_second`;
    build_core_hours, by the law of growth, and build_core_hours_slope, by the measured slope.

    Args:
        points: rows of `Choice.table` with a column `vectors`: how many each was measured with.
        slope: of `slopes`, by index; None, or none of an index: NaN.
    """
    machine, rows = machine or Machine(), []
    for point in points.to_dict("records"):
        n, name = point["vectors"], point["index"]
        factory = name.split(" ")[0]
        effort = Candidate(point["family"], factory).effort
        for size in sizes:
            larger = grown(factory, size / n)
            each = bytes_per_vector(larger, dim, size)
            shards = math.ceil(each * size / (1e9 * machine.gigabytes * machine.share))
            seconds = shards * growth(effort, n, size / shards)[0] / point["qps"]
            power = math.nan if slope is None else slope.get(name, math.nan)
            rows.append(
                {
                    "family": point["family"],
                    "index": " ".join([larger, *name.split(" ")[1:]]),
                    "vectors": size,
                    "bytes_per_vector": each,
                    "gigabytes": each * size / 1e9,
                    "shards": shards,
                    "core_ms": 1e3 * seconds,
                    "machines": max(shards, math.ceil(queries_per_second * seconds / machine.cores)),
                    "build_core_hours": point["build_seconds"] * growth(effort, n, size)[1] / 3600,
                    "build_core_hours_slope": point["build_seconds"] * (size / n) ** power / 3600,
                }
            )
    return pd.DataFrame(rows)
