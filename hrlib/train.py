"""A run that a file describes, in one process or in many:

python -m hrlib.train --config run.json
torchrun --nproc-per-node 8 -m hrlib.train --config run.json      # with --nnodes and the like on several machines

{
  "catalogue": {"name": "synthetic", "size": "small"},
  "split": {"by": "classes", "fractions": [0.4, 0.1, 0.5]},
  "model": {"name": "small", "dim": 64},
  "loss": {"name": "hpl-proxy-anchor", "weights": [1.0, 0.3]},
  "fit": {"epochs": 10, "seed": 0},
  "out_dir": "out/run"
}

catalogue: "name" and the settings of `hr.load`; or "folder" and those of `hr.from_folder`; or "table" and those of `hr.from_table`. split: "by"
"classes", "items" or "official", see `hrlib.training.config.Split`. model: of `hr.models.image_encoder`. loss: "name" and the settings of that
loss, see `hr.losses.defaults`. fit: see `FitSettings`. The same command goes on with a run that was stopped or killed. In out_dir it leaves the checkpoints
and, of the test part, embeddings.npy (N, D), ids.json in the same order, and metrics.json.

While it runs torchrun listens on all addresses of the machine, for its processes to find each other, and asks nobody for a password: among strangers it
needs a firewall. `python -m hrlib.train` listens nowhere.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch

from hrlib import losses, models, processes
from hrlib.errors import HrlibError
from hrlib.evaluation import evaluate
from hrlib.files import write
from hrlib.settings import as_dict
from hrlib.training import embed, fit
from hrlib.training.config import RunConfig, read_config
from hrlib.training.devices import join
from hrlib.versions import versions


def train(config: RunConfig) -> dict[str, Any]:
    """Do the run, in this process or with those that torchrun has started, and write its results. Returns what metrics.json holds.

    Raises:
        HrlibError: as `load`, `fit` and the loss do.
        KeyboardInterrupt: as `fit`.
    """
    started, out = time.time(), Path(config.out_dir)
    join(config.fit)
    with processes.first_alone(os.environ.get("LOCAL_RANK", "0") == "0"):  # one a machine decodes the photos
        catalogue = config.load()
    parts = config.split.parts(catalogue)
    training, queries, gallery = parts["train"], parts.get("test", parts.get("query")), parts.get("gallery")
    with torch.random.fork_rng():
        torch.manual_seed(config.fit.seed)
        model = models.image_encoder(**config.model)
        name, settings = config.loss["name"], {key: value for key, value in config.loss.items() if key != "name"}
        loss = losses.make(name, training.hierarchy, model.dim, **settings)
    run = fit(model, loss, training, validation=parts.get("val"), out_dir=out, resume=True, **as_dict(config.fit))
    found = embed(model, queries, out=out / "embeddings.npy")
    searched = {}
    if gallery is not None:
        searched = {"gallery": embed(model, gallery, out=out / "gallery.npy"), "gallery_hierarchy": gallery.hierarchy}
    metrics = processes.of_first(lambda: _metrics(found, queries.hierarchy, **searched))
    result = {
        "metrics": metrics,
        "config": {
            "catalogue": config.catalogue,
            "split": as_dict(config.split),
            "model": config.model,
            "loss": config.loss,
        },
        "settings": as_dict(config.fit),
        "best_epoch": run.best_epoch,
        "items": {name: len(part) for name, part in parts.items()},
        "processes": processes.count(),
        "seconds": round(time.time() - started, 1),
        "versions": versions(),
    }
    if processes.rank() == 0:
        for name, part in {"ids": queries, "gallery_ids": gallery}.items():
            if part is not None:
                write(out / f"{name}.json", json.dumps(part.items["id"].tolist()).encode())
        write(out / "metrics.json", json.dumps(result, indent=1, allow_nan=False).encode())
    processes.wait()
    return result


def _metrics(embeddings, hierarchy, **searched) -> dict[str, dict[str, float]]:
    table = evaluate(embeddings, hierarchy, **searched)
    return {level: {name: float(value) for name, value in row.dropna().items()} for level, row in table.iterrows()}


def main(arguments: list[str] | None = None) -> None:
    """Read the file, do the run, print the table of the test part."""
    parser = argparse.ArgumentParser(
        prog="python -m hrlib.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", required=True, metavar="RUN.json")
    options = parser.parse_args(arguments)
    rank = os.environ.get("RANK", "0")
    try:
        result = train(read_config(options.config))
    except HrlibError as error:
        sys.exit(f"error{f' in process {rank}' if rank != '0' else ''}: {error}")
    except KeyboardInterrupt as interrupt:
        if rank == "0":
            print(f"{interrupt or 'stopped'}: the same command goes on", file=sys.stderr)
        sys.exit(130)
    if processes.count() > 1:
        torch.distributed.destroy_process_group()
    if rank == "0":
        for level, row in result["metrics"].items():
            print(level, ", ".join(f"{name} {value:.4f}" for name, value in row.items()), sep=": ")


if __name__ == "__main__":
    main()
