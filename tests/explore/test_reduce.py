from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from hrlib.errors import HrlibError
from hrlib.explore.reduce import GIVEN, METHODS, _nearest, on_axes, principal_axes, reduce, settings_for
from tests.evaluation.made_up import random_units


@given(st.integers(2, 60), st.integers(1, 12), st.integers(0, 100))
def test_principal_components_are_those_of_a_singular_value_decomposition(n, dim, seed):
    x = random_units(n, seed, dim)
    found = on_axes(x, principal_axes(x, seed=0))
    assert found.shape == (n, 2) and found.dtype == np.float32
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    _, values, _ = np.linalg.svd(centred, full_matrices=False)
    expected = np.zeros(2)
    expected[: len(values[:2])] = values[:2]
    np.testing.assert_allclose(np.linalg.norm(found - found.mean(axis=0), axis=0), expected, atol=2e-4)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)


def test_principal_components_are_scikit_learns():
    x = random_units(50)
    np.testing.assert_allclose(
        on_axes(x, principal_axes(x, 0)), PCA(2, random_state=0).fit_transform(x.astype(np.float64)), atol=1e-5
    )


@pytest.mark.parametrize("x", [random_units(1), np.tile(random_units(1), (7, 1)), np.ones((4, 1), np.float32)])
def test_where_items_do_not_differ_all_components_are_0(x):
    np.testing.assert_allclose(on_axes(x, principal_axes(x, 0)), 0, atol=1e-6)


@pytest.mark.parametrize(
    "x", [random_units(4), random_units(30), np.tile(random_units(1), (9, 1)), random_units(9, 0, 1)]
)
def test_tsne_of_few_or_equal_items_is_finite_and_the_same_again(x):
    settings = settings_for("tsne", {"max_iter": 250}, len(x), seed=3)
    start = on_axes(x, principal_axes(x, 3)).astype(np.float64)
    first, again = (reduce(x, "tsne", settings, start) for _ in range(2))
    assert first.shape == (len(x), 2) and first.dtype == np.float32 and np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("method", ["umap", "tsne"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_fewer_items_than_make_a_neighbourhood_stay_where_they_start(method, n):
    start = np.random.default_rng(0).normal(size=(n, 2))
    np.testing.assert_array_equal(
        reduce(random_units(n), method, settings_for(method, {}, n, 0), start), start.astype(np.float32)
    )


def test_neighbours_given_to_umap_are_scikit_learns():
    x = np.concatenate([random_units(200), random_units(5)])  # some are the same
    rows, distances = _nearest(x, 7)
    expected, _ = NearestNeighbors(n_neighbors=7, metric="cosine").fit(x.astype(np.float64)).kneighbors()
    assert rows.dtype == np.int32 and distances.dtype == np.float32 and rows.shape == distances.shape == (205, 7)
    assert (rows[:, 0] == np.arange(205)).all() and (distances[:, 0] == 0).all() and (distances >= 0).all()
    np.testing.assert_allclose(distances[:, 1:], expected[:, :6], atol=1e-6)
    np.testing.assert_allclose(1 - np.einsum("nd,nkd->nk", x, x[rows]), distances, atol=1e-6)


def test_umap_of_many_items_neither_compiles_nor_uses_its_approximate_search(monkeypatch):
    import umap

    class Never:
        def __init__(self, *_, **__):
            raise AssertionError("the approximate search was used")

    monkeypatch.setattr(umap.umap_, "NNDescent", Never)
    x = random_units(GIVEN.start)
    settings = settings_for("umap", {"n_epochs": 3}, len(x), 0)
    start = on_axes(x, principal_axes(x, 0)).astype(np.float64)
    first, again = (reduce(x, "umap", settings, start) for _ in range(2))
    assert first.shape == (len(x), 2) and np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)


def test_what_numba_compiles_for_umap_is_kept_for_the_next_process():
    x = random_units(30)
    reduce(x, "umap", settings_for("umap", {"n_epochs": 5}, len(x), 0), on_axes(x, principal_axes(x, 0)))
    import umap

    for function in (umap.umap_.smooth_knn_dist, umap.layouts._nb_optimize_layout_euclidean_single_epoch):
        stats = (
            function.stats
        )  # numba's own account: where it keeps them, and the signatures read from there or written to it
        name = function.py_func.__name__
        assert list(Path(stats.cache_path).glob(f"*{name}*.nbi")), f"{name} is not kept"
        assert sum(stats.cache_hits.values()) + sum(stats.cache_misses.values()) == len(function.signatures) > 0


def test_settings_are_all_there_and_fit_the_items():
    assert settings_for("umap", {}, 1000, 7) == {
        "n_neighbors": 15,
        "min_dist": 0.1,
        "spread": 1.0,
        "n_epochs": None,
        "seed": 7,
    }
    assert settings_for("umap", {"n_neighbors": 30}, 10, 0)["n_neighbors"] == 9
    assert settings_for("tsne", {}, 1000, 0)["perplexity"] == 30
    assert settings_for("tsne", {}, 31, 0)["perplexity"] == 10
    assert settings_for("pca", {}, 5, np.int64(3)) == {"seed": 3}
    for method in METHODS:
        for n in (1, 2, 3, 4):
            settings_for(method, {}, n, 0)


@pytest.mark.parametrize(
    "method, given_, message",
    [
        ("umpa", {}, "no method 'umpa'; did you mean 'umap'\\? Known: umap, pca, tsne"),
        (
            "umap",
            {"n_neighbours": 5},
            "'n_neighbours' is no setting of UmapSettings; did you mean 'n_neighbors'.*spread",
        ),
        ("umap", {"n_neighbors": 1}, "umap: n_neighbors is 1: expected 2 or more"),
        ("umap", {"n_neighbors": 5.0}, "n_neighbors is 5.0 \\(float\\): expected int"),
        ("umap", {"min_dist": 2}, "min_dist is 2: expected a number from 0 to spread"),
        ("umap", {"spread": float("nan")}, "spread is nan"),
        ("umap", {"n_epochs": 0}, "n_epochs is 0"),
        ("tsne", {"perplexity": 0.5}, "perplexity is 0.5"),
        ("tsne", {"perplexity": float("inf")}, "perplexity is inf"),
        ("tsne", {"learning_rate": "quick"}, "learning_rate is 'quick'"),
        ("tsne", {"learning_rate": -1}, "learning_rate is -1"),
        ("tsne", {"early_exaggeration": 0}, "early_exaggeration is 0"),
        ("tsne", {"max_iter": 10}, "max_iter is 10: expected 250 or more"),
        ("tsne", {"n_neighbors": 5}, "'n_neighbors' is no setting of TsneSettings.*perplexity"),
        ("pca", {"whiten": True}, "pca: got the settings 'whiten'; it has none"),
    ],
)
def test_settings_that_are_none_are_refused_with_what_is_known(method, given_, message):
    with pytest.raises(HrlibError, match=message):
        settings_for(method, given_, 100, 0)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, None])
def test_a_seed_is_a_number_that_all_methods_take(seed):
    with pytest.raises(HrlibError, match="seed is"):
        settings_for("pca", {}, 10, seed)
