"""What the benchmarks share: timing in interleaved rounds, a table with ratios to the peer, JSON, and a line in the one table of all."""

from __future__ import annotations

import datetime
import gc
import json
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import torch

from hrlib.versions import versions

SEARCHED_WITH = ("faiss-cpu", "umap-learn", "scikit-learn")  # beside those of every run


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


def line(
    what: str,
    ours: float,
    peer: tuple[str, float] | None = None,
    floor: float | None = None,
    asked: str = "",
    holds: bool | None = None,
) -> dict:
    """A line of the one table that `run_all.py` makes of all benchmarks.

    Args:
        what: was done, to how much.
        ours, floor: seconds; the floor is what nobody can do without.
        peer: its name and its seconds for the same.
        asked, holds: what is claimed of it, in words, and whether it holds; None: nothing is claimed.
    """
    name, seconds = peer or (None, None)
    ratio = ours / seconds if seconds else None
    found = {"what": what, "ours": ours, "peer": seconds, "floor": floor, "ratio": ratio}
    return found | {"asked": asked, "holds": holds if holds is None else bool(holds), "peer_name": name}


def report(
    name: str,
    times: dict[str, list[float]],
    peer: str,
    settings: dict,
    out: str | None = None,
    lines: Callable[[dict[str, float]], list[dict]] | None = None,
    **more,
) -> dict:
    """Print a table of median times and their ratio to the peer's; write OUT/NAME.json, with the `lines` that are made of the medians."""
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
        "lines": lines(medians) if lines else [],
        **circumstances(),
        **more,
    }
    if out:
        write(out, name, result)
    return result


def circumstances() -> dict:
    """When, where and with which versions something is measured; "load" is the number of processes that ran or waited in the last minute."""
    found = versions()
    for package in SEARCHED_WITH:
        found[package] = metadata.version(package)
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        },
        "versions": found,
    }


def columns(now: dict) -> dict:
    """`circumstances` as columns of a table."""
    said = " ".join(f"{name} {version}" for name, version in now["versions"].items())
    return {"date": now["date"], **now["machine"], "versions": said}


def processor() -> str:
    """Its name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    for row in info.read_text(encoding="utf-8").splitlines() if info.exists() else ():
        if row.startswith("model name"):
            return f"{row.partition(':')[2].strip()} ({platform.machine()})"
    return platform.processor() or platform.machine()


def write(out: str | Path, name: str, result: dict) -> Path:
    """OUT/NAME.json."""
    Path(out).mkdir(parents=True, exist_ok=True)
    path = Path(out) / f"{name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return path


def peak_mb() -> float:
    """The most memory that this process has held (resident set), in MB."""
    status = Path("/proc/self/status")
    if status.is_file():  # on Linux ru_maxrss begins with the peak of the process that started this one
        (row,) = [row for row in status.read_text().splitlines() if row.startswith("VmHWM:")]
        return int(row.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def from_here_on() -> float:
    """The megabytes that are held, where the peak begins from now on."""
    gc.collect()
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5")  # see proc(5): the peak of the resident set is what it is now
    return peak_mb()
