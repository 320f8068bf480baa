"""The discovered hierarchy: flat until the warm-up is over, then the four steps of online clustering, resumed exactly."""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.errors import HrlibError
from hrlib.losses import BASES, DiscoveredHierarchyLoss, HierarchicalProxyLoss

CLASSES = 12


@pytest.fixture
def hierarchy():
    labels = np.arange(3 * CLASSES) % CLASSES
    return hr.Hierarchy.from_frame(pd.DataFrame({"class": labels, "superclass": labels // 4}))


def batch(seed=0, size=20):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(size, 8, generator=generator), torch.randint(0, CLASSES, (size,), generator=generator)


def put_in_groups(loss):
    """Proxies in three tight groups, the superclasses."""
    generator = torch.Generator().manual_seed(7)
    centres = torch.randn(3, 8, generator=generator)
    noise = 0.01 * torch.randn(CLASSES, 8, generator=generator)
    loss.proxies.data.copy_(centres[torch.arange(CLASSES) // 4] + noise)


@pytest.mark.parametrize("base", BASES)
def test_it_is_the_flat_loss_until_the_warm_up_is_over(hierarchy, base):
    loss = DiscoveredHierarchyLoss(hierarchy, 8, base, clusters=3, warmup=2, every=5, cluster_by="proxies")
    put_in_groups(loss)
    x, y = batch()
    flat = BASES[base](x, y, loss.proxies)
    torch.testing.assert_close(loss(x, y), flat)
    torch.testing.assert_close(loss(x, y), flat)
    assert not loss.discovered and loss.report() == {}
    assert loss(x, y) > flat and loss.discovered


@pytest.mark.parametrize("base", BASES)
def test_then_it_is_the_given_loss_over_the_clusters(hierarchy, base):
    """Groups that cannot be mistaken: what is discovered is the true hierarchy, and so is the loss."""
    loss = DiscoveredHierarchyLoss(hierarchy, 8, base, clusters=3, warmup=0, weights=(1.0, 0.7), cluster_by="proxies")
    put_in_groups(loss)
    given_loss = HierarchicalProxyLoss(hierarchy, 8, base, weights=(1.0, 0.7))
    given_loss.proxies.data.copy_(loss.proxies.data)
    x, y = batch()
    torch.testing.assert_close(loss(x, y), given_loss(x, y))
    assert loss.report()["nmi"] == pytest.approx(1)


def test_the_four_steps_written_out(hierarchy):
    """Updates at iterations warmup + 1, warmup + 1 + every, ...; in between nothing is assigned anew."""
    loss = DiscoveredHierarchyLoss(
        hierarchy, 8, clusters=3, warmup=1, every=3, coarse="recalculated", cluster_by="proxies"
    )
    optimizer = torch.optim.SGD(loss.parameters(), lr=3.0)
    before = None
    for iteration in range(1, 12):
        proxies = F.normalize(loss.proxies.detach(), dim=1)
        loss(*batch(iteration)).backward()
        optimizer.step(), optimizer.zero_grad()
        if iteration >= 2:
            assigned, centres = loss.ancestors[:, 1].clone(), loss.level_proxies()[1].clone()
            if (iteration - 2) % 3:
                assert torch.equal(assigned, before[0]) and torch.equal(centres, before[1])
            else:  # a step of Lloyd's: the most similar mean of the old members as they are now, then the mean of the new members
                if before:
                    old = torch.stack([proxies[before[0] == k].mean(0) for k in range(3)])
                    similar = proxies @ F.normalize(old, dim=1).T
                    expected = similar.argmax(1)
                    if len(expected.unique()) == 3:
                        assert torch.equal(assigned, expected)
                    assert loss.report()["moved"] == pytest.approx(float((assigned != before[0]).float().mean()))
                for k in range(3):
                    torch.testing.assert_close(centres[k], proxies[assigned == k].sum(0), rtol=1e-4, atol=1e-5)
            before = assigned, centres


@given(seed=st.integers(0, 30), clusters=st.sampled_from([(5,), (6, 3), (8, 4, 2)]))
def test_it_is_a_tree_without_empty_clusters_at_every_step(seed, clusters):
    tree = hr.Hierarchy.from_frame(pd.DataFrame({"class": range(CLASSES)}))
    weights = (1.0,) + (0.3,) * len(clusters)
    torch.manual_seed(seed)
    loss = DiscoveredHierarchyLoss(tree, 8, clusters=clusters, warmup=0, every=1, weights=weights, seed=seed)
    optimizer = torch.optim.SGD(loss.parameters(), lr=5.0)
    for step in range(6):
        loss(*batch(step)).backward()
        optimizer.step(), optimizer.zero_grad()
        found = loss.hierarchy(tree)  # from_frame refuses what is no tree
        assert found.n_classes == (CLASSES, *clusters)
        assert [len(p) for p in loss.level_proxies()] == [CLASSES, *clusters]


@given(seed=st.integers(0, 20), momentum=st.sampled_from([0.0, 0.5, 0.9]))
def test_running_means_written_out(seed, momentum):
    tree = hr.Hierarchy.from_frame(pd.DataFrame({"class": range(CLASSES)}))
    loss = DiscoveredHierarchyLoss(tree, 8, clusters=3, warmup=99, momentum=momentum)
    means = {}
    for step in range(4):
        x, y = batch(seed + step)
        loss(x, y)
        for label in set(y.tolist()):
            here = F.normalize(F.normalize(x[y == label], dim=1).sum(0), dim=0)
            before = means.get(label)
            means[label] = here if before is None else F.normalize(momentum * before + (1 - momentum) * here, dim=0)
    for label in range(CLASSES):
        torch.testing.assert_close(loss.means[label], means.get(label, torch.zeros(8)), rtol=1e-4, atol=1e-5)


def test_clusters_of_embeddings_are_those_of_the_photos_and_not_of_the_proxies(hierarchy):
    """Embeddings in the groups of the superclasses, proxies anywhere: the superclasses are found."""
    loss = DiscoveredHierarchyLoss(hierarchy, 8, clusters=3, warmup=1, cluster_by="embeddings")
    centres = F.normalize(torch.randn(3, 8, generator=torch.Generator().manual_seed(1)), dim=1)
    y = torch.arange(CLASSES).repeat(2)
    x = centres[y // 4] + 0.05 * torch.randn(len(y), 8, generator=torch.Generator().manual_seed(2))
    loss(x, y), loss(x, y)
    assert loss.report()["nmi"] == pytest.approx(1)


def test_averages_carry_the_gradient_and_recalculated_ones_do_not(hierarchy):
    x, y = batch()
    for settings, flows in (({}, True), ({"coarse_gradient": False}, False), ({"coarse": "recalculated"}, False)):
        loss = DiscoveredHierarchyLoss(hierarchy, 8, clusters=3, warmup=0, weights=(1.0, 1.0), **settings)
        x.requires_grad_()
        whole = torch.autograd.grad(loss(x, y), [x, loss.proxies])
        flat = torch.autograd.grad(BASES["proxy-anchor"](x, y, loss.proxies), [x, loss.proxies])
        assert not torch.allclose(whole[0], flat[0])
        assert torch.allclose(whole[1], flat[1]) != flows


def test_evaluation_counts_no_iteration(hierarchy):
    loss = DiscoveredHierarchyLoss(hierarchy, 8, clusters=3, warmup=1)
    with torch.no_grad():
        loss(*batch())
    loss.eval()
    loss(*batch())
    assert int(loss.iteration) == 0


def test_seeded_and_the_same_after_a_round_trip(hierarchy):
    torch.manual_seed(0)
    loss = DiscoveredHierarchyLoss(hierarchy, 8, clusters=(6, 2), warmup=1, every=2, weights=(1, 0.3, 0.3))
    for step in range(4):
        loss(*batch(step))
    other = DiscoveredHierarchyLoss(hierarchy, 8, clusters=(6, 2), warmup=1, every=2, weights=(1, 0.3, 0.3))
    other.load_state_dict(loss.state_dict())
    for step in range(4, 8):
        assert torch.equal(loss(*batch(step)), other(*batch(step)))
    assert torch.equal(loss.ancestors, other.ancestors)


def test_the_hierarchy_for_people(hierarchy):
    loss = DiscoveredHierarchyLoss(hierarchy, 8, clusters=3, warmup=0, cluster_by="proxies")
    with pytest.raises(HrlibError, match=r"nothing is discovered before iteration 1; this loss has seen 0"):
        loss.hierarchy(hierarchy)
    put_in_groups(loss)
    loss(*batch())
    found = loss.hierarchy(hierarchy)
    assert found.levels == ("class", "cluster") and len(found) == len(hierarchy)
    assert len(set(zip(found.column(1), hierarchy.column(1), strict=True))) == 3
    with pytest.raises(HrlibError, match="4 classes, and a loss over 12"):
        loss.hierarchy(hierarchy.subset(range(4)))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"clusters": 12}, "clusters are .12,. over 12 classes: expected fewer on every level"),
        ({"clusters": (6, 3)}, r"clusters \(6, 3\) for 2 weights"),
        ({"clusters": 3, "every": 0}, "every=0"),
        ({"clusters": 3, "warmup": -1}, "warmup=-1"),
        ({"clusters": 3, "momentum": 1.0}, "momentum from 0 to below 1"),
        ({"clusters": 3, "coarse": "often"}, "coarse='often', .* expected 'average' or 'recalculated'"),
        ({"clusters": 3, "cluster_by": "names"}, "cluster_by='names': expected .* 'proxies' or 'embeddings'"),
        ({"clusters": 3, "weights": (1.0, float("nan"))}, "the first above 0"),
        ({"clusters": 3, "weights": (0.0, 1.0)}, "the first above 0"),
    ],
)
def test_bad_settings(hierarchy, settings, text):
    with pytest.raises(HrlibError, match=text):
        DiscoveredHierarchyLoss(hierarchy, 8, **settings)
