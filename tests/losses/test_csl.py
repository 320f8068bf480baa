"""Cross-Scale Learning against its formula written out, and against CosFace."""

import math

import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.losses import CosFaceLoss

import hrlib as hr
from hrlib.losses import CrossScaleLoss


@given(
    seed=st.integers(0, 100),
    scale=st.sampled_from([1.0, 8.0]),
    margins=st.sampled_from([(0.25, 0.35, 0.45), (0.0, 0.2)]),
)
def test_equals_the_formula_with_loops(tree, batch, seed, scale, margins):
    loss = CrossScaleLoss(tree, 8, margins, scale)
    embeddings, labels = batch(seed, per_class=1)
    x, p = F.normalize(embeddings).double(), F.normalize(loss.proxies).double().detach()
    expected = 0.0
    for level, margin in enumerate(margins):
        for i, y in enumerate(labels.tolist()):
            total = 1.0
            for z in range(12):
                if tree.ancestors[z, level] != tree.ancestors[y, level]:
                    total += math.exp(scale * (float(x[i] @ p[z]) - float(x[i] @ p[y]) + margin))
            expected += math.log(total) / len(labels)
    assert loss(embeddings, labels).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("margin", [0.25, 0.0])
def test_one_level_is_cosface(tree, batch, margin):
    loss = CrossScaleLoss(tree, 8, margins=(margin,), scale=16)
    peer = CosFaceLoss(12, 8, margin=margin, scale=16)
    peer.W.data = loss.proxies.detach().T.clone()
    torch.testing.assert_close(loss(*batch()), peer(*batch()), rtol=1e-5, atol=1e-5)


def test_margins_grow_by_default_and_levels_can_be_left_out(tree):
    assert CrossScaleLoss(tree, 8).margins == pytest.approx([0.25, 0.35, 0.45])
    assert CrossScaleLoss(tree.select(["class", "section"]), 8).margins == pytest.approx([0.25, 0.35])


def test_a_level_with_one_class_adds_nothing(tree, batch):
    table = tree.frame().assign(root="shop")
    rooted = CrossScaleLoss(hr.Hierarchy.from_frame(table), 8)
    without = CrossScaleLoss(tree, 8)
    without.proxies.data = rooted.proxies.detach().clone()
    embeddings, labels = batch()
    embeddings.requires_grad_()
    value = rooted(embeddings, labels)
    torch.testing.assert_close(value, without(embeddings, labels))
    assert all(g.isfinite().all() for g in torch.autograd.grad(value, [embeddings, rooted.proxies]))


def test_bad_settings_are_named(tree):
    for margins in ((), (0.1,) * 4):
        with pytest.raises(
            hr.HrlibError, match=f"{len(margins)} margins for a hierarchy of 3 levels .class, superclass, section"
        ):
            CrossScaleLoss(tree, 8, margins)
    with pytest.raises(hr.HrlibError, match="has one class: CSL compares"):
        CrossScaleLoss(hr.Hierarchy.from_frame(pd.DataFrame({"class": ["mug", "mug"]})), 8)
