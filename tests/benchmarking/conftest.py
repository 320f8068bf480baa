"""A catalogue that trains in a moment, and a benchmark of it that is already done."""

import pytest

import hrlib as hr
from tests.tiny import tiny_shop

BUDGET = {"epochs": 2, "batch_size": 16, "dim": 16, "augment": "none"}


@pytest.fixture(scope="session")
def shop() -> hr.Catalogue:
    return tiny_shop()


@pytest.fixture(scope="session")
def done(shop, tmp_path_factory):
    """Two losses, two seeds; the folder and the results."""
    folder = tmp_path_factory.mktemp("done runs")
    results = hr.benchmark(["proxy-anchor", "hpl-proxy-anchor"], {"tiny": shop}, 2, out_dir=folder, jobs=1, **BUDGET)
    return folder, results


@pytest.fixture(scope="session")
def budget():
    return dict(BUDGET)


@pytest.fixture(scope="session")
def values():
    """The values of a loss's metric, seed by seed."""

    def of(results, loss, metric="map@r", level=0):
        runs = results.runs
        chosen = runs[(runs["loss"] == loss) & (runs["metric"] == metric) & (runs["level"] == level)]
        return chosen.sort_values("seed")["value"].to_numpy()

    return of
