"""What the kit saves, written small into a folder, and how it is read again: one function a reader."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import torch
from PIL import Image

import hrlib as hr
from hrlib.benchmarking import gather
from hrlib.benchmarking.results import TABLES, Results
from hrlib.benchmarking.spec import RunSpec
from hrlib.catalogue.originals import read_file
from hrlib.catalogue.store import build_store
from hrlib.explore.saved import Saved
from hrlib.models.tokenizer import Tokenizer
from hrlib.notebooks.lessons import copy_for_students
from hrlib.notebooks.parameters import checked
from hrlib.notebooks.report import _index
from hrlib.notebooks.run import _outcome, table
from hrlib.search import FaissStore, Item, VisualSearch
from hrlib.search.visual.added import AddedPhotos
from hrlib.training.checkpoint import load_checkpoint, read_facts, save_checkpoint
from hrlib.training.config import read_config
from hrlib.training.folder import RunFolder
from hrlib.training.snapshots import Snapshots
from tests.tiny import tiny_shop


@dataclass(frozen=True)
class Reader:
    """`read(folder)` reads what lies there; an answer must be `same` as what was written; an error `names` the file or the folder.

    `kept` bytes at the end of a file are not damaged.
    """

    name: str
    read: Callable[[Path], Any]
    same: Callable[[Any], bool] = lambda answer: True
    names: str = ""
    kept: int = 0


def parts(seed: int) -> tuple[dict[str, torch.nn.Module], torch.optim.Optimizer]:
    """A model, a loss and their optimizer after a step; of one's own."""
    return copy.deepcopy(_parts(seed))


@cache
def _parts(seed: int) -> tuple[dict[str, torch.nn.Module], torch.optim.Optimizer]:
    torch.manual_seed(seed)
    modules = {"model": torch.nn.Linear(3, 2), "loss": torch.nn.Linear(2, 1)}
    optimizer = torch.optim.AdamW([value for module in modules.values() for value in module.parameters()])
    modules["loss"](modules["model"](torch.randn(4, 3))).sum().backward()
    optimizer.step()
    return modules, optimizer


def state(modules: dict[str, torch.nn.Module], optimizer: torch.optim.Optimizer) -> list[np.ndarray]:
    tensors = [value for module in modules.values() for value in module.state_dict().values()]
    tensors += [value for moments in optimizer.state.values() for _, value in sorted(moments.items())]
    return [value.numpy().copy() for value in tensors]


NOW = {
    "settings": {"epochs": 2},
    "precision": "32-true",
    "items": 4,
    "classes": [2],
    "epoch": {"loss": 0.0, "images": 0},
}
FACTS = NOW | {
    "step": 3,
    "steps": 6,
    "epoch": {"loss": 0.5, "images": 2},
    "history": [{"epoch": 0, "loss": 0.5, "map@r": 0.25}],
}


def checkpoint(folder: Path) -> Reader:
    modules, optimizer = parts(0)
    save_checkpoint(folder / "last", modules, optimizer, FACTS)
    expected = state(modules, optimizer)

    def read(folder: Path) -> tuple[dict, list[np.ndarray]]:
        others, other = parts(1)
        return load_checkpoint(folder / "last", others, other), state(others, other)

    def same(answer: tuple[dict, list[np.ndarray]]) -> bool:
        facts, found = answer
        return facts.items() >= FACTS.items() and all(map(np.array_equal, found, expected))

    return Reader("load_checkpoint", read, same, "last.safetensors")


def facts(folder: Path) -> Reader:
    save_checkpoint(folder / "last", *parts(0), FACTS)
    return Reader("read_facts of a checkpoint", lambda folder: read_facts(folder / "last"), names="last.safetensors")


def run_folder(folder: Path) -> Reader:
    modules, optimizer = parts(0)
    for name in ("last", "best"):
        save_checkpoint(folder / name, modules, optimizer, FACTS)
    same = lambda answer: answer[0].items() >= FACTS.items() and answer[1].keys() == modules.keys()  # noqa: E731
    return Reader("fit(resume=True)", lambda folder: RunFolder(folder).restore(*parts(1), NOW), same, str(folder))


def snapshots(folder: Path) -> Reader:
    vectors, shop = np.eye(120, 8, dtype=np.float32), tiny_shop()
    np.save(folder / "epoch-0000.npy", vectors)
    # an array has no checksum: the 3,840 bytes of its values are let alone
    same = lambda answer: np.array_equal(answer["epoch 1"], vectors)  # noqa: E731
    return Reader("Snapshots", lambda folder: Snapshots(shop, folder).spaces, same, "epoch-0000.npy", vectors.nbytes)


def projection(folder: Path) -> Reader:
    identity = {"method": "pca", "settings": {"seed": 0}, "embeddings": "abc", "after": None}
    coordinates = np.arange(10, dtype=np.float32).reshape(5, 2)
    saved = Saved(folder, identity)
    saved.write({"coordinates": coordinates}, quality={"points": 5.0}, measured_by=None)

    def same(answer: tuple[dict, dict]) -> bool:
        return np.array_equal(answer[0]["coordinates"], coordinates) and answer[1]["identity"] == identity

    return Reader("a saved projection", lambda folder: Saved(folder, identity).read(5), same, str(saved.path))


def unit(n: int, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(n, 8)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def contents(store: FaissStore) -> tuple:
    """What a store holds and finds."""
    ids = store.ids()
    vectors, frame = store.get(ids)
    return ids, vectors.tobytes(), frame.to_csv(), store.search(unit(3, 9), 5).ids, store.count({"number": (3, 20)})


def store(folder: Path, kind: str = "hnsw") -> Reader:
    """30 items in the index, 3 of them gone, and 5 new ones."""
    made = FaissStore(8, kind, m=4, ef_construction=16, delta=10)
    made.upsert(list(range(30)), unit(30), {"number": list(range(30)), "share": [0.5] * 30})
    made.wait()
    made.delete([0, 1, 2])
    made.upsert([f"new {n}" for n in range(5)], unit(5, 1), {"season": ["Fall"] * 5, "sold": [True] * 5})
    made.save(folder)
    expected = contents(made)
    return Reader(
        f"FaissStore.open, {kind}",
        lambda folder: contents(FaissStore.open(folder)),
        lambda answer: answer == expected,
        "snapshot-000001",
    )


def visual(folder: Path) -> Reader:
    shop, model = tiny_shop(), hr.models.image_encoder("small", dim=8)
    search = VisualSearch.index(model, shop)
    pixels = shop.images[3] // 2
    search.add("new", pixels)
    search.save(folder)
    shop_photo = search.photo("new")

    def read(folder: Path) -> tuple:
        again = VisualSearch.open(folder, model, shop)
        return again.search(Item("new"), 3).table["id"].tolist(), again.photo("new")

    def same(answer: tuple) -> bool:
        return answer[0][0] == "new" and np.array_equal(answer[1], shop_photo)

    return Reader("VisualSearch.open", read, same)


def added_photos(folder: Path) -> Reader:
    photos = AddedPhotos()
    name = photos.put(np.random.default_rng(0).integers(0, 255, (9, 7, 3), dtype=np.uint8))
    photos.save(folder)
    expected = photos.get(name)
    same = lambda answer: np.array_equal(answer, expected)  # noqa: E731
    return Reader("photos added to a visual search", lambda folder: AddedPhotos(folder).get(name), same, f"{name}.png")


def tokenizer(folder: Path) -> Reader:
    saved = Tokenizer.train(["a red mug", "red shoes", "blue shoes, a mug"], vocabulary=40)
    saved.save(folder / "tokens.json")

    def read(folder: Path) -> tuple[Tokenizer, np.ndarray]:
        again = Tokenizer.load(folder / "tokens.json")
        return again, again.encode(["red mugs [CLS] ü", "shoe"], 9)

    return Reader("Tokenizer.load", read, names="tokens.json")


def pixels(folder: Path) -> Reader:
    photos = folder.parent / "photos"
    photos.mkdir(exist_ok=True)
    for number in range(4):
        Image.new("RGB", (9, 7), (60 * number, 9, 9)).save(photos / f"{number}.png")
    paths = sorted(map(str, photos.iterdir()))
    settings = {"fingerprint": "four photos", "size": (8, 8), "workers": 1, "on_bad": "skip"}

    def read(folder: Path) -> np.ndarray:
        return build_store(paths, read_file, cache_dir=folder, **settings)[0][:]

    expected = read(folder)
    # pixels have no checksum, as reading them all at each start would cost what the cache saves
    return Reader("the cache of photos", read, lambda answer: np.array_equal(answer, expected), kept=expected.nbytes)


def parameters(folder: Path) -> Reader:
    source = 'dataset: str = "synthetic"  # a name\nepochs: int = 3\nlr: float = 0.1\ninteractive: bool = False'
    cells = [nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell("1 + 1")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / "01_a.ipynb")
    given = {"epochs": "5", "lr": 1}
    return Reader("parameters of a notebook", lambda folder: checked([folder / "01_a.ipynb"], given), names="01_a")


def lesson(folder: Path) -> Reader:
    cell = nbformat.v4.new_markdown_cell("Why?\n\n<details>\n<summary>Solution</summary>\n\nSo.\n</details>\n", id="a")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "01_a.ipynb")

    def read(folder: Path) -> str:
        copy_for_students([folder / "01_a.ipynb"], folder / "students", force=True)
        return (folder / "students" / "01_a.ipynb").read_text(encoding="utf-8")

    read(folder)
    return Reader("copy_for_students", read, names="01_a")


def outcome(folder: Path) -> Reader:
    (folder / "01_a").mkdir()
    (folder / "01_a" / "run.json").write_text(json.dumps({"seconds": 1.5, "error": None, "parameters": {}}))
    (folder / "01_a" / "metrics.json").write_text(json.dumps({"map@r": 0.5, "epochs": 3, "best": "flat"}))

    def read(folder: Path) -> pd.DataFrame:
        ended = _outcome(0, Path("01_a.ipynb"), folder)
        _index([ended]).encode()  # without the 5 MB of plotly.js that the report has beside it
        return table([ended])

    return Reader("run.json and metrics.json of a notebook", read)


def results(folder: Path) -> Reader:
    row = {"catalogue": "tiny", "seed": 0, "level": 0, "level_name": "product", "metric": "map@r", "value": 0.5}
    runs = pd.DataFrame([row | {"loss": loss, "seed": seed} for loss in "ab" for seed in range(2)])
    about = {"runs": 4, "hours_of_one_core": 0.1, "common": {}, "precision": ["32-true"], "versions": {}}
    about |= {"items": {}, "load": {}, "settings": {}}
    tables = {"runs": runs, "differences": pd.DataFrame([row]), "curves": pd.DataFrame([row])}
    assert tuple(tables) == TABLES
    for part in ("one", "two"):
        Results(**tables | {"runs": runs.assign(catalogue=part)}, about=about).save(folder / part)

    def read(folder: Path) -> pd.DataFrame:
        return Results.read(folder).leaderboard("one")

    return Reader("Results.read of a benchmark", read)


def runs(folder: Path) -> Reader:
    for loss in ("proxy-anchor", "hpl-proxy-anchor"):
        spec = RunSpec("tiny", {"name": "tiny"}, loss, loss, {}, 0)
        result = {"spec": asdict(spec), "metrics": {"product": {"map@r": 0.5}}, "levels": ["product"], "seconds": 1.0}
        result |= {"history": [{"epoch": 0, "loss": 0.5}], "precision": "32-true", "items": {"test": 4}, "versions": {}}
        (folder / spec.key).mkdir(parents=True)
        (folder / spec.key / "result.json").write_text(json.dumps(result))
        queries = pd.DataFrame({"product\tmap@r": [0.5, 0.25, 1.0, 0.5], "group": [0, 0, 1, 1]})
        queries.to_parquet(folder / spec.key / "queries.parquet")
    return Reader("gather of a benchmark's runs", lambda folder: gather([folder], draws=10).leaderboard("tiny"))


CONFIG = {
    "catalogue": {"name": "synthetic", "size": "small"},
    "split": {"by": "classes", "fractions": [0.4, 0.1, 0.5]},
    "model": {"name": "small", "dim": 64},
    "loss": {"name": "hpl-proxy-anchor", "weights": [1.0, 0.3]},
    "fit": {"epochs": 10, "seed": 0},
    "out_dir": "out/run",
}


def config(folder: Path) -> Reader:
    (folder / "run.json").write_text(json.dumps(CONFIG))
    return Reader("the file of a run of hrlib.train", lambda folder: read_config(folder / "run.json"))


MAKERS: dict[str, Callable[[Path], Reader]] = {
    "checkpoint": checkpoint,
    "facts": facts,
    "run folder": run_folder,
    "snapshots": snapshots,
    "projection": projection,
    "exact store": lambda folder: store(folder, "exact"),
    "hnsw store": store,
    "visual search": visual,
    "added photos": added_photos,
    "tokenizer": tokenizer,
    "cache": pixels,
    "parameters": parameters,
    "lesson": lesson,
    "outcome": outcome,
    "results": results,
    "runs": runs,
    "config": config,
}
