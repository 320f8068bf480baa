"""Clusters of unit vectors: k-means finds what is there, and an assignment never leaves a cluster empty."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import normalized_mutual_info_score

from hrlib.errors import HrlibError
from hrlib.losses.clusters import assign, checked_clusters, k_means


def blobs(seed=0, clusters=5, each=12, dim=8, noise=0.05):
    generator = torch.Generator().manual_seed(seed)
    centres = F.normalize(torch.randn(clusters, dim, generator=generator), dim=1)
    labels = torch.arange(clusters).repeat_interleave(each)
    return F.normalize(centres[labels] + noise * torch.randn(len(labels), dim, generator=generator), dim=1), labels


def test_k_means_finds_separate_blobs_and_is_seeded():
    points, labels = blobs()
    centres = k_means(points, 5, seed=3)
    assert centres.shape == (5, 8) and centres.dtype == points.dtype
    assert normalized_mutual_info_score(labels, assign(points, centres)) == pytest.approx(1)
    assert torch.equal(centres, k_means(points, 5, seed=3))


def test_assign_is_the_most_similar_centre_when_none_is_empty():
    points, _ = blobs(1)
    centres = k_means(points, 5)
    slow = [max(range(5), key=lambda k: float(point @ centres[k] / centres[k].norm())) for point in points]
    assert assign(points, centres).tolist() == slow


@given(seed=st.integers(0, 200), clusters=st.integers(1, 12), size=st.integers(12, 30))
def test_no_cluster_is_left_empty(seed, clusters, size):
    generator = torch.Generator().manual_seed(seed)
    points = F.normalize(torch.randn(size, 4, generator=generator), dim=1)
    centres = torch.randn(1, 4, generator=generator).repeat(clusters, 1)  # all the same: all points want the first
    assert torch.bincount(assign(points, centres), minlength=clusters).min() >= 1


def test_an_empty_cluster_takes_the_point_that_lies_worst():
    points = F.normalize(torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.6, 0.8]]), dim=1)
    assert assign(points, torch.tensor([[1.0, 0.0], [-1.0, 0.0]])).tolist() == [0, 0, 1]


def test_as_many_clusters_as_points():
    points, _ = blobs(2, clusters=3, each=1)
    assert sorted(assign(points, points).tolist()) == [0, 1, 2]


@pytest.mark.parametrize(
    ("clusters", "levels", "text"),
    [
        (10, 2, r"clusters are \(10,\) over 10 classes: expected fewer on every level"),
        ((5, 5), 3, r"clusters are \(5, 5\) over 10 classes"),
        (0, 2, "at least 1"),
        ((5, 2), 2, r"clusters \(5, 2\) for 2 weights: expected a number for every weight after the first"),
        ((), 1, "at least one"),
    ],
)
def test_numbers_of_clusters_that_make_no_tree(clusters, levels, text):
    with pytest.raises(HrlibError, match=text):
        checked_clusters(clusters, levels, 10)


@given(classes=st.integers(2, 20_000), levels=st.integers(2, 3))
def test_a_number_of_clusters_for_any_number_of_classes(classes, levels):
    if classes > levels - 1:
        counts = checked_clusters(None, levels, classes)
        assert len(counts) == levels - 1 and all(a > b >= 1 for a, b in zip((classes, *counts), counts, strict=False))
    assert checked_clusters(None, 2, 886) == (52,)
