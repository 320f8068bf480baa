"""Visual search on attributes, its claims: benchmarks/results/attributes.csv, attributes_differences.csv, attributes_robustness.csv.

python benchmarks/attributes.py --data-dir DIR --runs out/attributes --shard 0/2 &
python benchmarks/attributes.py --data-dir DIR --runs out/attributes --shard 1/2 &
wait; python benchmarks/attributes.py --runs out/attributes --gather

Fashion products (43,294 items; gender, baseColour, season, usage, articleType), divided by items: 15% to train, 5% for the choice of settings
(--validation), 10% to measure. Every arm has the same network, number of photos and seeds; nothing is chosen on test items. A run that is
there is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

import hrlib as hr
from hrlib.evaluation import evaluate_attributes, graded_per_query, paired_bootstrap, paired_t, robustness
from hrlib.files import write
from hrlib.training import label_triplets, visual_search
from hrlib.versions import versions

HERE = Path(__file__).parent
COLUMNS = ("gender", "baseColour", "season", "usage", "articleType")
SPLIT = (0.15, 0.05, 0.1, 0.7)
CHANCE = "random order"  # untrained: what the measure gives to any order
ARMS = {
    CHANCE: None,
    "triplets by product": lambda train, _, seed: label_triplets(train, "product", seed=seed),
    "triplets by articleType": lambda train, _, seed: label_triplets(train, "articleType", seed=seed),
    "triplets by subCategory": lambda train, _, seed: label_triplets(train, "subCategory", seed=seed),
    "graded triplets": lambda train, known, seed: visual_search(train, known, "triplets", seed=seed),
    "attributes": lambda train, known, seed: visual_search(train, known, "attributes", seed=seed),
    "autoencoder": lambda train, known, seed: visual_search(train, known, "autoencoder", seed=seed),
    "all tasks, shared": lambda train, known, seed: visual_search(train, known, seed=seed),
    "all tasks, separate": lambda train, known, seed: visual_search(train, known, separate=True, seed=seed),
    "all tasks, degraded": lambda train, known, seed: visual_search(train, known, seed=seed) | {"augment": "degraded"},
}
MAIN = "ndcg@10"
PAIRS = (
    *((arm, "graded triplets") for arm in list(ARMS)[:4]),
    *((arm, "all tasks, shared") for arm in ("graded triplets", "attributes", "autoencoder")),
    *((arm, "all tasks, separate") for arm in ("graded triplets", "attributes", "autoencoder", "all tasks, shared")),
    ("all tasks, shared", "all tasks, degraded"),
)
ROBUST = ("all tasks, shared", "all tasks, degraded")


def parts(data_dir: str | None) -> dict[str, tuple[hr.Catalogue, hr.Attributes]]:
    """Training, validation and test items with their attributes, in one coding."""
    catalogue = hr.load("fashion-products", size="full", classes="product", min_photos=1, data_dir=data_dir)
    known = hr.Attributes.from_frame(catalogue.items, COLUMNS)
    divided = dict(zip(("train", "validation", "test"), catalogue.split_items(SPLIT, seed=0), strict=False))
    return {name: (part, hr.Attributes.from_frame(part.items, COLUMNS, known)) for name, part in divided.items()}


def run(arm: str, seed: int, items: dict, measured: str, epochs: int) -> dict:
    """Train one arm; what it has on the measured items."""
    start = time.perf_counter()
    catalogue, known = items[measured]
    found: dict = {"arm": arm, "seed": seed, "epochs": epochs, "versions": versions()}
    if arm == CHANCE:
        noise = np.random.default_rng(seed).normal(size=(len(catalogue), 96))
        embeddings = noise / np.linalg.norm(noise, axis=1, keepdims=True)
    else:
        trained = hr.fit(**{"epochs": epochs, **ARMS[arm](*items["train"], seed)})
        embeddings = hr.embed(trained.model, catalogue)
        found["history"] = trained.history.reset_index().to_dict("list")
    found["seconds"] = time.perf_counter() - start
    by_level, queries = hr.evaluate(embeddings, catalogue.hierarchy), graded_per_query(embeddings, known)
    values = {f"{column} {metric}": value for (column, metric), value in queries.mean().items()}
    values |= {f"{level} recall@1": by_level.loc[level, "recall@1"] for level in by_level.index[:2]}
    found |= {"values": {name.removeprefix("all attributes "): value for name, value in values.items()}}
    if arm in ROBUST and measured == "test":

        def ndcg(asked: np.ndarray, gallery: np.ndarray, own: np.ndarray) -> dict[str, float]:
            table = evaluate_attributes(asked, known.subset(own), gallery=gallery, gallery_attributes=known, own=own)
            return {MAIN: table[MAIN].iloc[-1]}

        rows = np.random.default_rng(0).choice(len(catalogue), 500, replace=False)
        found["robustness"] = robustness(trained.model, catalogue, ndcg, severities=(1, 3, 5), queries=rows).to_dict(
            "list"
        )
    found["per_query"] = queries[("all attributes", MAIN)].round(4).tolist()
    found["groups"] = catalogue.hierarchy.column(1).tolist()
    return found


def gather(folder: Path, out: Path) -> None:
    """The tables of the runs that are there."""
    runs = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    rows = pd.DataFrame(
        [{"arm": r["arm"], "seed": r["seed"], "seconds": round(r["seconds"]), **r["values"]} for r in runs]
    )
    rows["arm"] = pd.Categorical(rows["arm"], list(ARMS))
    rows = rows.sort_values(["arm", "seed"])
    rows.to_csv(out / "attributes.csv", index=False, float_format="%.4f")
    pairs = pd.DataFrame([compared(runs, *pair) for pair in PAIRS if {*pair} <= set(rows["arm"])])
    pairs.to_csv(out / "attributes_differences.csv", index=False, float_format="%.4f")
    curves = [pd.DataFrame(r["robustness"]).assign(arm=r["arm"], seed=r["seed"]) for r in runs if "robustness" in r]
    if curves:
        pd.concat(curves).to_csv(out / "attributes_robustness.csv", index=False, float_format="%.4f")
    print(
        rows.groupby("arm", observed=True)[MAIN].agg(["mean", "std", "count"]).to_string(float_format="{:.4f}".format)
    )
    print(pairs.to_string(index=False, float_format="{:.4f}".format))


def compared(runs: list[dict], base: str, arm: str) -> dict:
    """Difference of two arms, paired by seed and query, and their ratio.

    low, high: bootstrap over seeds and articleTypes; t_low, t_high and the ratio's ends: Student's over the seeds (the ratio's by its logarithm).
    """
    found = {(r["arm"], r["seed"]): r for r in runs}
    seeds = sorted(seed for name, seed in found if name == base and (arm, seed) in found)
    groups = found[base, seeds[0]]["groups"]
    values = np.array([[found[name, seed]["per_query"] for seed in seeds] for name in (base, arm)], dtype=float)
    means = np.nanmean(values, axis=2)
    row = {"base": base, "arm": arm, "seeds": len(seeds), "base mean": means[0].mean(), "arm mean": means[1].mean()}
    difference = paired_bootstrap(*values, groups=groups)
    row |= {"mean": difference.mean, "low": difference.low, "high": difference.high}
    if len(seeds) > 1:
        over_seeds, ratio = paired_t(*means), paired_t(*np.log(means))
        row |= {"t_low": over_seeds.low, "t_high": over_seeds.high}
        row |= {f"ratio {end}": float(np.exp(getattr(ratio, end))) for end in ("mean", "low", "high")}
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default=os.environ.get("HRLIB_DATA"))
    parser.add_argument("--runs", type=Path, required=True, help="the folder with a JSON a run")
    parser.add_argument("--arms", nargs="+", default=list(ARMS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--shard", default="0/1", help="i/n: every n-th run from the i-th on")
    parser.add_argument("--validation", action="store_true", help="measure on validation items, to choose settings")
    parser.add_argument("--gather", action="store_true", help="only make the tables")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    if not options.gather:
        items, (shard, shards) = parts(options.data_dir), map(int, options.shard.split("/"))
        planned = [(arm, seed) for seed in range(options.seeds) for arm in options.arms]
        for arm, seed in planned[shard::shards]:
            path = options.runs / f"{arm.replace(' ', '-').replace(',', '')}-{seed}.json"
            if not path.is_file():
                found = run(arm, seed, items, "validation" if options.validation else "test", options.epochs)
                write(path, json.dumps(found).encode())
                print(f"{arm}, seed {seed}: {MAIN} {found['values'][MAIN]:.4f}, {found['seconds']:.0f} s", flush=True)
    else:
        gather(options.runs, options.out)


if __name__ == "__main__":
    main()
