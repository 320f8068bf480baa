"""Settings: an unknown key or a value that is none is an error that names it, wherever settings are given."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.benchmarking.plan import plan
from hrlib.explore.reduce import settings_for
from hrlib.search import FaissStore, VisualSearch
from hrlib.search.faiss_settings import IndexSettings
from hrlib.search.visual.ranked import VisualSettings
from hrlib.settings import strict
from hrlib.training.config import _once, config_of
from hrlib.training.fit import FitSettings
from tests.hostile.damage import odd_values, tries
from tests.hostile.saved import CONFIG, unit
from tests.tiny import tiny_shop


@pytest.fixture(scope="module")
def shop():
    return tiny_shop()


@pytest.fixture(scope="module")
def model():
    return hr.models.image_encoder("small", dim=8)


def of_file(values):
    return config_of(json.loads(json.dumps(values), object_pairs_hook=_once))  # as read_config, without a file


# where settings are given -> a call with some
GIVEN = {
    "hr.fit": lambda shop, model, given: hr.fit(
        model, hr.losses.make("proxy-anchor", shop.hierarchy, 8), shop, **given
    ),
    "hr.load": lambda shop, model, given: hr.load("synthetic", **given),
    "hr.load, a real set": lambda shop, model, given: hr.load("cub", **given),
    "hr.losses.make": lambda shop, model, given: hr.losses.make("hpl-proxy-anchor", shop.hierarchy, 8, **given),
    "a file of hrlib.train": lambda shop, model, given: of_file({**CONFIG, **given}),
    "a file of hrlib.train, split": lambda shop, model, given: of_file({**CONFIG, "split": given}),
    "a file of hrlib.train, model": lambda shop, model, given: of_file({**CONFIG, "model": given}),
    "a file of hrlib.train, fit": lambda shop, model, given: of_file({**CONFIG, "fit": given}),
    "a file of hrlib.train, a folder": lambda shop, model, given: of_file(
        {**CONFIG, "catalogue": {"folder": "shop", **given}}
    ),
    "a benchmark": lambda shop, model, given: plan(["proxy-anchor"], ["synthetic"], 1, **given),
    "a loss of a benchmark": lambda shop, model, given: plan(
        {"a": {"loss": "proxy-anchor", **given}}, ["synthetic"], 1
    ),
    "fit of a benchmark's loss": lambda shop, model, given: plan(
        {"a": {"loss": "proxy-anchor", "fit": given}}, ["synthetic"], 1
    ),
    "FaissStore": lambda shop, model, given: FaissStore(8, "hnsw", **given),
    "VisualSearch": lambda shop, model, given: VisualSearch(model, FaissStore(8), shop, **given),
    "project, umap": lambda shop, model, given: hr.explore.project(unit(5), "umap", **given),
    "project, tsne": lambda shop, model, given: hr.explore.project(unit(5), "tsne", **given),
    "project, pca": lambda shop, model, given: hr.explore.project(unit(5), "pca", **given),
}


@pytest.mark.parametrize("name", GIVEN)
@tries(50)
@given(
    key=st.one_of(
        # no setting of ours ends so: hypothesis also draws words that it finds in the sources
        st.text(min_size=1, max_size=8).map(lambda text: f"{text}_" if text.isidentifier() else text),
        st.sampled_from(["epoch", "learning_rate_", "datadir", "m_", "ef", "n_neighbours"]),
    ),
    value=odd_values,
)
def test_unknown_keys(name, shop, model, attempt, nowhere, key, value):
    call = lambda: GIVEN[name](shop, model, {key: value})  # noqa: E731
    _, refusal = attempt("unknown keys", f"settings of {name}", call, nowhere)
    assert refusal is not None and repr(key) in str(refusal)


CLASSES = {"hr.fit": FitSettings, "FaissStore": IndexSettings, "VisualSearch": VisualSettings}


@pytest.mark.parametrize("name", CLASSES)
@tries(150)
@given(data=st.data())
def test_odd_values(name, attempt, nowhere, data):
    key = data.draw(st.sampled_from(sorted(CLASSES[name].__dataclass_fields__)))
    make = IndexSettings.of if name == "FaissStore" else lambda values: strict(CLASSES[name], values)
    value = data.draw(odd_values)
    attempt("odd values", f"settings of {name}", lambda: make({key: value}), nowhere)


@pytest.mark.parametrize("method", ["umap", "tsne", "pca"])
@tries(100)
@given(data=st.data())
def test_odd_values_of_projections(method, attempt, nowhere, data):
    keys = [
        "n_neighbors",
        "min_dist",
        "spread",
        "n_epochs",
        "perplexity",
        "early_exaggeration",
        "learning_rate",
        "max_iter",
    ]
    given = {data.draw(st.sampled_from(keys)): data.draw(odd_values)}
    call = lambda: settings_for(method, given, 50, 0)  # noqa: E731
    attempt("odd values", "settings of project", call, nowhere)


@tries(60)
@given(
    name=st.sampled_from(["target_recall", "memory", "updates_per_second", "seconds", "k", "families", "seed"]),
    value=odd_values.filter(lambda value: not (isinstance(value, (int, float)) and value > 0) and value is not None),
)
def test_odd_values_of_choose_index(attempt, nowhere, name, value):
    """What is no positive number; a good one would begin to measure."""
    assume((name, value) not in [("updates_per_second", 0), ("seed", 0), ("families", [])])
    assume(name not in ("updates_per_second", "seed") or value != 0)
    call = lambda: hr.search.choose_index(unit(40), unit(4, 1), **{"seconds": 0.01, name: value})  # noqa: E731
    attempt("odd values", "settings of choose_index", call, nowhere)


def test_a_run_needs_finite_rates():
    for key, value in (
        ("lr", float("nan")),
        ("proxy_lr", -1.0),
        ("warmup", 1.5),
        ("weight_decay", float("inf")),
        ("seed", -1),
    ):
        with pytest.raises(hr.HrlibError, match=key):
            strict(FitSettings, {key: value})
