"""Worker processes: they give what this process gives, and one that dies costs the run that it was at."""

import importlib
import os
import sys

import pytest

import hrlib as hr
from hrlib.losses.registry import LOSSES


def test_objects_cannot_go_to_workers(shop, tmp_path, budget):
    with pytest.raises(
        hr.HrlibError, match="tiny: objects of this process cannot go to 2 worker processes. Use jobs=1"
    ):
        hr.benchmark(["contrastive"], {"tiny": shop}, 1, out_dir=tmp_path, jobs=2, **budget)


WORKERS = {"catalogues": {"shop": {"name": "synthetic", "products": 2, "photos": 4, "image_size": (32, 32)}}}


def test_workers_give_what_this_process_gives(tmp_path, monkeypatch):
    """Two workers, a loss that a module of the user's registers, another that ends its process."""
    (tmp_path / "users_losses.py").write_text(
        "import os, hrlib as hr\n"
        "@hr.losses.register('users-own')\n"
        "def users_own(hierarchy, dim):\n"
        "    return hr.losses.HierarchicalProxyLoss(hierarchy, dim, weights=(1.0,))\n"
        "@hr.losses.register('users-crash')\n"
        "def users_crash(hierarchy, dim):\n"
        "    os._exit(3)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)  # of the workers
    importlib.import_module("users_losses")
    settings = {"epochs": 1, "batch_size": 16, "dim": 16, "augment": "none", "seeds": 1, **WORKERS}
    try:
        names = ["users-own", "users-crash", "proxy-anchor"]
        two = hr.benchmark(names, out_dir=tmp_path / "two", jobs=2, imports=["users_losses"], **settings)
        one = hr.benchmark(["users-own", "proxy-anchor"], out_dir=tmp_path / "one", jobs=1, **settings)
    finally:
        for name in ("users-own", "users-crash"):
            LOSSES.pop(name, None)
        sys.modules.pop("users_losses", None)
    assert one.runs.equals(two.runs), (one.runs, two.runs)
    said = str(two.about["failed"])
    assert "users-crash" in said and "the worker process ended with 3" in said
