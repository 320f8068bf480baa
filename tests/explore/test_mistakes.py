"""Which class is taken for which, counted by brute force, and what is left of it where the list is folded."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hrlib as hr
from hrlib.explore import mistake_sankey, mistakes
from hrlib.explore.mistakes import _folded, _kept


def test_against_brute_force(shop, spaces):
    similarity = spaces["flat"] @ spaces["flat"].T - 3 * np.eye(36)
    labels = shop.hierarchy.column("category")
    expected = np.zeros((4, 4), int)
    for query, item in enumerate(similarity.argmax(1)):
        expected[labels[query], labels[item]] += 1
    found = mistakes(spaces["flat"], shop.hierarchy)
    np.testing.assert_array_equal(found, expected)
    assert found.index.name == "true" and list(found.columns) == list(shop.hierarchy.names[1])


def test_bands_are_the_mistakes(shop, spaces):
    counts = mistakes(spaces["flat"], shop.hierarchy).to_numpy()
    chart = mistake_sankey(spaces["flat"], shop.hierarchy)
    (sankey,) = chart.data
    wrong = counts - np.diag(np.diag(counts))
    assert wrong.any() and sorted(sankey.link.value) == sorted(wrong[wrong > 0])
    assert all(colour.endswith("0.45)") for colour in sankey.link.color)
    right = np.trace(counts)
    assert chart.layout.title.text.startswith(f"{right / 36:.0%} of 36 nearest neighbours")
    for source, target, value in zip(sankey.link.source, sankey.link.target, sankey.link.value, strict=True):
        ends = [int(sankey.node.label[node].split("cat ")[1][0]) for node in (source, target)]
        assert wrong[tuple(ends)] == value
    assert "<i>" not in chart.to_json()


@given(st.integers(2, 7), st.integers(1, 8), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_folding_loses_no_mistake(classes, most, seed):
    rng = np.random.default_rng(seed)
    wrong = rng.poisson(0.7, (classes, classes)) * (1 - np.eye(classes, dtype=int))
    left, right = _kept(wrong.sum(1), most), _kept(wrong.sum(0), most)
    bands = _folded(wrong, left, right)
    assert bands.sum() == wrong.sum() and len(left) <= most + 1
    np.testing.assert_array_equal(bands[: len(left), : len(right)], wrong[np.ix_(left, right)])
    np.testing.assert_array_equal(bands.sum(1)[: len(left)], wrong[left].sum(1))
    shown, others = wrong.sum(1)[left], np.delete(wrong.sum(1), left)
    assert not len(others) or not len(shown) or shown.min() >= others.max()


def test_a_long_list_is_folded(shop, spaces):
    (sankey,) = mistake_sankey(spaces["flat"], shop.hierarchy, level=0, most=2).data
    counts = mistakes(spaces["flat"], shop.hierarchy, 0).to_numpy()
    assert len(sankey.node.label) == 6 and sum("10 others" in label for label in sankey.node.label) == 2
    assert sum(sankey.link.value) == counts.sum() - np.trace(counts)


def test_no_mistakes(shop):
    perfect = np.eye(4, dtype=np.float32)[shop.hierarchy.column("category")]
    chart = mistake_sankey(perfect, shop.hierarchy)
    assert not chart.data and "100%" in chart.layout.title.text and "no mistakes" in chart.layout.title.text


def test_what_does_not_fit_is_refused(shop, spaces):
    with pytest.raises(hr.HrlibError, match="35 embeddings for a hierarchy of 36"):
        mistake_sankey(spaces["flat"][1:], shop.hierarchy)
    with pytest.raises(hr.HrlibError, match="most is 0"):
        mistake_sankey(spaces["flat"], shop.hierarchy, most=0)
    with pytest.raises(hr.HrlibError, match="no level 2"):
        mistake_sankey(spaces["flat"], shop.hierarchy, level=2)
