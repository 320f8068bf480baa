"""A catalogue that trains in a moment, and a benchmark of it that is already done."""

import numpy as np
import pandas as pd
import pytest

import hrlib as hr

BUDGET = {"epochs": 2, "batch_size": 16, "dim": 16, "augment": "none"}


@pytest.fixture(scope="session")
def shop() -> hr.Catalogue:
    rng = np.random.default_rng(0)
    superclass = np.repeat(np.arange(3), 40)
    product = np.repeat(np.arange(24), 5)
    colours = rng.integers(60, 200, (3, 3))[superclass] + rng.integers(-50, 50, (24, 3))[product]
    pixels = np.clip(colours[:, None, None] + rng.normal(0, 25, (120, 16, 12, 3)), 0, 255).astype(np.uint8)
    items = pd.DataFrame({"id": np.arange(120), "product": product.astype(str), "category": superclass.astype(str)})
    hierarchy = hr.Hierarchy.from_frame(items, levels=["product", "category"])
    return hr.Catalogue("tiny", items, hr.ImageStore.from_array(pixels), hierarchy)


@pytest.fixture(scope="session")
def done(shop, tmp_path_factory):
    """Two losses, two seeds; the folder and the results."""
    folder = tmp_path_factory.mktemp("done runs")
    results = hr.benchmark(["proxy-anchor", "hpl-proxy-anchor"], {"tiny": shop}, 2, out_dir=folder, jobs=1, **BUDGET)
    return folder, results


@pytest.fixture(scope="session")
def budget():
    return dict(BUDGET)
