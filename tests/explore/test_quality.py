import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.explore import quality
from hrlib.explore.quality import caption, measure
from tests.evaluation.made_up import random_units


def venna_and_kaski(x, y, k):
    """Trustworthiness as the article writes it, with loops: x unit vectors, y the picture."""
    n, penalty = len(x), 0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        ranks = {j: r for r, j in enumerate(sorted(others, key=lambda j: -x[i] @ x[j]), 1)}
        near = sorted(others, key=lambda j: np.linalg.norm(y[i] - y[j]))[:k]
        penalty += sum(max(0, ranks[j] - k) for j in near)
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty


def share_of_own(distances, labels, k):
    np.fill_diagonal(distances, np.inf)
    return np.mean([(labels[np.argsort(row)[:k]] == own).mean() for row, own in zip(distances, labels, strict=True)])


@given(st.integers(3, 40), st.integers(0, 100))
def test_against_the_formulas_written_out(n, seed):
    x, y = random_units(n, seed, 6).astype(np.float64), np.random.default_rng(seed).normal(size=(n, 2))
    labels = np.random.default_rng(seed).integers(3, size=n)
    found = measure(x.astype(np.float32), y.astype(np.float32), labels)
    assert found["points"] == n
    assert found["trustworthiness"] == pytest.approx(venna_and_kaski(x, y, min(10, (n - 1) // 2)), abs=1e-9)
    k = min(10, n - 1)
    assert found["same_in_space"] == pytest.approx(share_of_own(-x @ x.T, labels, k))
    picture = np.linalg.norm(y[:, None] - y[None], axis=2)
    assert found["same_in_picture"] == pytest.approx(share_of_own(picture, labels, k))
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    assert found["same_by_chance"] == pytest.approx(np.mean([labels[i] == labels[j] for i, j in pairs]))


def test_a_picture_that_shows_the_space_is_trusted_and_a_random_one_is_not():
    angles = np.random.default_rng(0).uniform(0, 2, 200)
    x = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    assert measure(x, x)["trustworthiness"] == pytest.approx(1, abs=1e-6)
    assert measure(x, np.random.default_rng(1).normal(size=(200, 2)))["trustworthiness"] < 0.6


def test_of_many_points_a_seeded_sample_is_measured_among_all(monkeypatch):
    monkeypatch.setattr(quality, "SAMPLE", 50)
    x, y = random_units(400), np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
    labels = np.arange(400) % 4
    first, again, other = (measure(x, y, labels, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert first["points"] == 50
    rows = np.sort(np.random.default_rng(0).choice(400, 50, replace=False))
    similar = x @ x.T
    np.fill_diagonal(similar, -np.inf)
    near = np.argsort(-similar, axis=1)[rows, :10]
    assert first["same_in_space"] == pytest.approx((labels[near] == labels[rows, None]).mean())


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_points(n):
    found = measure(random_units(n), np.zeros((n, 2), np.float32), np.zeros(n, np.int64))
    assert ("trustworthiness" in found) == (n > 2)
    assert ("same_in_space" in found) == (n > 1)
    assert all(np.isfinite(value) for value in found.values())
    assert caption(found, "class")


def test_one_class_is_all_around_and_by_chance():
    found = measure(random_units(30), np.random.default_rng(0).normal(size=(30, 2)), np.zeros(30, np.int64))
    assert found["same_in_space"] == found["same_in_picture"] == found["same_by_chance"] == 1


def test_points_drawn_at_one_place_are_not_their_own_neighbours():
    found = measure(random_units(12), np.zeros((12, 2), np.float32), np.arange(12))
    assert found["same_in_picture"] == found["same_in_space"] == 0


def test_the_caption_says_what_was_measured():
    found = {"points": 2000.0, "trustworthiness": 0.934, "same_in_space": 0.811, "same_in_picture": 1.0}
    found |= {"same_by_chance": 0.1249, "disparity": 0.0312}
    assert caption(found, "category") == (
        "trustworthiness .93 (2,000 points) · neighbours of the same category: .81 in the space, 1.00 in this picture "
        "(.12 by chance) · disparity from the picture before .03"
    )
    assert "trustworthiness >.99 " in caption({"points": 5.0, "trustworthiness": 0.9951})
    assert caption({"points": 1.0}) == "too few points to measure how far this picture can be trusted"
