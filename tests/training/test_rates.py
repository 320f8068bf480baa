"""What is trained, at which rate: every parameter of network and loss, up in a line and down along a cosine."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from pytorch_metric_learning.losses import SoftTripleLoss
from torch import nn

import hrlib as hr
from hrlib.training.fit import FitSettings
from hrlib.training.rates import parameter_groups, rate

MAKERS = {name: partial(hr.losses.make, name, dim=8) for name in hr.losses.names()}
MAKERS["of pytorch-metric-learning as it is"] = lambda hierarchy: SoftTripleLoss(24, 8, centers_per_class=2)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_parameter_is_in_one_group_and_moves(shop, make):
    model = hr.models.image_encoder("small", dim=8, seed=0)
    loss = make(hierarchy=shop.hierarchy)
    grouped = [p for group in parameter_groups(model, loss, FitSettings()) for p in group["params"]]
    everything = [*model.parameters(), *loss.parameters()]
    assert len(grouped) == len(everything) and {id(p) for p in grouped} == {id(p) for p in everything}
    before = [p.detach().clone() for p in everything]
    hr.fit(model, loss, shop, epochs=1, batch_size=24, seed=1)
    assert all(not torch.equal(a, b) for a, b in zip(before, everything, strict=True))


def test_rate_rises_then_falls():
    shares = [rate(step, 100, 0.2) for step in range(100)]
    assert np.argmax(shares) in (19, 20) and max(shares) == 1.0 and shares[0] > 0
    assert all(a < b for a, b in zip(shares[:20], shares[1:21], strict=True))
    assert all(a > b for a, b in zip(shares[20:99], shares[21:], strict=True)) and shares[-1] > 0


def test_the_cosine_is_that_of_the_formula_and_without_warmup_it_starts_at_the_peak():
    assert rate(60, 100, 0.2) == pytest.approx(0.5 * (1 + math.cos(math.pi * 40 / 80)))
    assert rate(1, 100, 0.0) == 1.0 and 0 < rate(0, 1, 0.0) <= 1


def test_groups_have_their_own_peaks_and_what_is_frozen_is_in_none():
    model, loss, settings = nn.Linear(2, 2), nn.Linear(2, 3), FitSettings(lr=0.1, proxy_lr=0.7)
    model.bias.requires_grad_(False)
    network, proxies = parameter_groups(model, loss, settings)
    assert network["params"] == [model.weight] and network["lr"] == network["peak"] == 0.1
    assert proxies["params"] == [loss.weight, loss.bias] and proxies["lr"] == proxies["peak"] == 0.7
    (alone,) = parameter_groups(model, nn.Identity(), settings)
    assert alone["peak"] == 0.1
    with pytest.raises(hr.HrlibError, match="neither the model nor the loss has a parameter to train: give"):
        parameter_groups(model.requires_grad_(False), nn.Identity(), settings)
