"""One run of a benchmark: train, choose the epoch on validation classes, test, write the result."""

from __future__ import annotations

import io
import json
import time
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from hrlib.benchmarking.plan import LossFunction
from hrlib.benchmarking.spec import RunSpec
from hrlib.catalogue import Catalogue, load
from hrlib.errors import HrlibError
from hrlib.evaluation import per_query
from hrlib.files import from_json, write
from hrlib.losses import make
from hrlib.models import image_encoder
from hrlib.training import embed, fit
from hrlib.versions import versions

RESULT = "result.json"  # written last: a folder that has it holds a whole run
QUERIES = "queries.parquet"
PARTS = {
    "spec": dict,
    "metrics": dict,
    "levels": list,
    "history": list,
    "precision": str,
    "items": dict,
    "seconds": int | float,
    "versions": dict,
}


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
        result = from_json((folder / RESULT).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise HrlibError(f"{folder / RESULT} is damaged ({error}): delete it, and the run is done again") from error
    if not _whole(result):
        raise HrlibError(
            f"{folder / RESULT} is damaged (a part of it is missing or odd): delete it, and the run is done again"
        )
    return result


def _whole(result: Any) -> bool:
    """Whether a result has what the tables are made of."""
    if not isinstance(result, dict) or not all(isinstance(result.get(key), kind) for key, kind in PARTS.items()):
        return False
    spec, levels = result["spec"], result["metrics"].values()
    texts = [result["precision"], *result["levels"], *(spec.get(name) for name in ("catalogue", "label", "loss"))]
    if not {field.name for field in fields(RunSpec)} <= spec.keys() or not isinstance(spec["load"], dict):
        return False
    if not all(isinstance(part, dict) for part in (*levels, *result["history"])):
        return False
    numbers = [result["seconds"], *(value for level in levels for value in level.values())]
    sound = all(isinstance(number, int | float) and abs(number) < 2**1023 for number in numbers)  # and none is NaN
    return sound and all(isinstance(text, str) for text in texts) and type(spec["seed"]) is int


def read_queries(folder: Path) -> pd.DataFrame:
    """The metrics of every test query, columns (level, metric), and ("", "group"), the query's finest class."""
    try:
        table = pd.read_parquet(folder / QUERIES)
        table.columns = pd.MultiIndex.from_tuples(
            [tuple(name.split("\t")) if "\t" in name else ("", name) for name in table.columns]
        )
        if ("", "group") not in table or any(kind.kind not in "fiu" for kind in table.dtypes):
            raise ValueError("expected numbers, and the column 'group'")
    except Exception as error:  # pyarrow raises all kinds on a damaged file
        raise HrlibError(f"{folder / QUERIES} is damaged ({error}): delete the run, and it is done again") from error
    return table
