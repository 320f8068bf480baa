"""Settings of `crossmodal.py`, compared on its validation pairs: benchmarks/results/crossmodal_trials.csv.

python benchmarks/crossmodal_trials.py --data-dir DIR --runs out/crossmodal_trials --shard 0/2 &
python benchmarks/crossmodal_trials.py --data-dir DIR --runs out/crossmodal_trials --shard 1/2 &
wait; python benchmarks/crossmodal_trials.py --runs out/crossmodal_trials --gather

One seed each, so that only what differs by much is decided. The test pairs are not looked at. A run that is there is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import pandas as pd
from crossmodal import EPOCHS, HERE, LR, MAIN, OFF, codebook, measured, parts, train, triple

from hrlib.files import write

PLAIN = {"cross": True, "within": False}
TRIALS = {
    "contrast, softness 0": codebook(**OFF, softness=0.0),
    "contrast, softness .4": codebook(**OFF, softness=0.4),
    "codebook, softness .4": codebook(**PLAIN),
    "codebook, softness 0": codebook(**PLAIN, softness=0.0),
    "codebook, softness 0, weights .2": codebook(**PLAIN, transport=0.2, swapped=0.2, softness=0.0),
    "codebook, softness 0, weights .2, within": codebook(
        cross=True, transport=0.2, swapped=0.2, within=0.2, softness=0.0
    ),
    "CMA + IMC, softness 0": triple(imc=True, softness=0.0),
    "CMA + IMC .2, softness 0": triple(imc=0.2, softness=0.0),
    "CMA + IMC, softness .4": triple(imc=True),
    "CMA + IMC + LMI .2, softness .4": triple(imc=True, lmi=0.2),
    "CMA + IMC + LMI, softness 0": triple(imc=True, lmi=True, softness=0.0),
    "CMA + IMC .2 + LMI .2, softness 0": triple(imc=0.2, lmi=0.2, softness=0.0),
    "CMA + IMC .2 + LMI .2, softness .4": triple(imc=0.2, lmi=0.2),
}
SHOWN = ("gap", "same_modality", "code_agreement", "neighbour_label_a", "neighbour_label_b")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default=os.environ.get("HRLIB_DATA"))
    parser.add_argument("--runs", type=Path, required=True, help="the folder with a JSON a run")
    parser.add_argument("--shard", default="0/1", help="i/n: every n-th run from the i-th on")
    parser.add_argument("--gather", action="store_true", help="only make the table")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    if options.gather:
        rows = pd.DataFrame([json.loads(path.read_text()) for path in options.runs.glob("*.json")])
        rows["trial"] = pd.Categorical(rows["trial"], list(TRIALS))
        rows = rows.sort_values(["wrong", "trial"])
        rows.to_csv(HERE / "results" / "crossmodal_trials.csv", index=False, float_format="%.4f")
        print(rows.to_string(index=False, float_format="{:.4f}".format))
        return
    items, (shard, shards) = parts(options.data_dir), map(int, options.shard.split("/"))
    for wrong, trial in [(wrong, trial) for wrong in (0.0, 0.4) for trial in TRIALS][shard::shards]:
        path = options.runs / f"{wrong}-{trial.replace(' ', '-')}.json"
        if not path.is_file():
            trained = train(TRIALS[trial], 0, wrong, 0.07, items, epochs=EPOCHS, lr=LR)
            values = measured(trained, *items["validation"])[0][""]
            row = {"trial": trial, "wrong": wrong, "epochs": EPOCHS, "lr": LR, MAIN: values[MAIN]}
            write(path, json.dumps(row | {name: values[name] for name in SHOWN if name in values}).encode())
            print(f"{trial}, {wrong:.0%} wrong: {values[MAIN]:.4f}", flush=True)


if __name__ == "__main__":
    main()
