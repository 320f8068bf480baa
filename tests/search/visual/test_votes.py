"""Votes of neighbours and classifiers, by the formula."""

import numpy as np
import pandas as pd
import pytest

from hrlib import Hierarchy, HrlibError
from hrlib.search.visual import votes

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
