"""What makes a discovered hierarchy gain, on validation classes: benchmarks/results/discovered_trials.csv.

    python benchmarks/discovered.py --data-dir DIR

Fashion product groups, the small encoder, 12 epochs, batches of 128; 40% of the classes to train, 10% to measure. The other half, the test
classes of the benchmark, is not looked at. One run a setting and seed; a difference of less than .01 between single runs says little.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pandas as pd
import torch

import hrlib as hr

HERE = Path(__file__).parent
CHOSEN = {"clusters": 50, "warmup": 8, "every": 8}
TRIALS = {
    "flat": None,
    "given articleType": "given",
    "chosen: 50 clusters of embeddings, from iteration 8 on, every 8": {},
    "proxies clustered instead of embeddings": {"cluster_by": "proxies"},
    "from iteration 38 on (1 epoch), every 38": {"warmup": 38, "every": 38},
    "from iteration 152 on (4 epochs), every 38": {"warmup": 152, "every": 38},
    "proxies, from iteration 152 on, every 38": {"warmup": 152, "every": 38, "cluster_by": "proxies"},
    "never updated after iteration 8": {"every": 10**6},
    "20 clusters": {"clusters": 20},
    "150 clusters": {"clusters": 150},
    "two levels, 100 and 20 clusters": {"clusters": (100, 20), "weights": (1.0, 0.3, 0.3)},
    "weight 1": {"weights": (1.0, 1.0)},
    "no gradient through the average": {"coarse_gradient": False},
    "coarse proxies recalculated every 8 iterations": {"coarse": "recalculated"},
}


def trial(name: str, seed: int, train: hr.Catalogue, validation: hr.Catalogue, epochs: int) -> dict:
    """Train with one setting; what the best epoch has on validation classes."""
    settings = TRIALS[name]
    torch.manual_seed(seed)
    model = hr.models.image_encoder("small", dim=64)
    if isinstance(settings, dict):
        loss = hr.losses.DiscoveredHierarchyLoss(train.hierarchy, 64, **{**CHOSEN, **settings})
    else:
        loss = hr.losses.HierarchicalProxyLoss(train.hierarchy, 64, weights=(1.0, 0.3) if settings else (1.0,))
    run = hr.fit(model, loss, train, validation=validation, epochs=epochs, seed=seed)
    table = hr.evaluate(hr.embed(model, validation), validation.hierarchy)
    last = run.history.iloc[-1]
    return {
        "setting": name,
        "seed": seed,
        "map@r": table["map@r"].iloc[0],
        "recall@1": table["recall@1"].iloc[0],
        "superclass recall@1": table["recall@1"].iloc[1],
        "nmi at the end": last.get("nmi"),
        "moved at the end": last.get("moved"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default=os.environ.get("HRLIB_DATA"))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--shard", default="0/1", help="i/n: every n-th trial from the i-th on")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "discovered_trials.csv")
    options = parser.parse_args()
    catalogue = hr.load("fashion-products", size="full", data_dir=options.data_dir)
    train, validation, _ = catalogue.split_classes((0.4, 0.1, 0.5), seed=0)
    part, parts = map(int, options.shard.split("/"))
    planned = [(name, seed) for seed in range(options.seeds) for name in TRIALS][part::parts]
    rows = pd.read_csv(options.out).to_dict("records") if options.out.is_file() else []
    for name, seed in planned:
        if any(row["setting"] == name and row["seed"] == seed for row in rows):
            continue
        rows.append(trial(name, seed, train, validation, options.epochs))
        pd.DataFrame(rows).to_csv(options.out, index=False, float_format="%.4f")
        print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
