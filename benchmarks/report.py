"""What the benchmarks share: timing in interleaved rounds, a table with ratios to the peer, and JSON."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from hrlib.versions import versions


def rounds(contenders: dict[str, Callable[[], object]], count: int, warmup: int = 1) -> dict[str, list[float]]:
    """Seconds of each contender in each of `count` rounds; in a round each runs once, so that all meet the same machine."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(-warmup, count):
        for name, contender in contenders.items():
            start = time.perf_counter()
            contender()
            if number >= 0:
                times[name].append(time.perf_counter() - start)
    return times


def report(name: str, times: dict[str, list[float]], peer: str, settings: dict, out: str | None = None, **more) -> dict:
    """Print a table of median times and their ratio to the peer's; write OUT/NAME.json."""
    medians = {contender: statistics.median(seconds) for contender, seconds in times.items()}
    width = max(map(len, medians))
    print(f"\n{name}: {', '.join(f'{key} {value}' for key, value in settings.items() if value not in (None, False))}")
    print(f"{'':{width}}  {'median ms':>10}  {'fastest ms':>10}  {'/ peer':>7}")
    for contender, median in medians.items():
        print(
            f"{contender:{width}}  {median * 1e3:10.2f}  {min(times[contender]) * 1e3:10.2f}  {median / medians[peer]:7.2f}"
        )
    result = {
        "benchmark": name,
        "settings": settings,
        "seconds": times,
        "median": medians,
        "ratio_to_peer": {contender: median / medians[peer] for contender, median in medians.items()},
        "peer": peer,
        "machine": {"processor": platform.machine(), "threads": torch.get_num_threads()},
        "versions": versions(),
        **more,
    }
    if out:
        Path(out).mkdir(parents=True, exist_ok=True)
        (Path(out) / f"{name}.json").write_text(json.dumps(result, indent=1))
    return result
