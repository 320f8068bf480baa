"""Gathers the runs of notebook 03 on real photos into one table: benchmarks/results/hierarchical_proxies.csv.

    for p in 1 2 4; do python -m hrlib.notebooks 03 --out out/pa_$p --cell-timeout 7200 -p dataset=fashion-products -p size=full \\
        -p seeds=5 -p epochs=12 -p batch_size=128 -p per_class=$p -p data_dir=DIR; done
    python -m hrlib.notebooks 03 --out out/nca_2 ... -p base=proxy-nca -p per_class=2
    python -m hrlib.notebooks 03 --out out/omniglot_2 ... -p dataset=omniglot -p per_class=2
    python benchmarks/hierarchical_proxies.py out/pa_1 out/pa_2 out/pa_4 out/nca_2 out/omniglot_2
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import nbformat
import pandas as pd

HERE = Path(__file__).parent
SHOWN = ("dataset", "base", "per_class", "seeds", "epochs")


def rows(folder: Path) -> list[dict]:
    """A row a level and metric of one run: flat, hierarchical, and the difference with both intervals."""
    (executed,) = folder.rglob("03_hierarchical_proxies.ipynb")
    given = nbformat.read(executed, as_version=4).metadata["papermill"]["parameters"]
    metrics = json.loads((executed.parent / "metrics.json").read_text())
    found = []
    for key in metrics:
        if key.startswith("flat/"):
            pair = key.removeprefix("flat/")
            level, metric = pair.split("/")
            ends = {end: metrics[f"difference/{pair}/{end}"] for end in ("mean", "low", "high", "t_low", "t_high")}
            row = {name: given.get(name, "proxy-anchor") for name in SHOWN} | {"level": level, "metric": metric}
            found.append(row | {"flat": metrics[key], "hierarchical": metrics[f"hierarchical/{pair}"], **ends})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="the --out folders of the runs")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "hierarchical_proxies.csv")
    options = parser.parse_args()
    table = pd.DataFrame([row for folder in options.folders for row in rows(folder)])
    table.to_csv(options.out, index=False, float_format="%.4f")
    print(table.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()
