"""How long an epoch of graded triplets takes, and how much memory, beside looking at every pair of items.

    python benchmarks/triplets.py                  # 44,072 items drawn like fashion products; with HRLIB_DATA set, the real ones too
    python benchmarks/triplets.py --quick

An epoch: each item is an anchor, with an item drawn from each bin, and all triplets of them are made; the miner is made
anew each time. The peer does the same the obvious way: the match of each anchor with all items, and a draw from each bin of that row.
It runs for some anchors only, and its time is multiplied up to all items; the counts of both sides are compared for these anchors.
Memory is the most that a fresh process holds beyond the data. Claim: under 10 s and 1 GB for 44,000 items, by the clock; the
processor's time, which other jobs disturb less, is told beside it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time

import numpy as np
import pandas as pd
from report import line, peak_mb, report

import hrlib as hr
from hrlib.catalogue.attributes import match
from hrlib.training import GradedTripletMiner

COLUMNS = ["gender", "baseColour", "season", "usage", "articleType"]
VALUES = [5, 46, 4, 8, 141]
SECONDS, MEGABYTES = 10, 1000
EDGES, MINIMUM_OVERLAP = (0.75, 0.5, 0.25), 2


def made_up(items: int, seed: int = 0) -> dict:
    """Items like fashion products: values as frequent as 1 / rank^2, each type of article within one of 43 categories, 1 in 100 values missing,
    products of one to four items that differ in at most one attribute."""
    rng = np.random.default_rng(seed)
    product = np.repeat(np.arange(items), rng.integers(1, 5, items))[:items]
    shares = [1 / np.arange(1, count + 1) ** 2 for count in VALUES]
    codes = np.stack([rng.choice(len(s), items, p=s / s.sum())[product] for s in shares], axis=1)
    categories = rng.integers(0, 43, VALUES[-1])[codes[:, -1]]
    other = rng.random(items) < 0.3
    codes[other, 1] = rng.permutation(codes[other, 1])
    codes[rng.random(codes.shape) < 0.01] = -1
    names = tuple(tuple(map(str, range(count))) for count in VALUES)
    return {"attributes": hr.Attributes(tuple(COLUMNS), codes, names), "products": product, "categories": categories}


def real() -> dict:
    """Fashion products: the same title is the same product, subCategory the category."""
    catalogue = hr.load("fashion-products", size="full", classes="articleType")
    items = catalogue.items
    products = pd.factorize(items["articleType"].astype(str) + ": " + items["productDisplayName"].astype(str))[0]
    attributes = hr.Attributes.from_frame(items, COLUMNS)
    return {"attributes": attributes, "products": products, "categories": catalogue.hierarchy.column(1)}


def ours(data: dict) -> int:
    """The number of triplets of an epoch."""
    return len(GradedTripletMiner(**data, edges=EDGES, minimum_overlap=MINIMUM_OVERLAP).epoch(0).triplets)


def every_pair(data: dict, anchors: np.ndarray) -> np.ndarray:
    """An item from each bin around each anchor, by the match with all items: how many there were to draw from, (M, bins)."""
    rng, codes = np.random.default_rng(0), data["attributes"].codes
    products, categories = data["products"], data["categories"]
    counts = []
    for anchor in anchors:
        share = match(codes[[anchor]], codes, MINIMUM_OVERLAP)[0]
        bins = 1 + sum((share < np.float32(edge)).astype(np.int8) for edge in EDGES)
        bins[np.isnan(share)] = -1
        bins[categories != categories[anchor]] = len(EDGES) + 2
        bins[products == products[anchor]] = 0
        bins[anchor] = -1
        members = [np.flatnonzero(bins == b) for b in range(len(EDGES) + 3)]
        for rows in members:
            if len(rows):
                rng.choice(rows)
        counts.append([len(rows) for rows in members])
    return np.array(counts)


def _fresh_process(data: dict) -> float:
    """The megabytes that an epoch holds beyond the data."""
    before = peak_mb()
    ours(data)
    return peak_mb() - before


def measure(name: str, data: dict, args: argparse.Namespace) -> None:
    """Print and write the times of both sides, and whether the claim holds."""
    items = len(data["attributes"])
    anchors = np.random.default_rng(1).choice(items, min(args.anchors, items), replace=False)
    found = GradedTripletMiner(**data, edges=EDGES, minimum_overlap=MINIMUM_OVERLAP).counts[anchors]
    np.testing.assert_array_equal(every_pair(data, anchors), found)  # the same bins
    times, peer = {"hrlib": [], "every pair, extrapolated": []}, "every pair, extrapolated"
    used = []
    for _ in range(args.rounds):
        start, processor = time.perf_counter(), time.process_time()
        triplets = ours(data)
        middle = time.perf_counter()
        used.append(time.process_time() - processor)
        every_pair(data, anchors)
        times["hrlib"].append(middle - start)
        times[peer].append((time.perf_counter() - middle) * items / len(anchors))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        beyond = pool.apply(_fresh_process, (data,))
    seconds, combinations = float(np.median(times["hrlib"])), len(np.unique(data["attributes"].codes, axis=0))
    settings = {"items": items, "combinations": combinations, "triplets": triplets, "anchors": len(anchors)}
    holds = seconds < SECONDS and beyond < MEGABYTES
    claim = {
        "seconds": seconds,
        "processor_seconds": float(np.median(used)),
        "beyond_mb": beyond,
        "bar_seconds": SECONDS,
        "bar_mb": MEGABYTES,
        "holds": holds,
    }
    asked = f"under {SECONDS} s and {MEGABYTES:,} MB ({beyond:,.0f})"

    def lines(median: dict[str, float]) -> list[dict]:
        what = f"an epoch of graded triplets: {items:,} items, {triplets:,} triplets"
        return [line(what, median["hrlib"], (peer, median[peer]), asked=asked, holds=holds)]

    report(name, times, peer, {**settings, "rounds": args.rounds}, args.out, lines, claim=claim)
    print(
        f"an epoch under {SECONDS} s and {MEGABYTES} MB: {'yes' if holds else 'no'} ({seconds:.1f} s by the clock, "
        f"{claim['processor_seconds']:.1f} s of the processor, {beyond:.0f} MB beyond the data)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=44_072)
    parser.add_argument("--anchors", type=int, default=300, help="of the peer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="2,000 items: does it run at all")
    parser.add_argument("--out", help="folder for triplets.json and triplets_real.json")
    args = parser.parse_args()
    if args.quick:
        args.items, args.anchors, args.rounds = 2_000, 50, 1
    measure("triplets", made_up(args.items), args)
    if os.environ.get("HRLIB_DATA") and not args.quick:
        measure("triplets_real", real(), args)


if __name__ == "__main__":
    main()
