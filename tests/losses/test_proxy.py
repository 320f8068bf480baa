"""Proxy losses against pytorch-metric-learning and against the formulas written out."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.losses import ProxyAnchorLoss, ProxyNCALoss

from hrlib import HrlibError
from hrlib.losses import BASES, proxy_anchor, proxy_nca, proxy_nca_pp


def batch(seed=0, size=24, classes=10, dim=16):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(size, dim, generator=generator).requires_grad_()
    labels = torch.randint(0, classes, (size,), generator=generator)
    proxies = torch.randn(classes, dim, generator=generator).requires_grad_()
    return embeddings, labels, proxies


def value_and_gradients(loss, embeddings, proxies):
    value = loss()
    return [value.detach(), *torch.autograd.grad(value, (embeddings, proxies))]


PEERS = {
    "proxy-anchor": (proxy_anchor, {}, lambda c, d: ProxyAnchorLoss(c, d)),
    "proxy-anchor, own alpha": (
        proxy_anchor,
        {"margin": 0.2, "alpha": 8.0},
        lambda c, d: ProxyAnchorLoss(c, d, margin=0.2, alpha=8),
    ),
    "proxy-nca++": (proxy_nca_pp, {}, lambda c, d: ProxyNCALoss(c, d, softmax_scale=9)),
    "proxy-nca++, T=1": (proxy_nca_pp, {"temperature": 1.0}, lambda c, d: ProxyNCALoss(c, d, softmax_scale=1)),
}


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("seed", range(5))
def test_equals_pytorch_metric_learning(name, seed):
    ours, settings, make_peer = PEERS[name]
    embeddings, labels, proxies = batch(seed)
    peer = make_peer(*proxies.shape)
    peer.proxies.data = proxies.detach().clone()
    mine = value_and_gradients(lambda: ours(embeddings, labels, proxies, **settings), embeddings, proxies)
    theirs = value_and_gradients(lambda: peer(embeddings, labels), embeddings, peer.proxies)
    for got, expected in zip(mine, theirs, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


def test_proxy_nca_is_the_printed_formula():
    embeddings, labels, proxies = batch()
    x = torch.nn.functional.normalize(embeddings.double())
    p = torch.nn.functional.normalize(proxies.double())
    d2 = torch.cdist(x, p) ** 2
    for temperature in (1.0, 1 / 9):
        terms = []
        for i, y in enumerate(labels):
            others = [torch.exp(-d2[i, z] / temperature) for z in range(len(p)) if z != y]
            terms.append(-torch.log(torch.exp(-d2[i, y] / temperature) / sum(others)))
        expected = torch.stack(terms).mean().float()
        torch.testing.assert_close(
            proxy_nca(embeddings, labels, proxies, temperature=temperature), expected, rtol=1e-5, atol=1e-5
        )


@pytest.mark.parametrize("loss", BASES.values(), ids=BASES)
def test_gradients_are_those_of_finite_differences(loss):
    embeddings, labels, proxies = batch(size=5, classes=4, dim=3)
    _, by_embeddings, by_proxies = value_and_gradients(lambda: loss(embeddings, labels, proxies), embeddings, proxies)
    for tensor, gradient in ((embeddings, by_embeddings), (proxies, by_proxies)):
        for index in [(0, 0), (2, 1), (3, 2)]:
            moved = []
            for sign in (1, -1):
                nudged = [t.detach().clone() for t in (embeddings, proxies)]
                nudged[tensor is proxies][index] += sign * 1e-2
                moved.append(loss(nudged[0], labels, nudged[1]))
            # fp32 and a step of .01: the difference quotient itself is good to about 1%
            torch.testing.assert_close((moved[0] - moved[1]) / 2e-2, gradient[index], rtol=3e-2, atol=2e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("loss", BASES.values(), ids=BASES)
def test_finite_for_logits_up_to_1000(loss, dtype):
    """Embeddings on their own proxy, on another's and opposite to it, with scales that make logits of +-1000."""
    settings = {"alpha": 1000.0} if loss is proxy_anchor else {"temperature": 2 / 1000}
    proxies = torch.eye(4).to(dtype).requires_grad_()
    embeddings = torch.cat([torch.eye(4), -torch.eye(4), torch.eye(4).roll(1, 0)]).to(dtype).requires_grad_()
    found = value_and_gradients(
        lambda: loss(embeddings, torch.arange(4).repeat(3), proxies, **settings), embeddings, proxies
    )
    assert all(tensor.isfinite().all() for tensor in found)
    assert found[0] > 100  # the wrong ones do count: nothing was clipped away


def test_underflowing_samples_count():
    """pytorch-metric-learning drops a sample whose softmax underflows; here it has the loss that it should have."""
    proxies = torch.eye(2)
    value = proxy_nca_pp(proxies[:1], torch.tensor([1]), proxies, temperature=0.01)
    assert value.item() == pytest.approx(200.0, rel=1e-5)  # d2 = 2, divided by T


@given(seed=st.integers(0, 1000), loss=st.sampled_from(list(BASES.values())))
def test_order_scale_and_rotation_do_not_matter(seed, loss):
    embeddings, labels, proxies = (t.detach() for t in batch(seed, size=12, classes=5, dim=6))
    value = loss(embeddings, labels, proxies)
    rows = torch.randperm(len(labels))
    classes = torch.randperm(len(proxies))
    rotation = torch.linalg.qr(torch.randn(6, 6)).Q
    for other in (
        loss(embeddings[rows], labels[rows], proxies),
        loss(embeddings, classes.argsort()[labels], proxies[classes]),
        loss(3 * embeddings, labels, 0.1 * proxies),
        loss(embeddings @ rotation, labels, proxies @ rotation),
    ):
        torch.testing.assert_close(other, value, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("loss", BASES.values(), ids=BASES)
def test_bad_input_is_named(loss):
    embeddings, labels, proxies = batch()
    with pytest.raises(HrlibError, match=r"\(24, 15\) and proxies \(10, 16\).*same D"):
        loss(embeddings[:, :15], labels, proxies)
    with pytest.raises(HrlibError, match=r"labels are \(23,\).*expected int64 of shape \(24,\)"):
        loss(embeddings, labels[:23], proxies)
    with pytest.raises(HrlibError, match="float32: expected int64"):
        loss(embeddings, labels.float(), proxies)
    with pytest.raises(HrlibError, match="expected 0 to 3"):
        loss(embeddings, labels, proxies[:4])
    with pytest.raises(HrlibError, match="batch is empty"):
        loss(embeddings[:0], labels[:0], proxies)


def test_one_class():
    embeddings, labels, proxies = batch(classes=1)
    assert proxy_nca_pp(embeddings, labels, proxies).item() == pytest.approx(0, abs=1e-6)
    assert proxy_anchor(embeddings, labels, proxies).isfinite()
    with pytest.raises(HrlibError, match="needs at least 2"):
        proxy_nca(embeddings, labels, proxies)
