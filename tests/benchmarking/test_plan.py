"""A plan holds every run once, seed by seed; shards divide it; bad plans are refused before anything is trained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.benchmarking import plan, shard


def places(specs):
    return [(spec.catalogue, spec.label, spec.seed) for spec in specs]


def test_every_run_once_and_seed_by_seed():
    specs = plan(["contrastive", "proxy-anchor"], ["synthetic", "omniglot"], 2, epochs=3).specs
    assert len(set(places(specs))) == len(specs) == 8
    assert [spec.seed for spec in specs] == [0] * 4 + [1] * 4
    assert all(spec.fit == {"epochs": 3} for spec in specs)


def test_more_seeds_for_some():
    specs = plan(["contrastive", "proxy-anchor"], ["synthetic"], (0, 1), more_seeds={"proxy-anchor": 4}).specs
    assert [spec.seed for spec in specs if spec.label == "proxy-anchor"] == [0, 1, 2, 3]
    assert [spec.seed for spec in specs if spec.label == "contrastive"] == [0, 1]


def test_a_key_is_a_path_and_changes_with_every_setting():
    first, *others = (
        plan({"a loss/..": given}, {"my shop": {"name": "synthetic"}}, 1, **settings).specs[0]
        for given, settings in [
            ("proxy-anchor", {}),
            ({"loss": "proxy-anchor", "alpha": 16.0}, {}),
            ({"loss": "proxy-anchor", "fit": {"lr": 0.01}}, {}),
            ("proxy-anchor", {"epochs": 3}),
            ("proxy-anchor", {"dim": 32}),
            ("proxy-anchor", {"load": {"size": "full"}}),
            ("proxy-anchor", {"split_seed": 1}),
        ]
    )
    assert first.key.startswith("my-shop/a-loss-../seed-0-") and first.key.count("/") == 2
    assert len({first.key, *(spec.key for spec in others)}) == 1 + len(others)


@given(runs=st.integers(1, 20), shards=st.integers(1, 6))
def test_shards_divide_the_plan(runs, shards):
    specs = plan(["contrastive"], ["synthetic"], runs).specs
    parts = [shard(specs, f"{i}/{shards}") for i in range(shards)]
    assert sorted(places(sum(parts, ()))) == sorted(places(specs))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_shard_from_the_scheduler(monkeypatch):
    specs = plan(["contrastive"], ["synthetic"], 4).specs
    monkeypatch.setenv("SLURM_PROCID", "1")
    monkeypatch.setenv("SLURM_NTASKS", "4")
    assert shard(specs, "auto") == (specs[1],)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert shard(specs, "auto") == (specs[1], specs[3])
    assert shard(specs, None) == specs


@pytest.mark.parametrize("which", ["2/2", "1", "a/b", "-1/2", "auto"])
def test_shards_that_are_none(which, monkeypatch):
    for name in ("RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(hr.HrlibError, match="expected i/n with i from 0 to n - 1"):
        shard(plan(["contrastive"], ["synthetic"], 1).specs, which)


@pytest.mark.parametrize(
    ("losses", "catalogues", "seeds", "settings", "text"),
    [
        ([], ["synthetic"], 1, {}, "no loss to run"),
        (["contrastive"], [], 1, {}, "no catalogue to run"),
        (["contrastive"], ["synthetic"], 0, {}, "expected at least one, each once"),
        (["contrastive"], ["synthetic"], (1, 1), {}, "expected at least one, each once"),
        (["contrastve"], ["synthetic"], 1, {}, "no loss is called 'contrastve'; did you mean 'contrastive'"),
        ({"mine": {"alpha": 3}}, ["synthetic"], 1, {}, "expected its name in the registry under 'loss'"),
        ({"mine": 3}, ["synthetic"], 1, {}, "expected a name, a dictionary with 'loss', or a function"),
        (["contrastive"], {"shop": 3}, 1, {}, "'shop' is a int: expected a name"),
        (
            ["contrastive"],
            ["synthetic"],
            1,
            {"epoch": 3},
            "'epoch' is no setting of FitSettings; did you mean 'epochs'",
        ),
        (["contrastive"], ["synthetic"], 1, {"seed": 3}, "give seeds, how many or which"),
        (
            ["contrastive"],
            ["synthetic"],
            1,
            {"more_seeds": {"n-pair": 3}},
            "more_seeds names 'n-pair', which is no loss here",
        ),
        ({"mine": {"loss": "contrastive", "fit": {"lrate": 1.0}}}, ["synthetic"], 1, {}, "'lrate' is no setting"),
    ],
)
def test_bad_plans(losses, catalogues, seeds, settings, text):
    with pytest.raises(hr.HrlibError, match=text):
        plan(losses, catalogues, seeds, **settings)
