"""Gathers the runs of notebooks 03 and 04 on real data into one table: benchmarks/results/hierarchical_proxies.csv.

run="python -m hrlib.notebooks --cell-timeout 7200 -p size=full -p seeds=5 -p epochs=12 -p batch_size=128 -p data_dir=DIR"
$run 03 --out out/pa_2 -p dataset=fashion-products
$run 03 --out out/pa_1 -p dataset=fashion-products -p per_class=1
$run 03 --out out/nca_2 -p dataset=fashion-products -p base=proxy-nca
$run 03 --out out/omniglot_2 -p dataset=omniglot
$run 04 --out out/discovered_pa -p dataset=fashion-products
$run 04 --out out/discovered_nca -p dataset=fashion-products -p base=proxy-nca
python benchmarks/hierarchical_proxies.py out/pa_2 out/pa_1 out/nca_2 out/omniglot_2 out/discovered_pa out/discovered_nca
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import nbformat
import pandas as pd

HERE = Path(__file__).parent
SHOWN = {"dataset": "synthetic", "base": "proxy-anchor", "per_class": 2, "seeds": 1, "epochs": 5}
ENDS = ("mean", "low", "high", "t_low", "t_high")


def rows(folder: Path) -> list[dict]:
    """A row a model, level and metric of one run: its mean and the flat model's, and their difference with both intervals."""
    (executed,) = folder.rglob("0[34]_*.ipynb")
    given = nbformat.read(executed, as_version=4).metadata["papermill"]["parameters"]
    metrics = json.loads((executed.parent / "metrics.json").read_text())
    settings = {name: given.get(name, default) for name, default in SHOWN.items()}
    found = []
    for key in [key for key in metrics if key.startswith("flat/")]:
        pair = key.removeprefix("flat/")
        level, metric = pair.split("/")
        for model in ("hierarchical", "discovered", "given"):
            # notebook 03 has one model beside the flat one, and does not name it in its differences
            difference = f"difference/{pair}" if model == "hierarchical" else f"difference/{model}/{pair}"
            if f"{model}/{pair}" in metrics:
                ends = {end: metrics.get(f"{difference}/{end}") for end in ENDS}
                name = {"hierarchy": "given" if model == "hierarchical" else model}
                place = {
                    "level": level,
                    "metric": metric,
                    "flat": metrics[key],
                    "hierarchical": metrics[f"{model}/{pair}"],
                }
                found.append(settings | name | place | ends)
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
