"""The hierarchical proxy loss: one level is the flat loss, coarse proxies are averages, every gradient flows where it should."""

import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.losses import BASES, HierarchicalProxyLoss, proxy_anchor

TREE = pd.DataFrame(
    {
        "class": ["mug", "pan", "boot", "clog", "sofa", "mug"],
        "superclass": ["kitchen", "kitchen", "shoes", "shoes", "home", "kitchen"],
        "root": ["shop"] * 6,
    }
)


@pytest.fixture
def hierarchy():
    return hr.Hierarchy.from_frame(TREE, levels=["class", "superclass", "root"])


def batch(seed=0, size=20, classes=5, dim=8):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(size, dim, generator=generator), torch.randint(0, classes, (size,), generator=generator)


@pytest.mark.parametrize("base", BASES)
def test_one_level_equals_the_flat_loss(hierarchy, base):
    loss = HierarchicalProxyLoss(hierarchy, 8, base, weights=(1.0,))
    x, y = batch()
    torch.testing.assert_close(loss(x, y), BASES[base](x, y, loss.proxies))


@pytest.mark.parametrize("base", BASES)
@given(seed=st.integers(0, 100), weights=st.tuples(*[st.floats(0.1, 2)] * 2))
def test_equals_the_sum_over_levels_written_out(base, seed, weights):
    tree = hr.Hierarchy.from_frame(TREE, levels=["class", "superclass", "root"])
    loss = HierarchicalProxyLoss(tree, 8, base, weights=weights)
    x, y = batch(seed)
    coarse = []
    for superclass in range(3):
        members = [c for c in range(5) if tree.parents[0][c] == superclass]
        coarse.append(torch.stack([F.normalize(loss.proxies[c], dim=0) for c in members]).mean(0))
    parents = torch.tensor([int(tree.parents[0][c]) for c in y])
    expected = weights[0] * BASES[base](x, y, loss.proxies) + weights[1] * BASES[base](x, parents, torch.stack(coarse))
    torch.testing.assert_close(loss(x, y), expected, rtol=1e-4, atol=1e-5)


def test_three_levels_and_a_weight_of_zero(hierarchy):
    x, y = batch()
    three = HierarchicalProxyLoss(hierarchy, 8, weights=(1.0, 0.3, 0.1))
    assert [len(p) for p in three.level_proxies()] == [5, 3, 1]
    without = HierarchicalProxyLoss(hierarchy, 8, weights=(1.0, 0.0, 0.1))
    flat = HierarchicalProxyLoss(hierarchy, 8, weights=(1.0,))
    for other in (without, flat):
        other.proxies.data.copy_(three.proxies.data)
    ends = three.level_proxies()[2]
    torch.testing.assert_close(without(x, y), flat(x, y) + 0.1 * proxy_anchor(x, torch.zeros_like(y), ends))


def test_coarse_gradient(hierarchy):
    """With it, a class that is in no batch still moves with its superclass; without it, the coarse level leaves proxies alone."""
    x, y = batch(classes=1)
    for flows in (True, False):
        loss = HierarchicalProxyLoss(hierarchy, 8, weights=(0.0, 1.0), coarse_gradient=flows)
        value = loss(x.requires_grad_(), y)
        assert torch.autograd.grad(value, x, retain_graph=True)[0].abs().sum() > 0
        if flows:
            assert (torch.autograd.grad(value, loss.proxies)[0].abs().sum(1) > 0).all()
        else:
            assert torch.autograd.grad(value, loss.proxies, allow_unused=True)[0] is None


def test_any_function_is_a_base(hierarchy):
    def mean_distance(embeddings, labels, proxies, power=2):
        return ((F.normalize(embeddings) - F.normalize(proxies)[labels]).norm(dim=1) ** power).mean()

    loss = HierarchicalProxyLoss(hierarchy, 8, mean_distance, weights=(1.0, 0.5), power=1)
    assert loss(*batch()).item() > 0


def test_base_settings_reach_every_level(hierarchy):
    loss = HierarchicalProxyLoss(hierarchy, 8, weights=(1.0,), alpha=8.0, margin=0.3)
    x, y = batch()
    torch.testing.assert_close(loss(x, y), proxy_anchor(x, y, loss.proxies, alpha=8.0, margin=0.3))


def test_only_the_finest_proxies_are_parameters(hierarchy):
    loss = HierarchicalProxyLoss(hierarchy, 8, weights=(1.0, 0.3, 0.1))
    assert [(name, tuple(p.shape)) for name, p in loss.named_parameters()] == [("proxies", (5, 8))]
    assert "superclass: 3 proxies x 0.3" in repr(loss)


def test_a_subset_has_its_own_compact_classes(hierarchy):
    part = hierarchy.subset([2, 3, 4])
    loss = HierarchicalProxyLoss(part, 8)
    assert [len(p) for p in loss.level_proxies()] == [3, 2]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"weights": ()}, "0 weights for a hierarchy of 3 levels.*weights=.1.0,. is the flat loss"),
        ({"weights": (1, 1, 1, 1)}, "4 weights.*class, superclass, root"),
        ({"weights": (1, -1)}, "expected finite numbers of 0 or more"),
        ({"weights": (0, 0)}, "at least one above 0"),
        ({"base": "proxy-ancor"}, "'proxy-ancor'.*did you mean 'proxy-anchor'"),
    ],
)
def test_bad_settings_are_named(hierarchy, settings, says):
    with pytest.raises(hr.HrlibError, match=says):
        HierarchicalProxyLoss(hierarchy, 8, **settings)


def test_labels_of_another_hierarchy_are_refused(hierarchy):
    loss = HierarchicalProxyLoss(hierarchy, 8)
    with pytest.raises(hr.HrlibError, match="labels run from 0 to 5: expected 0 to 4"):
        loss(torch.randn(2, 8), torch.tensor([0, 5]))
    with pytest.raises(hr.HrlibError, match=r"\(2, 3\).*expected int64 of shape \(2,\)"):
        loss(torch.randn(2, 8), torch.zeros(2, 3, dtype=torch.int64))
