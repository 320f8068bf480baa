"""Distances of classes against all pairs of items, and their order in the picture."""

import numpy as np
import pandas as pd
import pytest

import hrlib as hr
from hrlib.explore import class_distances, distance_matrix
from hrlib.explore.matrices import LABELS, LARGEST
from tests.evaluation.made_up import frame, random_units


@pytest.mark.parametrize("level", [0, 1])
def test_against_all_pairs(shop, spaces, level):
    x, labels = spaces["flat"].astype(np.float64), shop.hierarchy.column(level)
    found = class_distances(spaces["flat"], shop.hierarchy, level)
    for a in range(len(found)):
        for b in range(len(found)):
            pairs = [
                1 - x[i] @ x[j] for i in np.flatnonzero(labels == a) for j in np.flatnonzero(labels == b) if i != j
            ]
            assert found[a, b] == pytest.approx(np.mean(pairs), abs=1e-6)


def test_equal_items_are_at_distance_zero_and_one_item_has_none():
    tree = hr.Hierarchy.from_frame(pd.DataFrame({"class": ["a", "a", "b"]}))
    found = class_distances(np.array([[1, 0], [1, 0], [-1, 0]], np.float32), tree)
    np.testing.assert_allclose(found, [[0, 2], [2, np.nan]])


def test_the_order_is_the_hierarchy_s():
    products = np.random.default_rng(0).permutation(np.repeat(np.arange(24), 2))
    names = frame(products)
    names["product"] = [f"<{n * 7 % 24}>" for n in products]  # the order of names is not the tree's
    tree = hr.Hierarchy.from_frame(names)
    x = random_units(48)
    chart = distance_matrix(x, tree)
    (heat,) = chart.data
    row = {f"&lt;{name[1:-1]}&gt;": label for label, name in enumerate(tree.names[0])}
    order = [row[name] for name in heat.y]
    assert sorted(order) == list(range(24)) and list(heat.x) == list(heat.y)
    np.testing.assert_allclose(heat.z, class_distances(x, tree)[np.ix_(order, order)], rtol=1e-6)
    blocks = tree.ancestors[order, 1]
    starts = np.flatnonzero(np.diff(blocks)) + 1
    assert len(starts) == tree.n_classes[1] - 1  # each category is in one piece
    departments = tree.ancestors[order, 2]
    assert (np.diff(departments) != 0).sum() == tree.n_classes[2] - 1
    lines = [shape.y0 for shape in chart.layout.shapes if shape.y0 == shape.y1]
    assert lines == [start - 0.5 for start in starts]


def test_many_classes_are_labelled_by_their_superclass():
    tree = hr.Hierarchy.from_frame(frame(np.repeat(np.arange(LABELS + 3), 2)))
    chart = distance_matrix(random_units(len(tree)), tree)
    assert chart.layout.yaxis.ticktext == tree.names[1] and len(chart.layout.yaxis.tickvals) == tree.n_classes[1]
    parent = dict(zip(tree.names[0], tree.ancestors[:, 1], strict=True))
    assert [tree.names[1][parent[name]] for name in chart.layout.yaxis.tickvals] == list(tree.names[1])


def test_a_single_level_and_a_single_class():
    tree = hr.Hierarchy.from_frame(pd.DataFrame({"class": list("aab")}))
    assert not distance_matrix(random_units(3), tree).layout.shapes
    one = hr.Hierarchy.from_frame(pd.DataFrame({"class": ["a"]}))
    assert np.isnan(distance_matrix(random_units(1), one).data[0].z).all()


def test_what_does_not_fit_is_refused(shop, spaces):
    with pytest.raises(hr.HrlibError, match="35 embeddings for a hierarchy of 36"):
        class_distances(spaces["flat"][1:], shop.hierarchy)
    bad = spaces["flat"].copy()
    bad[3] = np.nan
    with pytest.raises(hr.HrlibError, match="row 3"):
        distance_matrix(bad, shop.hierarchy)
    many = hr.Hierarchy.from_frame(pd.DataFrame({"class": range(LARGEST + 1)}))
    with pytest.raises(hr.HrlibError, match="501 classes at level 'class': expected at most 500"):
        distance_matrix(random_units(len(many)), many)
