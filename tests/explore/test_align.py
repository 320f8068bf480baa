import numpy as np
import pytest
import scipy.spatial
from hypothesis import given
from hypothesis import strategies as st

from hrlib.explore.align import disparity, procrustes


def cloud(seed, n=20):
    return np.random.default_rng(seed).normal(size=(n, 2)) * [3.0, 1.0] + [5.0, -2.0]


@given(st.integers(0, 1000), st.floats(0, 6.3), st.booleans(), st.floats(0.01, 100))
def test_a_picture_that_was_turned_mirrored_moved_and_resized_comes_back(seed, angle, mirrored, size):
    picture = cloud(seed)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = size * picture @ turn * [1, -1 if mirrored else 1] + [7.0, 3.0]
    matrix, offset = procrustes(other, picture)
    np.testing.assert_allclose(other @ matrix + offset, picture, atol=1e-6)
    assert disparity(other, picture) == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 1000), st.integers(3, 30))
def test_the_disparity_is_scipys_and_does_not_depend_on_the_fit(seed, n):
    a, b = cloud(seed, n), cloud(seed + 5000, n)
    matrix, offset = procrustes(b, a)
    expected = scipy.spatial.procrustes(a, b)[2]
    assert disparity(b, a) == pytest.approx(expected, abs=1e-9)
    assert disparity(b @ matrix + offset, a) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 1000))
def test_no_other_turn_is_nearer_and_the_size_is_the_others(seed):
    a, b = cloud(seed), cloud(seed + 5000)
    matrix, offset = procrustes(b, a)
    laid = b @ matrix + offset

    def spread(x):
        return np.linalg.norm(x - x.mean(axis=0))

    assert spread(laid) == pytest.approx(spread(a))
    np.testing.assert_allclose(laid.mean(axis=0), a.mean(axis=0))
    best = np.linalg.norm(laid - a)
    middle = laid.mean(axis=0)
    for angle in np.linspace(0, 2 * np.pi, 50):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for mirror in ([1, 1], [1, -1]):
            assert np.linalg.norm((laid - middle) @ turn * mirror + middle - a) >= best - 1e-9


def test_along_a_chain_of_unlike_pictures_the_size_stays():
    before = cloud(0)
    for seed in range(1, 30):
        matrix, offset = procrustes(cloud(seed), before)
        before = cloud(seed) @ matrix + offset
    assert np.linalg.norm(before - before.mean(axis=0)) == pytest.approx(
        np.linalg.norm(cloud(0) - cloud(0).mean(axis=0))
    )


@pytest.mark.parametrize("moved, onto, expected", [([1, 1], [2, 2], 0), ([1, 1], [1, 2], 1), ([1, 2], [1, 1], 1)])
def test_points_that_are_all_one(moved, onto, expected):
    moved, onto = (np.repeat(np.array(x, float)[:, None], 2, axis=1) for x in (moved, onto))
    matrix, offset = procrustes(moved, onto)
    assert np.isfinite(matrix).all() and np.isfinite(offset).all()
    np.testing.assert_allclose((moved @ matrix + offset).mean(axis=0), onto.mean(axis=0))
    assert disparity(moved, onto) == expected


def test_one_point_goes_onto_the_other():
    matrix, offset = procrustes(np.array([[1.0, 2.0]]), np.array([[5.0, 5.0]]))
    np.testing.assert_allclose(np.array([[1.0, 2.0]]) @ matrix + offset, [[5.0, 5.0]])
