import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrlib.explore.place import among_nearest
from tests.evaluation.made_up import random_units


def placed(new, old, coordinates, k):
    return among_nearest(torch.from_numpy(new), torch.from_numpy(old), coordinates, k)


def slowly(new, old, coordinates, k):
    """The inverse-square-distance mean of the k nearest originals, an item at a time."""
    found = []
    for item in new:
        distances = ((old.astype(np.float64) - item.astype(np.float64)) ** 2).sum(axis=1)
        near = np.argsort(distances)[:k]
        exact = np.flatnonzero((old == item).all(axis=1))
        mean = (
            coordinates[exact[0]] if len(exact) else np.average(coordinates[near], axis=0, weights=1 / distances[near])
        )
        found.append(mean)
    return np.array(found)


@given(st.integers(1, 60), st.integers(0, 100), st.data())
def test_new_items_lie_at_the_weighted_mean_of_their_nearest_originals(n, seed, data):
    k = data.draw(st.integers(1, n))
    old, coordinates = random_units(n, seed), np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)
    new = np.concatenate([random_units(9, seed + 1), old[:2], old[-1:]])
    found = placed(new, old, coordinates, k)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, slowly(new, old, coordinates, k), atol=1e-4)
    assert (found >= coordinates.min(axis=0) - 1e-5).all() and (found <= coordinates.max(axis=0) + 1e-5).all()


@pytest.mark.parametrize("k", [1, 15])
def test_an_original_has_its_point_also_among_near_ones_whose_norms_are_larger(k):
    old = random_units(60)
    old[20:] = old[:1] * np.float32(1.0005)  # norms as they are tolerated
    old[20:, 1] += np.linspace(0, 1e-5, 40, dtype=np.float32)
    coordinates = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    np.testing.assert_array_equal(placed(old[:20], old, coordinates, k), coordinates[:20])


def test_a_nearly_equal_item_lies_nearly_there_and_of_equal_originals_the_first_counts():
    old = random_units(30)
    old[7] = old[3]
    coordinates = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    np.testing.assert_array_equal(placed(old[[7, 3]], old, coordinates, 5), coordinates[[3, 3]])
    moved = old[5:6] + np.float32(1e-3) * random_units(1, 1)
    moved /= np.linalg.norm(moved)
    np.testing.assert_allclose(placed(moved, old, coordinates, 5), coordinates[5:6], atol=1e-3)
