"""Batches of graded triplets, and runs with them."""

import signal

import numpy as np
import pytest
import torch
from hypothesis import given

import hrlib as hr
from hrlib.losses import GradedTripletLoss
from hrlib.training import GradedTripletBatches, GradedTripletMiner
from tests.training.test_triplets import attributes, bin_of, shops

SETTINGS = {"epochs": 2, "batch_size": 24, "seed": 3, "augment": "none"}


@given(shop=shops())
def test_the_triplets_of_a_batch_are_those_of_its_items(shop):
    codes, settings = shop
    miner = GradedTripletMiner(attributes(codes), **settings)
    most = 1 + (miner.counts > 0).sum(axis=1).max()
    if most < 3:
        with pytest.raises(hr.HrlibError, match=f"none of {len(codes)} items has others in two bins"):
            GradedTripletBatches(miner, 20)
        return
    with pytest.raises(hr.HrlibError, match=f"batch_size is {most - 1}: expected at least {most}"):
        GradedTripletBatches(miner, most - 1)
    batches = GradedTripletBatches(miner, most + 3)
    epoch = list(batches.epoch(4))
    assert len(epoch) == len(batches) == max(1, round(len(codes) / (most + 3)))
    for batch in epoch:
        rows, triplets, bins = batch["rows"], batch["triplets"], batch["bins"]
        assert 3 < len(rows) <= most + 3 and len(triplets) == len(bins) > 0
        assert set(triplets.reshape(-1)) == set(range(len(rows)))  # no photo is there for nothing
        for (anchor, positive, negative), (nearer, farther) in zip(triplets, bins, strict=True):
            assert bin_of(rows[anchor], rows[positive], codes, **settings) == nearer < farther
            assert bin_of(rows[anchor], rows[negative], codes, **settings) == farther


def shop_batches(seed=0, categories=True):
    """Batches of 24 photos of the tiny shop, whose 24 products are described by four attributes drawn at random."""
    rng = np.random.default_rng(0)
    product = np.repeat(np.arange(24), 5)
    codes = rng.integers(0, 3, (24, 4))[product]
    others = {"categories": np.repeat(np.arange(3), 40)} if categories else {}
    miner = GradedTripletMiner(attributes(codes), products=product, seed=seed, **others)
    return GradedTripletBatches(miner, 24)


def test_an_epoch_has_as_many_photos_as_there_are_items_and_is_a_function_of_its_number():
    batches, again = shop_batches(), shop_batches()
    first, second = list(batches.epoch(0)), list(batches.epoch(1))
    list(again.epoch(5))
    assert len(batches) == 5 and all(len(batch["rows"]) in range(24 - 6, 25) for batch in first)
    for batch, same in zip(first, again.epoch(0), strict=True):
        assert all((batch[name] == same[name]).all() for name in ("rows", "triplets", "bins"))
    assert any(a["rows"].tolist() != b["rows"].tolist() for a, b in zip(first, second, strict=True))
    assert next(shop_batches(seed=1).epoch(0))["rows"].tolist() != first[0]["rows"].tolist()


def test_anchors_come_in_rounds():
    codes = np.random.default_rng(0).integers(0, 2, (600, 5))
    batches = GradedTripletBatches(GradedTripletMiner(attributes(codes)), 60)
    assert set(batches.photos) == {5}  # an epoch of 600 photos has 120 anchors: five make a round
    anchors = [np.concatenate([b["rows"][::5] for b in batches.epoch(number)]) for number in range(10)]
    for turn in (anchors[:5], anchors[5:]):
        assert sorted(np.concatenate(turn)) == list(range(600))
    assert (np.concatenate(anchors[:5]) != np.concatenate(anchors[5:])).any()


class InterruptedAt(GradedTripletLoss):
    """It presses Ctrl-C in the middle of the given step."""

    countdown = None

    def forward(self, embeddings, triplets, bins):
        if self.countdown is not None:
            self.countdown -= 1
            if self.countdown < 0:
                signal.raise_signal(signal.SIGINT)
        return super().forward(embeddings, triplets, bins)


def new(at=None):
    loss = InterruptedAt()
    loss.countdown = at
    return hr.models.image_encoder("small", dim=8, seed=0), loss


@pytest.mark.parametrize("at", [1, 4, 7])
def test_a_resumed_run_equals_one_left_alone(shop, tmp_path, at):
    whole, first, second = new(), new(at), new()
    expected = hr.fit(*whole, shop, batches=shop_batches(), **SETTINGS)
    with pytest.raises(KeyboardInterrupt, match=f"stopped after step {at + 1} of 10"):
        hr.fit(*first, shop, batches=shop_batches(), out_dir=tmp_path, **SETTINGS)
    run = hr.fit(*second, shop, batches=shop_batches(), out_dir=tmp_path, resume=True, **SETTINGS)
    for ours, theirs in zip(whole, second, strict=True):
        states = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
        assert all(torch.equal(a, b) for a, b in states)
    columns = ["loss", "lr", "violated"]
    assert run.history[columns].equals(expected.history[columns])
    assert run.history["violated"].between(0, 1, inclusive="neither").all()


def test_free_embeddings_learn_the_order_of_the_bins():
    """Miner, batches and loss without a network: a vector an item. Afterwards an item farther in bins is farther in the space."""
    batches, loss = shop_batches(categories=False), GradedTripletLoss()
    vectors = torch.nn.Parameter(torch.randn(120, 16, generator=torch.Generator().manual_seed(0)))
    optimizer = torch.optim.Adam([vectors], lr=0.05)
    shares = []
    for number in range(30):
        for batch in batches.epoch(number):
            values = {name: torch.from_numpy(array) for name, array in batch.items()}
            optimizer.zero_grad()
            loss(vectors[values["rows"]], values["triplets"], values["bins"]).backward()
            optimizer.step()
        shares.append(loss.report()["violated"])
    assert np.mean(shares[-5:]) < 0.75 * shares[0]
    unit = torch.nn.functional.normalize(vectors.detach(), dim=1).numpy()
    candidates = batches.miner.draw(np.repeat(np.arange(120), 50), 99).candidates[:, :5]
    similarity = np.einsum("id,ibd->ib", unit.repeat(50, axis=0), unit[candidates])
    means = np.where(candidates >= 0, similarity, 0).sum(0) / (candidates >= 0).sum(0)
    assert (np.diff(means) < -0.05).all()
