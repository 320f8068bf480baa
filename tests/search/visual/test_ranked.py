"""Results in their order, by loops written out: by similarity, again by classes, grouped; and votes of the nearest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.search.visual import ranked as module
from hrlib.search.visual import votes
from hrlib.search.visual.ranked import LEAST, POOL, VisualSettings, category_votes, pool, ranked
from tests.search.visual.small import N, small_stock, vectors

STOCK, X = small_stock(), vectors()


def asked(seed):
    return vectors(8, seed)[seed % 8]


@given(st.integers(0, 50), st.integers(0, 30))
def test_by_similarity_alone(seed, k):
    vector, settings = asked(seed), VisualSettings()
    near = STOCK.near(vector, N)
    best, results = ranked(STOCK, settings, vector, near, k, None, None, False)
    expected = np.argsort(-(X @ vector), kind="stable")[:k]
    assert [best.ids[one.place] for one in results] == [f"sku {row}" for row in expected]
    assert [one.score for one in results] == pytest.approx((X @ vector)[expected].tolist(), abs=1e-6)
    assert not any(one.others for one in results)


@given(st.integers(0, 50), st.integers(1, 12))
def test_a_group_is_one_result_the_best_of_it(seed, k):
    vector, settings = asked(seed), VisualSettings(group_by="product")
    best, results = ranked(STOCK, settings, vector, STOCK.near(vector, N), k, None, None, True)
    groups = {}
    for row in np.argsort(-(X @ vector), kind="stable"):
        groups.setdefault(row % 8, []).append(f"sku {row}")
    expected = list(groups.values())[:k]
    assert [[best.ids[one.place], *one.others] for one in results] == expected


def test_more_are_fetched_where_they_make_too_few_groups(monkeypatch):
    monkeypatch.setattr(module, "LEAST", 2)
    monkeypatch.setattr(module, "POOL", 1)
    settings = VisualSettings(group_by="category", voters=1)
    near = STOCK.near(X[0], 2, {"category": "category 0"})
    best, results = ranked(STOCK, settings, X[0], near, 2, None, None, True)
    assert [STOCK.get(best.ids[one.place])[1]["category"] for one in results] == ["category 0", "category 1"]
    assert len(best) > len(near)


def test_again_by_the_likely_classes():
    vector, settings = asked(1), VisualSettings(weight=0.5)
    shares = [np.eye(8)[5], np.array([0.0, 1.0])]
    best, results = ranked(STOCK, settings, vector, STOCK.near(vector, N), N, None, shares, False)
    labels = STOCK.catalogue.hierarchy.labels
    scores = X @ vector + 0.5 * votes.agreement(labels, shares)
    assert [best.ids[one.place] for one in results] == [f"sku {row}" for row in np.argsort(-scores, kind="stable")]


def test_the_query_itself_does_not_vote():
    settings, near = VisualSettings(voters=3, temperature=0.1), STOCK.near(X[4], N)
    fine, coarse = category_votes(STOCK, settings, near, ["sku 4"])
    rows = [row for row in np.argsort(-(X @ X[4])) if row != 4][:3]
    weights = np.exp((X @ X[4])[rows] / 0.1)
    expected = np.bincount([row % 8 for row in rows], weights / weights.sum(), 8)
    np.testing.assert_allclose(fine, expected, atol=1e-5)
    np.testing.assert_allclose(coarse, expected.reshape(4, 2).sum(0), atol=1e-5)


def test_how_many_are_fetched():
    assert pool(VisualSettings(), 1) == LEAST and pool(VisualSettings(), 100) == 100 * POOL
    assert pool(VisualSettings(voters=LEAST + 7), 1) == LEAST + 7


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"near_duplicate": 1.5}, "near_duplicate is 1.5: expected a cosine"),
        ({"voters": 0}, "voters 0, .*expected at least 1"),
        ({"temperature": 0.0}, "temperature 0.0.*more than 0"),
        ({"weight": -0.1}, "weight -0.1"),
    ],
)
def test_settings_are_checked(settings, says):
    with pytest.raises(HrlibError, match=says):
        VisualSettings(**settings)
