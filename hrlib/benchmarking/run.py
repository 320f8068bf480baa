"""One run of a benchmark: train, choose the epoch on validation classes, test, write the result."""

from __future__ import annotations

import io
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from hrlib.benchmarking.plan import LossFunction
from hrlib.benchmarking.spec import RunSpec
from hrlib.catalogue import Catalogue, load
from hrlib.errors import HrlibError
from hrlib.evaluation import per_query
from hrlib.files import write
from hrlib.losses import make
from hrlib.models import image_encoder
from hrlib.training import embed, fit
from hrlib.versions import versions

RESULT = "result.json"  # written last: a folder that has it holds a whole run
QUERIES = "queries.parquet"


def run_one(
    spec: RunSpec, folder: Path, catalogue: Catalogue | None = None, loss: LossFunction | None = None
) -> dict[str, Any]:
    """Do the run and write it to `folder`: result.json (the metrics of the test classes, history, settings, versions) and
    queries.parquet (every metric for every query, for paired intervals). Returns what result.json holds.

    The test classes are embedded once, by the weights of the epoch that was best on the validation classes.
    """
    started = time.time()
    catalogue = load(**spec.load) if catalogue is None else catalogue
    train, validation, test = catalogue.split_classes(spec.split, seed=spec.split_seed)
    torch.manual_seed(spec.seed)  # every loss begins with the same network: the encoder is made first
    model = image_encoder(spec.encoder, spec.dim)
    criterion = loss(train.hierarchy, spec.dim) if loss else make(spec.loss, train.hierarchy, spec.dim, **spec.settings)
    alone = {"devices": 1, **spec.fit}  # under torchrun, which may have started it: its processes do other runs
    trained = fit(model, criterion, train, validation=validation, seed=spec.seed, **alone)
    queries = per_query(embed(model, test), test.hierarchy, hierarchical=True)
    metrics = {level: queries[level].mean().dropna().to_dict() for level in queries.columns.unique("level")}
    result = {
        "spec": asdict(spec),
        "metrics": metrics,
        "levels": list(test.hierarchy.levels),
        "best_epoch": trained.best_epoch,
        "history": [
            {name: value for name, value in row.items() if value == value} for row in trained.facts["history"]
        ],  # no NaN
        "precision": trained.facts["precision"],
        "items": {"train": len(train), "validation": len(validation), "test": len(test)},
        "seconds": round(time.time() - started, 1),
        "versions": versions(),
    }
    queries = queries.astype("float32")
    queries.columns = ["\t".join(column) for column in queries.columns]
    data = io.BytesIO()
    queries.assign(group=test.hierarchy.column(0)).to_parquet(data, index=False)
    write(folder / QUERIES, data.getvalue())
    write(folder / RESULT, json.dumps(result, allow_nan=False).encode())
    return result


def read_result(folder: Path) -> dict[str, Any] | None:
    """The result of a run that is whole; None where there is none."""
    try:
        return json.loads((folder / RESULT).read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise HrlibError(f"{folder / RESULT} is damaged ({error}): delete it, and the run is done again") from error


def read_queries(folder: Path) -> pd.DataFrame:
    """The metrics of every test query, columns (level, metric), and ("", "group"), the query's finest class."""
    table = pd.read_parquet(folder / QUERIES)
    table.columns = pd.MultiIndex.from_tuples(
        [tuple(name.split("\t")) if "\t" in name else ("", name) for name in table.columns]
    )
    return table
