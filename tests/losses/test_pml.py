"""The wrapped losses are the library's own; the memory can be saved; the regulariser is the library's, in less memory."""

import pytest
import torch
from pytorch_metric_learning import losses as pml
from pytorch_metric_learning import miners, regularizers
from pytorch_metric_learning.distances import DotProductSimilarity, LpDistance

import hrlib as hr
from hrlib.losses.pml import MergeCentres

SQUARED = LpDistance(power=2)


class WithMemory(torch.nn.Module):
    """The loss within the batch and half of that between the batch and the memory."""

    def __init__(self):
        super().__init__()
        self.memory = pml.CrossBatchMemory(pml.ContrastiveLoss(), 8)

    def forward(self, embeddings, labels, mined):
        return pml.ContrastiveLoss()(embeddings, labels) + 0.5 * self.memory(embeddings, labels)


# name: our settings, the library's loss, its miner
PEERS = {
    "contrastive": ({}, lambda: pml.ContrastiveLoss(), None),
    "contrastive, own margins": (
        {"pos_margin": 0.1, "neg_margin": 0.8},
        lambda: pml.ContrastiveLoss(pos_margin=0.1, neg_margin=0.8),
        None,
    ),
    "contrastive-xbm": ({"start": 0, "weight": 0.5}, lambda: WithMemory(), None),
    "contrastive-xbm, not yet": ({"start": 3}, lambda: pml.ContrastiveLoss(), None),
    "triplet-semi-hard": (
        {},
        lambda: pml.TripletMarginLoss(margin=0.2, distance=SQUARED),
        miners.TripletMarginMiner(margin=0.2, type_of_triplets="semihard", distance=SQUARED),
    ),
    "n-pair": (
        {"length": 1.0},
        lambda: pml.NPairsLoss(distance=DotProductSimilarity(normalize_embeddings=True)),
        None,
    ),
    "lifted-structure": ({}, lambda: pml.LiftedStructureLoss(), None),
    "multi-similarity": ({}, lambda: pml.MultiSimilarityLoss(), miners.MultiSimilarityMiner()),
    "soft-triple, no regulariser": ({"tau": 0.0}, lambda: pml.SoftTripleLoss(12, 8), None),
    "soft-triple, own settings": (
        {"tau": 0.0, "centers_per_class": 2, "la": 10.0, "gamma": 0.2, "margin": 0.1},
        lambda: pml.SoftTripleLoss(12, 8, centers_per_class=2, la=10, gamma=0.2, margin=0.1),
        None,
    ),
    "arcface": ({}, lambda: pml.ArcFaceLoss(12, 8), None),
    "arcface, own settings": ({"margin": 10.0, "scale": 8.0}, lambda: pml.ArcFaceLoss(12, 8, margin=10, scale=8), None),
    "cosface": ({}, lambda: pml.CosFaceLoss(12, 8), None),
    "cosface, own settings": ({"margin": 0.1, "scale": 8.0}, lambda: pml.CosFaceLoss(12, 8, margin=0.1, scale=8), None),
    "proxy-anchor": ({}, lambda: pml.ProxyAnchorLoss(12, 8), None),
    "proxy-nca++": ({}, lambda: pml.ProxyNCALoss(12, 8, softmax_scale=9), None),
}


@pytest.mark.parametrize("case", PEERS)
def test_equals_the_library_called_directly(case, tree, batch):
    """Value and every gradient, on three batches in turn (so that the cross-batch memory fills)."""
    settings, make_peer, miner = PEERS[case]
    ours, theirs = hr.losses.make(case.split(",")[0], tree, 8, **settings), make_peer()
    for own, peers in zip(ours.parameters(), theirs.parameters(), strict=True):
        own.data.copy_(peers.data)
    for seed in range(3):
        embeddings, labels = batch(seed)
        x, y = embeddings.clone().requires_grad_(), embeddings.clone().requires_grad_()
        found, expected = ours(x, labels), theirs(y, labels, miner(y, labels) if miner else None)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
        gradients = (
            torch.autograd.grad(f, [at, *m.parameters()]) for f, at, m in ((found, x, ours), (expected, y, theirs))
        )
        for mine, peers in zip(*gradients, strict=True):
            torch.testing.assert_close(mine, peers, rtol=1e-4, atol=1e-5)


def test_n_pair_is_the_softmax_of_scaled_cosines(tree, batch):
    embeddings, labels = batch()
    x = torch.nn.functional.normalize(embeddings)
    pairs = [torch.where(labels == c)[0][:2] for c in range(12)]
    terms = []
    for anchor, own in pairs:
        logits = torch.stack([9 * x[anchor] @ x[positive] for _, positive in pairs])
        terms.append(logits.logsumexp(0) - 9 * x[anchor] @ x[own])
    torch.testing.assert_close(
        hr.losses.make("n-pair", tree, 8, length=3.0)(embeddings, labels), torch.stack(terms).mean()
    )


def test_triplets_are_semi_hard(tree, batch):
    """The mean of d2(a, p) - d2(a, n) + margin over those whose negative is farther than the positive by less than the margin."""
    embeddings, labels = batch()
    d2 = torch.cdist(*[torch.nn.functional.normalize(embeddings)] * 2) ** 2
    n, terms = range(len(labels)), []
    for a in n:
        for p in (p for p in n if p != a and labels[p] == labels[a]):
            gaps = [(d2[a, q] - d2[a, p]).item() for q in n if labels[q] != labels[a]]
            terms += [0.2 - gap for gap in gaps if 0 < gap < 0.2]
    value = hr.losses.make("triplet-semi-hard", tree, 8)(embeddings, labels)
    assert len(terms) > 50 and value.item() == pytest.approx(sum(terms) / len(terms), rel=1e-3)


@pytest.mark.parametrize("k", [2, 5])
def test_centres_merge_as_in_the_library(tree, batch, k):
    embeddings, labels = batch()
    ours = hr.losses.make("soft-triple", tree, 8, centers_per_class=k)
    theirs = pml.SoftTripleLoss(
        12,
        8,
        centers_per_class=k,
        weight_regularizer=regularizers.SparseCentersRegularizer(12, k),
        weight_reg_weight=0.2,
    )
    theirs.fc.data = ours.loss.fc.detach().clone()
    torch.testing.assert_close(ours(embeddings, labels), theirs(embeddings, labels), rtol=1e-5, atol=1e-5)
    without = hr.losses.make("soft-triple", tree, 8, centers_per_class=k, tau=0.0)
    without.loss.fc.data = ours.loss.fc.detach().clone()
    assert ours(embeddings, labels) > without(embeddings, labels) + 0.01


def test_centres_that_have_met_have_a_finite_gradient():
    centres = torch.ones(4, 3).requires_grad_()
    MergeCentres(2)(centres).backward()
    assert centres.grad.isfinite().all()


def test_one_centre_a_class_has_nothing_to_merge(tree, batch):
    loss = hr.losses.make("soft-triple", tree, 8, centers_per_class=1)
    assert loss(*batch()).isfinite() and loss.loss.fc.shape == (8, 12)


def test_memory_in_the_state_dict(tree, batch):
    """Saved before it joins, and in its first and second round, and loaded into a new loss, it goes on as if nothing had been."""

    def new():
        return hr.losses.make("contrastive-xbm", tree, 8, memory_size=80, start=2)

    whole, copied = new(), new()
    for step in range(8):
        if step in (1, 3, 6):
            copied = new()
            copied.load_state_dict({key: value.clone() for key, value in whole.state_dict().items()})
            assert (copied.loss.iteration, copied.loss.has_been_filled) == (step, step == 6)
        values = whole(*batch(step)), copied(*batch(step))
        assert torch.equal(*values)
    late = new()
    late.loss.iteration = 8
    assert not torch.equal(late(*batch(8)), whole(*batch(8)))  # the same step with an empty memory is another


def test_memory_compares_with_earlier_batches(tree, batch):
    """One class a batch: nothing to push away but what is remembered."""
    embeddings, labels = batch()
    first, second = labels == 0, labels == 1
    near = embeddings[first] * 0.01 + 1  # the second class lies upon the first
    for start, remembers in ((0, True), (1, False), (2, False)):
        # positives are all near enough
        loss = hr.losses.make("contrastive-xbm", tree, 8, pos_margin=2.0, start=start)
        assert loss(near, labels[first]).item() == 0
        assert (loss(near, labels[second]).item() > 0.9) == remembers


def test_a_batch_larger_than_the_memory_is_refused(tree, batch):
    loss = hr.losses.make("contrastive-xbm", tree, 8, memory_size=35)
    with pytest.raises(hr.HrlibError, match="a batch of 36 does not fit into a memory of 35: give a memory_size of"):
        loss(*batch())
