"""Votes, groups and classes, by loops written out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import Hierarchy, HierarchyConflict, HrlibError
from hrlib.search.visual import groups, votes
from hrlib.search.visual.classes import Classes, known
from tests.search.conformance import unit


@given(st.integers(0, 40), st.floats(-1, 1), st.integers(0, 12), st.integers(0, 5))
def test_near_duplicates_by_loops(n, least, most, seed):
    x = unit(n, seed, 3) if n else np.empty((0, 3), np.float32)
    leaders, expected = [], []
    for place in range(n):
        near = [one for one in leaders[:most] if float(x[one] @ x[place]) >= least]
        expected.append(near[0] if near else place)
        leaders += [] if near else [place]
    assert groups.by_similarity(x, least, most).tolist() == expected


def test_a_chain_of_near_duplicates_is_not_one_group():
    angles = np.radians([0, 5, 10, 15])
    x = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert groups.by_similarity(x, np.cos(np.radians(6)), 9).tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("dim", [3, 64, 512])
def test_the_same_vector_is_a_near_duplicate_whatever_rounding_makes_of_it(dim):
    x = np.repeat(unit(200, 0, dim), 2, axis=0)
    assert groups.by_similarity(x, 1.0, 200).tolist() == [place // 2 * 2 for place in range(400)]


@given(st.lists(st.sampled_from(["a", "b", 1, None]), max_size=12))
def test_groups_by_value(values):
    expected = [place if value is None else values.index(value) for place, value in enumerate(values)]
    assert groups.by_value(values).tolist() == expected


TREE = pd.DataFrame({"fine": list("abcd"), "coarse": ["x", "x", "y", "y"]})
LEVELS = Hierarchy.from_frame(TREE)


def test_votes_by_the_formula():
    similarities, labels = np.array([0.9, 0.5, 0.4], np.float32), np.array([[0, 0], [1, 0], [-1, 1]])
    fine, coarse = votes.neighbour_votes(similarities, labels, LEVELS.n_classes, 0.1)
    weights = np.exp([9, 5, 4])
    np.testing.assert_allclose(fine, [*(weights[:2] / weights[:2].sum()), 0, 0], rtol=1e-5)
    np.testing.assert_allclose(coarse, [weights[:2].sum() / weights.sum(), weights[2] / weights.sum()], rtol=1e-5)
    for nobody in (labels[:0], np.full((3, 2), -1)):
        found = votes.neighbour_votes(similarities[: len(nobody)], nobody, LEVELS.n_classes, 0.1)
        assert [level.tolist() for level in found] == [[0] * 4, [0] * 2]
    steep = votes.neighbour_votes(similarities, labels, LEVELS.n_classes, 1e-4)
    assert steep[0].tolist() == [1, 0, 0, 0], "exp does not overflow"


def test_agreement_is_the_mean_over_levels():
    shares = [np.array([0.5, 0.25, 0.25, 0]), np.array([0.75, 0.25])]
    labels = np.array([[0, 0], [2, 1], [-1, 0], [-1, -1]])
    np.testing.assert_allclose(votes.agreement(labels, shares), [0.625, 0.25, 0.375, 0])
    assert votes.agreement(labels[:0], shares).shape == (0,)


def test_a_classifiers_probabilities_add_up_on_coarser_levels():
    fine, coarse = votes.classifier_votes(np.array([[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]]), LEVELS, 0)
    np.testing.assert_allclose(fine, [0.55, 0.1, 0.15, 0.2])
    np.testing.assert_allclose(coarse, [0.65, 0.35])
    nothing, given = votes.classifier_votes(np.array([[0.3, 0.7]]), LEVELS, 1)
    assert nothing.tolist() == [0] * 4 and given.tolist() == [0.3, 0.7]


@pytest.mark.parametrize("wrong", [np.ones(4), np.ones((1, 4)), [[np.nan, 0, 0, 1]], np.ones((0, 4)), [[2, -1, 0, 0]]])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(
        HrlibError, match="expected a row a photo with the probabilities of the 4 classes of level 'fine'"
    ):
        votes.classifier_votes(wrong, LEVELS, 0)


def test_classes_by_name():
    classes = Classes(LEVELS)
    assert classes.labels([{"fine": "c", "coarse": "y"}, {"coarse": "y"}, {"fine": "new"}, {}]).tolist() == [
        [2, 1],
        [-1, 1],
        [-1, -1],
        [-1, -1],
    ]
    assert classes.labels([]).shape == (0, 2)
    assert (classes.path_of(0, 3), classes.path_of(1, 0)) == (("y", "d"), ("x",))
    assert classes.path({"fine": "c", "coarse": "y", "colour": "red"}) == ("y", "c")
    assert classes.completed({"fine": "b", "colour": "red"}) == {"fine": "b", "coarse": "x", "colour": "red"}
    assert classes.completed({"colour": "red"}) == {"colour": "red"}
    with pytest.raises(
        HierarchyConflict, match="fine 'b' lies under coarse 'x', not under 'y': .* give the finest alone"
    ):
        classes.completed({"fine": "b", "coarse": "y"})


def test_what_is_known():
    values = {"a": None, "b": np.nan, "c": "", "d": "\t", "e": pd.NA, "f": 0, "g": False, "h": "x", "i": pd.NaT}
    assert known(values | {"j": [], "k": ["x", None]}) == {"f": 0, "g": False, "h": "x", "k": ["x", None]}
