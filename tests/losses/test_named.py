"""The contract that every loss of the registry keeps. What each computes is tested beside it."""

import copy

import pytest
import torch
from torch import nn

import hrlib as hr
from hrlib.training.fit import FitSettings
from hrlib.training.loop import parameter_groups

every_loss = pytest.mark.parametrize("name", hr.losses.names())
# settings for 12 classes and batches of 36
SMALL = {"contrastive-xbm": {"memory_size": 80, "start": 0}}


def make(name, tree, seed=0):
    torch.manual_seed(seed)
    return hr.losses.make(name, tree, 8, **SMALL.get(name, {}))


def value_and_gradient(loss, embeddings, labels):
    """Of a copy: the cross-batch memory of the loss itself stays as it is."""
    embeddings = embeddings.detach().requires_grad_()
    value = copy.deepcopy(loss)(embeddings, labels)
    return value.detach(), torch.autograd.grad(value, embeddings)[0]


def test_the_names():
    flat = "contrastive triplet-semi-hard n-pair lifted-structure multi-similarity soft-triple proxy-nca proxy-nca++"
    flat += " proxy-anchor arcface cosface contrastive-xbm"
    hierarchical = "hpl-proxy-anchor hpl-proxy-nca hpl-proxy-nca++ himulcone csl"
    assert {*flat.split(), *hierarchical.split()} <= set(hr.losses.names())


@every_loss
def test_a_finite_scalar_whose_gradient_reaches_the_embeddings(name, tree, batch):
    value, gradient = value_and_gradient(make(name, tree), *batch())
    assert value.shape == () and value.dtype == torch.float32 and value > 0
    assert gradient.isfinite().all() and gradient.abs().sum() > 0


@every_loss
def test_bf16_embeddings_are_computed_with_in_fp32(name, tree, batch):
    loss = make(name, tree)
    embeddings, labels = batch()
    rounded = embeddings.bfloat16()
    expected, _ = value_and_gradient(loss, rounded.float(), labels)
    found, gradient = value_and_gradient(loss, rounded, labels)
    with torch.autocast("cpu", torch.bfloat16):
        autocast, _ = value_and_gradient(loss, rounded, labels)
    assert torch.equal(found, expected) and torch.equal(autocast, expected)
    assert gradient.dtype == torch.bfloat16 and gradient.isfinite().all() and gradient.abs().sum() > 0
    assert all(parameter.dtype == torch.float32 for parameter in loss.parameters())


@every_loss
def test_same_input_same_value_and_gradient(name, tree, batch):
    first, second = (value_and_gradient(make(name, tree), *batch()) for _ in range(2))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])


@every_loss
@pytest.mark.parametrize("seed", range(3))
def test_order_and_length_do_not_matter(name, tree, batch, seed):
    loss = make(name, tree)
    embeddings, labels = batch(seed)
    rows = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    if name == "n-pair":  # its anchors are the first of their class: only the order of the classes is free
        rows = torch.randperm(12)[labels].argsort(stable=True)
    value, gradient = value_and_gradient(loss, embeddings, labels)
    other, moved = value_and_gradient(loss, embeddings[rows], labels[rows])
    torch.testing.assert_close(other, value, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(moved, gradient[rows], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(value_and_gradient(loss, 3 * embeddings, labels)[0], value, rtol=1e-4, atol=1e-5)


@every_loss
@pytest.mark.parametrize(
    "labels", [[5] * 6, [0, 1, 2, 3], [7]], ids=["one class", "no two photos of a class", "one photo"]
)
def test_a_batch_with_little_in_it(name, tree, labels):
    """Zero or not: finite, and on the graph, so that backward() goes through."""
    loss = make(name, tree)
    embeddings = torch.randn(len(labels), 8, generator=torch.Generator().manual_seed(1)).requires_grad_()
    value = loss(embeddings, torch.tensor(labels))
    value.backward()
    assert value.shape == () and value.isfinite() and embeddings.grad.isfinite().all()
    assert all(p.grad is None or p.grad.isfinite().all() for p in loss.parameters())


@every_loss
def test_bad_batches_are_refused(name, tree, batch):
    loss = make(name, tree)
    embeddings, labels = batch()
    with pytest.raises(hr.HrlibError, match="labels run from 0 to 12: expected 0 to 11"):
        loss(embeddings, torch.where(labels == 3, 12, labels))
    with pytest.raises(hr.HrlibError, match="labels run from -1 to"):
        loss(embeddings, labels - 1)
    with pytest.raises(hr.HrlibError, match="float32: expected int64"):
        loss(embeddings, labels.float())
    with pytest.raises(hr.HrlibError, match=r"labels are \(35,\).*expected int64 of shape \(36,\)"):
        loss(embeddings, labels[:35])
    with pytest.raises(hr.HrlibError, match=r"\(36, 7\)"):
        loss(embeddings[:, :7], labels)
    with pytest.raises(hr.HrlibError, match="the batch is empty"):
        loss(embeddings[:0], labels[:0])


@every_loss
def test_the_state_dict_holds_all_that_a_loss_has_learned(name, tree, batch):
    loss, other = make(name, tree, seed=1), make(name, tree, seed=2)
    loss(*batch(1))
    other.load_state_dict(copy.deepcopy(loss.state_dict()))
    for found, expected in zip(value_and_gradient(other, *batch(2)), value_and_gradient(loss, *batch(2)), strict=True):
        assert torch.equal(found, expected)


@every_loss
def test_learns_a_linear_map(name, tree, batch):
    """60 steps on Gaussian classes: the loss falls, and more photos find one of their class as the nearest."""
    loss = make(name, tree)
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(12).repeat(6)
    data = torch.randn(12, 16, generator=generator)[labels] + torch.randn(72, 16, generator=generator)
    model = nn.Linear(16, 8)
    optimizer = torch.optim.AdamW(parameter_groups(model, loss, FitSettings(lr=0.02, proxy_lr=0.05)))

    def recall():
        x = nn.functional.normalize(model(data).detach())
        nearest = (x @ x.T).fill_diagonal_(-2).argmax(1)
        return (labels[nearest] == labels).float().mean().item()

    before, values = recall(), []
    for _ in range(60):
        optimizer.zero_grad()
        value = loss(model(data), labels)
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert sum(values[-5:]) < 0.9 * sum(values[:5])
    assert recall() > before + 0.05
