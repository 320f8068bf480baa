"""Weighted sums of losses, against the parts computed alone."""

import numpy as np
import pytest
import torch
from torch import nn

import hrlib as hr
from hrlib.losses.inputs import call
from tests.tiny import tiny_shop

WEIGHTS = {"product": 1.0, "category": 0.3}


@pytest.fixture(scope="module")
def shop():
    return tiny_shop()


class Stretch(nn.Module):
    """A loss that learns from a target: the mean of embeddings times (B, D) numbers."""

    inputs = ("embeddings", "stretch")

    def forward(self, embeddings, stretch):
        return (embeddings * stretch).mean()


def two_losses(shop, dim):
    torch.manual_seed(0)
    return {
        "product": hr.losses.make("proxy-anchor", shop.hierarchy, dim),
        "category": hr.losses.make("hpl-proxy-nca", shop.hierarchy, dim),
    }


def batch(shop, dim, count=20):
    embeddings = torch.nn.functional.normalize(torch.randn(count, dim, generator=torch.manual_seed(1)), dim=1)
    return embeddings, torch.from_numpy(shop.hierarchy.column(0)[:count])


def test_it_is_the_weighted_sum_and_tells_the_parts(shop):
    parts = two_losses(shop, 8)
    embeddings, labels = batch(shop, 8)
    alone = {name: loss(embeddings, labels) for name, loss in parts.items()}
    whole = hr.losses.MultiTaskLoss(parts, WEIGHTS)
    expected = alone["product"] + 0.3 * alone["category"]
    torch.testing.assert_close(whole(embeddings, labels), expected)
    whole(-embeddings, labels)
    told = whole.report()
    for name, loss in parts.items():
        mean = (loss(embeddings, labels) + loss(-embeddings, labels)).item() / 2
        assert told[f"loss.{name}"] == pytest.approx(mean, rel=1e-5)
    assert whole.report()["loss.product"] == 0  # the sums begin anew


def test_one_loss_of_weight_one_is_that_loss(shop):
    embeddings, labels = batch(shop, 8)
    loss = two_losses(shop, 8)["product"]
    assert hr.losses.MultiTaskLoss({"only": loss})(embeddings, labels) == loss(embeddings, labels)


def test_separate_losses_see_their_own_part_as_unit_vectors(shop):
    embeddings, labels = batch(shop, 16)
    parts = two_losses(shop, 8)
    first, second = (nn.functional.normalize(half, dim=1) for half in embeddings.split(8, dim=1))
    expected = parts["product"](first, labels) + parts["category"](second, labels)
    torch.testing.assert_close(hr.losses.MultiTaskLoss(parts, separate=True)(embeddings, labels), expected)
    with pytest.raises(hr.HrlibError, match="embeddings of 7 dimensions for 2 losses with a part each"):
        hr.losses.MultiTaskLoss(parts, separate=True)(embeddings[:, :7], labels)


def test_it_asks_for_what_its_parts_ask_for(shop):
    embeddings, labels = batch(shop, 8)
    whole = hr.losses.MultiTaskLoss({"stretch": Stretch(), "product": two_losses(shop, 8)["product"]})
    assert whole.inputs == ("embeddings", "stretch", "labels")
    stretch = torch.ones(20, 8)
    known = {"embeddings": embeddings, "labels": labels, "stretch": stretch}
    expected = embeddings.mean() + two_losses(shop, 8)["product"](embeddings, labels)
    torch.testing.assert_close(call(whole, known), expected)
    with pytest.raises(hr.HrlibError, match="MultiTaskLoss learns from stretch, and here only embeddings, labels are"):
        call(whole, {"embeddings": embeddings, "labels": labels})


def test_fit_brings_targets_and_logs_the_parts(shop):
    stretch = np.random.default_rng(0).normal(size=(len(shop), 8)).astype(np.float32)
    model = hr.models.image_encoder("small", dim=8, seed=0)
    loss = hr.losses.MultiTaskLoss({"stretch": Stretch(), **two_losses(shop, 8)}, WEIGHTS)
    run = hr.fit(model, loss, shop, epochs=2, batch_size=24, targets={"stretch": stretch})
    parts = run.history[["loss.stretch", "loss.product", "loss.category"]]
    np.testing.assert_allclose(parts @ [1, 1, 0.3], run.history["loss"], rtol=1e-4)
    with pytest.raises(hr.HrlibError, match=r"targets\['stretch'\] has shape \(3, 8\): expected 120 rows"):
        hr.fit(model, loss, shop, epochs=1, targets={"stretch": stretch[:3]})


@pytest.mark.parametrize(
    ("losses", "weights", "message"),
    [
        ({}, None, "expected one or more"),
        ({"a b": Stretch()}, None, "each with a name"),
        ({"a": Stretch()}, {"b": 1}, "weights of b: expected some of a"),
        ({"a": Stretch()}, {"a": 0}, "expected numbers above 0"),
    ],
)
def test_bad_settings_are_refused(losses, weights, message):
    with pytest.raises(hr.HrlibError, match=message):
        hr.losses.MultiTaskLoss(losses, weights)
