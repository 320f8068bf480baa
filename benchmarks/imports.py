"""How long an import takes beyond torch's own, in fresh processes, beside pytorch-metric-learning's.

    python benchmarks/imports.py --out FOLDER

A process a measurement, in turns; the clock runs from the first statement on, so Python's own start is not in it, and what the disk had to be
asked for is in the first round only, which does not count. "beyond torch" is the median over the rounds of the difference from `import torch`
in the same round. `import hrlib` alone loads next to nothing: "every part" asks for every name in `hrlib.__all__`, which is more than any
notebook does. Claim: that, too, takes less than a second beyond torch. What loads when it is used (umap, transformers, pymilvus, kornia,
lightning_fabric, pytorch-metric-learning, matplotlib) is in "first fit" and "first projection", of which nothing is claimed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

from report import line, report

LIMIT = 1.0  # seconds beyond torch, of issue 8
FLOOR, PEER, PART = "import torch", "and pytorch_metric_learning.losses", "and hrlib, {}"
EVERY = "every part"
STATEMENTS = {
    "import hrlib": "import hrlib",
    FLOOR: "import torch",
    PEER: "import torch; import pytorch_metric_learning.losses",
    **{
        PART.format(part): f"import torch; import hrlib as hr; hr.{part}"
        for part in ("catalogue", "evaluation", "losses", "models", "training", "search", "explore", "benchmarking")
    },
    PART.format(EVERY): "import torch; import hrlib as hr; [getattr(hr, name) for name in hr.__all__]",
}
TRAINED = (
    "import numpy as np, pandas as pd, torch, hrlib as hr; rng = np.random.default_rng(0); "
    "h = hr.Hierarchy.from_frame(pd.DataFrame({'class': np.arange(16) // 4})); "
    "c = hr.Catalogue('tiny', pd.DataFrame({'id': range(16)}), hr.ImageStore.from_array(rng.integers(0, 255, (16, 16, 16, 3), np.uint8)), h); "
    "hr.fit(hr.models.image_encoder('small', dim=8), hr.losses.HierarchicalProxyLoss(h, 8, weights=(1.0,)), c, epochs=1, batch_size=8)"
)
PROJECTED = (
    "import numpy as np; import hrlib as hr; x = np.random.default_rng(0).normal(size=(300, 64)).astype('f4'); "
    "hr.explore.project(x / np.linalg.norm(x, axis=1, keepdims=True))"
)
FIRST = {"first fit": TRAINED, "first projection": PROJECTED}


def seconds(statement: str) -> float:
    """Of a statement in a fresh process."""
    timed = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    environment = os.environ | {"HRLIB_PROGRESS": "0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{statement}\n{done.stderr}")
    return float(done.stdout.split()[-1])


def measure(statements: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Seconds of each in each of the rounds, after one that does not count."""
    found = [{name: seconds(statement) for name, statement in statements.items()} for _ in range(1 + rounds)]
    return {name: [times[name] for times in found[1:]] for name in statements}


def beyond(times: dict[str, list[float]], name: str) -> float:
    """Seconds beyond torch: the median of the rounds' differences."""
    return statistics.median(own - torchs for own, torchs in zip(times[name], times[FLOOR], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="1 round, the whole only")
    parser.add_argument("--out", type=Path, help="folder for imports.json")
    args = parser.parse_args()
    wanted = (FLOOR, PEER, PART.format(EVERY))
    times = measure(
        {name: STATEMENTS[name] for name in wanted} if args.quick else STATEMENTS, 1 if args.quick else args.rounds
    )
    more = {name: beyond(times, name) for name in times if name not in (FLOOR, "import hrlib")}
    first = measure(FIRST, 1) if not args.quick else {}

    def lines(median: dict[str, float]) -> list[dict]:
        every, peer = PART.format(EVERY), (f"torch {PEER}", median[PEER])
        asked = f"less than {LIMIT:.0f} s beyond torch ({more[every]:.2f})"
        found = [line(f"import torch {every}", median[every], peer, median[FLOOR], asked, more[every] < LIMIT)]
        if own := median.get("import hrlib"):
            found.insert(0, line("import hrlib", own, peer, asked=f"less than {LIMIT:.0f} s", holds=own < LIMIT))
        return found + [line(f"import and {name} in a process", spent[0]) for name, spent in first.items()]

    report("imports", times, PEER, {"rounds": args.rounds}, args.out, lines, beyond_torch=more, first=first)
    for name, spent in more.items():
        print(f"{name:42} {spent:6.2f} s beyond torch")
    for name, spent in first.items():
        print(f"{name:42} {spent[0]:6.2f} s, imports and all")


if __name__ == "__main__":
    main()
