"""Notebooks that the stress tests write, to be killed, repeated and run on a full disk."""

from __future__ import annotations

from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
PARAMETERS = 'out_dir: str = "out"  # results'
WRITE = "import json, pathlib\n(pathlib.Path(out_dir) / 'metrics.json').write_text(json.dumps(metrics))"
# a training that goes on with what lies there, a projection, a table; the weights are in the metrics, as a number
TRAINS = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
import hashlib, pathlib
import torch
import hrlib as hr
from hrlib.spreadsheet import to_csv
from tests.stress.trainee import SETTINGS
from tests.tiny import tiny_shop
torch.set_num_threads(1)
train, validation = tiny_shop().split_classes((0.6, 0.4), seed=0)
torch.manual_seed(0)
model = hr.models.image_encoder("small", dim=8)
loss = hr.losses.HierarchicalProxyLoss(train.hierarchy, 8)
run = hr.fit(model, loss, train, validation=validation, out_dir=out_dir + "/run", resume=True, **SETTINGS)
embeddings = hr.embed(model, validation)
projection = hr.explore.project(embeddings, "pca", folder=out_dir)
to_csv(run.history, out_dir + "/history.csv")
digest = hashlib.blake2b(embeddings.tobytes() + projection.coordinates.tobytes(), digest_size=6)
metrics = {{"weights": int(digest.hexdigest(), 16), "map@r": float(run.history["map@r"].max())}}
"""
# goes on from a file that it writes step by step: work without torch, whose import takes most of the time of the one above
STEPS = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
import hashlib, json, pathlib, time
from hrlib.files import write
state = pathlib.Path(out_dir) / "state.json"
step, digest = json.loads(state.read_text()) if state.exists() else (0, "")
while step < 40:
    time.sleep(0.02)
    step, digest = step + 1, hashlib.blake2b(f"{{step}} {{digest}}".encode(), digest_size=6).hexdigest()
    write(state, json.dumps([step, digest]).encode())
metrics = {{"digest": int(digest, 16)}}
"""


def write(folder: Path, name: str, *sources: str) -> Path:
    """A notebook of a cell tagged `parameters` and these cells."""
    folder.mkdir(parents=True, exist_ok=True)
    cells = [nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"
