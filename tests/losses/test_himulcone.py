"""HiMulConE against its formula written out, and against supervised contrast."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.losses import SupConLoss

import hrlib as hr
from hrlib.losses import HiMulConELoss


def written_out(tree, embeddings, labels, temperature, constraint):
    x = F.normalize(embeddings).double()
    s = (x @ x.T / temperature).tolist()
    n, levels = range(len(labels)), tree.depth
    total, highest = 0.0, -math.inf
    for level in range(levels):
        anchors = []
        for i in n:
            pairs = []
            for p in n:
                heights = [h for h in range(levels) if tree.ancestors[labels[i], h] == tree.ancestors[labels[p], h]]
                if p != i and heights and heights[0] == level:
                    pairs.append(s[i][p] - math.log(sum(math.exp(s[i][a]) for a in n if a != i)))
            if pairs:
                anchors.append(-sum(pairs) / len(pairs))
        if anchors:
            value = sum(anchors) / len(anchors)
            highest = max(value, highest) if constraint else value
            total += math.exp(1 / (level + 1)) * highest
    return total / levels


@given(
    seed=st.integers(0, 100),
    size=st.integers(1, 16),
    temperature=st.sampled_from([0.07, 0.5]),
    constraint=st.booleans(),
)
def test_equals_the_formula_with_loops(tree, batch, seed, size, temperature, constraint):
    embeddings, labels = (part[:size] for part in batch(seed))
    loss = HiMulConELoss(tree, 8, temperature, constraint)
    expected = written_out(tree, embeddings, labels, temperature, constraint)
    assert loss(embeddings, labels).item() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_one_level_is_supervised_contrast(tree, batch):
    flat = HiMulConELoss(tree.select(["class"]), 8, temperature=0.1)
    torch.testing.assert_close(flat(*batch()), math.e * SupConLoss(temperature=0.1)(*batch()), rtol=1e-5, atol=1e-5)


def test_the_constraint_holds_a_coarse_level_above_a_finer_one(tree):
    """A coarse level with the lower loss: photos of a class lie apart, those of different classes of a superclass together."""
    a, b = torch.eye(8)[:2]
    embeddings, labels = torch.stack([a, b, a, b]), torch.tensor([0, 0, 1, 1])
    free, held = (HiMulConELoss(tree, 8, 0.5, constraint)(embeddings, labels) for constraint in (False, True))
    finest = HiMulConELoss(tree.select(["class"]), 8, 0.5)(embeddings, labels) / math.e
    assert held > free
    torch.testing.assert_close(held, finest * (math.e + math.sqrt(math.e)) / 3)


def test_bad_temperature_is_named(tree):
    with pytest.raises(hr.HrlibError, match="temperature is 0.0: expected a number above 0"):
        HiMulConELoss(tree, 8, temperature=0.0)
