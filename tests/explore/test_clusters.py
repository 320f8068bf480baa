"""The tree of discovered clusters: every shown cluster has its photos and its label, markup in names is text."""

import numpy as np
import pytest

import hrlib as hr
from hrlib.explore import cluster_tree


def discovered(shop, clusters):
    """A found hierarchy of the shop's items, and centres of its clusters."""
    frame = shop.hierarchy.frame()[["product"]]
    frame["cluster"] = [f"cluster {label % clusters}" for label in shop.hierarchy.column(0)]
    return hr.Hierarchy.from_frame(frame), np.random.default_rng(0).normal(size=(clusters, 8))


def test_photos_labels_and_lines(shop):
    found, centres = discovered(shop, 4)
    sheet = cluster_tree(shop, found, centres, clusters=3, per_cluster=5)
    assert len(sheet.layout.images) == 3 * 5
    assert len(sheet.data) == 2  # three leaves are joined twice
    assert len(sheet.layout.annotations) == 3
    truth = shop.hierarchy.ancestors[:, 1]
    most = [np.bincount(truth[found.ancestors[:, 1] == cluster]).max() for cluster in range(4)]
    ends = [label.text.rsplit(" ", 1)[1] for label in sheet.layout.annotations]
    assert sorted(ends) == sorted(f"{count}/3" for count in most[:3])
    assert all(label.text.startswith("&lt;i&gt;cat") for label in sheet.layout.annotations)
    leaves = {
        round(y, 6) for line in sheet.data for x, y in zip(line.x, line.y, strict=True) if x == pytest.approx(2.65)
    }
    assert leaves == {0.45, 1.45, 2.45}


def test_one_cluster(shop):
    found, centres = discovered(shop, 1)
    sheet = cluster_tree(shop, found, centres)
    assert len(sheet.data) == 0 and len(sheet.layout.annotations) == 1


def test_rows_that_join_are_the_most_alike(shop):
    found, _ = discovered(shop, 3)
    centres = np.array([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]])
    sheet = cluster_tree(shop, found, centres)
    first = max(sheet.data, key=lambda line: min(line.x))  # joined furthest to the right: the least distance
    cosine = 1 - 0.9 / np.hypot(0.9, 0.1)
    others = [1 - c @ centres[1] / np.linalg.norm(c) for c in (centres[0], centres[2])]
    assert min(first.x) == pytest.approx(2.65 - 2.6 * cosine / np.mean(others))


def test_what_does_not_fit_is_refused(shop):
    found, centres = discovered(shop, 4)
    with pytest.raises(
        hr.HrlibError, match="3 centres: expected a discovered hierarchy of these items and a centre a cluster"
    ):
        cluster_tree(shop, found, centres[:3])
    with pytest.raises(hr.HrlibError, match="expected a discovered hierarchy"):
        cluster_tree(shop, found.subset(range(5)), centres)
