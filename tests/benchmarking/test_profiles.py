"""The profiles name what there is, and every loss that claims a base has it in its profile."""

import pytest

import hrlib as hr
from hrlib.benchmarking import BASES, plan
from hrlib.benchmarking.profiles import LOSSES, PAIRS, PROFILES
from hrlib.catalogue.sources import SOURCES


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_a_plan(name):
    profile = dict(PROFILES[name])
    assert set(profile["catalogues"]) <= set(SOURCES)
    specs = plan(**profile).specs
    assert {spec.label for spec in specs} == set(profile["losses"])
    assert len(specs) == len({spec.key for spec in specs})


def test_the_full_profile_has_what_the_readme_says():
    specs = plan(**PROFILES["full"]).specs
    seeds = {loss: {spec.seed for spec in specs if spec.label == loss} for loss in LOSSES}
    assert all(len(seeds[loss]) == (5 if loss in PAIRS else 3) for loss in LOSSES)
    assert {loss for loss in BASES if loss in LOSSES} | {BASES[loss] for loss in BASES if loss in LOSSES} <= set(LOSSES)
    assert set(LOSSES) <= set(hr.losses.names())
