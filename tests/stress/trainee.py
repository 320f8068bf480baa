"""What the stress tests train and build in processes of their own, to be killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from tests.stress.faults import use_temp

SETTINGS = {"epochs": 6, "batch_size": 48, "seed": 3, "precision": "float32"}


def kill_at(function: str, count: int) -> None:
    """kill -9 this process when it calls os.FUNCTION for the `count`-th time from now, before the call does anything."""
    real, left = getattr(os, function), [count]

    def deadly(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)

    setattr(os, function, deadly)


def train(folder: str, weights: str, deadly: tuple[str, int] | None = None) -> None:
    """Train a small model, going on with what lies in `folder`; the weights at the end go to a file `weights`."""
    import torch
    from safetensors.torch import save_file

    import hrlib as hr
    from tests.tiny import tiny_shop

    torch.set_num_threads(1)
    if deadly:
        kill_at(*deadly)
    train, validation = tiny_shop().split_classes((0.6, 0.4), seed=0)
    torch.manual_seed(0)
    model = hr.models.image_encoder("small", dim=8)
    loss = hr.losses.HierarchicalProxyLoss(train.hierarchy, 8)
    spaces = hr.training.Snapshots(validation, Path(folder) / "spaces")
    hr.fit(model, loss, train, validation=validation, out_dir=folder, resume=True, on_epoch=spaces, **SETTINGS)
    tensors = {
        f"{name}.{key}": value
        for name, part in (("model", model), ("loss", loss))
        for key, value in part.state_dict().items()
    }
    save_file({key: value.contiguous() for key, value in tensors.items()}, aside := f"{weights}.{os.getpid()}")
    os.replace(aside, weights)


def build(photos: list[str], cache: str, out: str, workers: int = 1, deadly: tuple[str, int] | None = None) -> None:
    """Build a store of the photos; its pixels go to a file `out`."""
    from hrlib.catalogue.originals import files_fingerprint, read_file
    from hrlib.catalogue.store import build_store

    if deadly:
        kill_at(*deadly)
    store, _ = build_store(
        photos, read_file, fingerprint=files_fingerprint(photos), size=(32, 32), cache_dir=cache, workers=workers
    )
    aside = Path(f"{out}.{os.getpid()}.npy")
    np.save(aside, store[:])
    aside.rename(out)


def build_and_stay(*arguments) -> None:
    """`build`, and then go on living, as a notebook does."""
    build(*arguments)
    time.sleep(600)


SHOP = {"shop": {"name": "synthetic", "products": 2, "photos": 4, "image_size": (32, 32), "workers": 1}}
BENCHMARK = {"losses": ["proxy-anchor", "hpl-proxy-anchor", "contrastive"], "seeds": 2, "catalogues": SHOP}


def bench(folder: str, temp: str, jobs: int) -> None:
    """A benchmark of six runs, as `python -m hrlib.benchmark` does it; its tables in the folder, and whether all runs went well."""
    use_temp(temp)
    import torch

    import hrlib as hr

    torch.set_num_threads(1)
    fit = {"epochs": 2, "batch_size": 16, "dim": 16, "augment": "none"}
    results = hr.benchmark(**BENCHMARK, **fit, out_dir=folder, jobs=jobs)
    results.save(Path(folder) / "tables")


def run_notebooks(arguments: list[str], temp: str) -> None:
    """`python -m hrlib.notebooks ARGUMENTS`."""
    use_temp(temp)
    from hrlib.notebooks.__main__ import main

    raise SystemExit(main(arguments))
