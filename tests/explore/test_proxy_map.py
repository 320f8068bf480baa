"""Proxies among the items: each where it was projected to, in its colour, joined to the proxy above it."""

import numpy as np
import pytest
import torch

import hrlib as hr
from hrlib.explore import colours, project, proxy_map
from hrlib.losses import DiscoveredHierarchyLoss, HierarchicalProxyLoss


def named(chart, name):
    return next(trace for trace in chart.data if trace.name == name)


def xy(trace):
    return np.stack([trace.x, trace.y], 1)


@pytest.fixture(scope="module")
def loss(shop):
    torch.manual_seed(0)
    return HierarchicalProxyLoss(shop.hierarchy, dim=8)


def test_items_and_proxies_are_projected_together(shop, spaces, loss):
    chart = proxy_map(spaces["flat"], shop, loss, "pca")
    fine = loss.proxies.detach().numpy().astype(np.float64)
    fine /= np.linalg.norm(fine, axis=1, keepdims=True)
    parents = shop.hierarchy.parents[0]
    coarse = np.stack([fine[parents == label].mean(0) for label in range(4)])
    coarse /= np.linalg.norm(coarse, axis=1, keepdims=True)
    expected = project(np.concatenate([spaces["flat"], fine, coarse]).astype(np.float32), "pca").coordinates
    np.testing.assert_allclose(xy(named(chart, "proxy of a product")), expected[36:48], atol=1e-4)
    np.testing.assert_allclose(xy(named(chart, "proxy of a category")), expected[48:], atol=1e-4)
    for trace in chart.data:
        if trace.customdata is not None:
            np.testing.assert_allclose(xy(trace), expected[trace.customdata], atol=1e-4)


def test_each_fine_proxy_is_joined_to_its_own_coarse_one(shop, spaces, loss):
    chart = proxy_map(spaces["flat"], shop, loss, "pca")
    lines = next(trace for trace in chart.data if trace.mode == "lines")
    fine, coarse = xy(named(chart, "proxy of a product")), xy(named(chart, "proxy of a category"))
    ends = xy(lines).reshape(12, 3, 2)
    np.testing.assert_array_equal(ends[:, 0], fine)
    np.testing.assert_array_equal(ends[:, 1], coarse[shop.hierarchy.parents[0]])
    assert np.isnan(ends[:, 2]).all()


def test_colours_marks_and_names(shop, spaces, loss):
    chart = proxy_map(spaces["flat"], shop, loss, "pca")
    squares, diamonds = named(chart, "proxy of a product"), named(chart, "proxy of a category")
    assert list(squares.marker.color) == colours(shop.hierarchy, 0) and squares.marker.symbol == "square"
    assert list(diamonds.marker.color) == colours(shop.hierarchy, 1) and diamonds.marker.symbol == "diamond"
    assert diamonds.marker.size > squares.marker.size and diamonds.hovertext[0] == "&lt;i&gt;cat 0&lt;/i&gt;"
    assert "<i>" not in chart.to_json() and "trustworthiness" in chart.layout.annotations[0].text


def test_a_flat_loss_has_no_coarse_proxies(shop, spaces):
    flat = HierarchicalProxyLoss(shop.hierarchy, dim=8, weights=(1.0,))
    chart = proxy_map(spaces["flat"], shop, flat, "pca")
    assert not [trace for trace in chart.data if trace.mode == "lines" or trace.name == "proxy of a category"]


def test_a_discovered_hierarchy_has_its_own_coarse_proxies(shop, spaces):
    torch.manual_seed(0)
    found = DiscoveredHierarchyLoss(shop.hierarchy, dim=8, clusters=3, warmup=1)
    batch = torch.from_numpy(spaces["flat"]), torch.from_numpy(shop.hierarchy.column(0))
    found(*batch)
    chart = proxy_map(spaces["flat"], shop, found, "pca")
    assert not [trace for trace in chart.data if trace.mode == "lines"]  # nothing is discovered yet
    found(*batch)
    chart = proxy_map(spaces["flat"], shop, found, "pca")
    coarse = named(chart, "proxy of a cluster")
    assert len(coarse.x) == len(found.ancestors[:, 1].unique()) and coarse.hovertext[0] == "cluster 0"


def test_what_does_not_fit_is_refused(shop, spaces, loss):
    with pytest.raises(hr.HrlibError, match="35 embeddings for a catalogue of 36"):
        proxy_map(spaces["flat"][1:], shop, loss, "pca")
    with pytest.raises(hr.HrlibError, match="a loss over 12 classes .*the very items it was trained on"):
        proxy_map(spaces["flat"][:6], shop.subset(range(6)), loss, "pca")
    with pytest.raises(hr.HrlibError, match="a loss Linear: expected HierarchicalProxyLoss"):
        proxy_map(spaces["flat"], shop, torch.nn.Linear(1, 1), "pca")
    with pytest.raises(hr.HrlibError, match="dimensions"):
        proxy_map(spaces["flat"], shop, HierarchicalProxyLoss(shop.hierarchy, dim=9), "pca")
