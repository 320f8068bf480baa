"""Reconstruction and KL, against torch.distributions and the formula written out; the warm-up; what it tells."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

import hrlib as hr
from hrlib.losses.reconstruction import kl_to_normal
from tests.tiny import tiny_shop


def values(count=5, latent=4, size=(6, 7)):
    torch.manual_seed(0)
    reconstruction, images = torch.rand(2, count, 3, *size)
    return reconstruction, images, torch.randn(count, latent), torch.randn(count, latent)


@given(st.floats(-30, 30), st.floats(-20, 20))
def test_kl_is_that_of_torch_distributions(mean, log_variance):
    mean, log_variance = torch.tensor([mean, log_variance], dtype=torch.float64)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_to_normal(mean, log_variance), expected, rtol=1e-9, atol=1e-9)


def test_kl_near_the_prior_keeps_its_digits():
    """float32 of 1e-4: 1 + x - 1 would leave three digits of x and none of x^2 / 4."""
    log_variance = torch.tensor(1e-3)
    exact = kl_to_normal(torch.tensor(0.0).double(), log_variance.double()).item()
    assert kl_to_normal(torch.tensor(0.0), log_variance).item() == pytest.approx(exact, rel=1e-3)
    assert kl_to_normal(torch.zeros(()), torch.zeros(())) == 0


@pytest.mark.parametrize(("beta", "warmup", "progress"), [(1.0, 0.3, 1.0), (4.0, 0.5, 0.25), (2.0, 0.0, 0.0)])
def test_it_is_the_formula(beta, warmup, progress):
    reconstruction, images, mean, log_variance = values()
    loss = hr.losses.ReconstructionLoss(beta, warmup)
    total, colours = 0.0, 3 * 6 * 7
    for photo in range(5):
        squares = sum(
            (images[photo].flatten() - reconstruction[photo].flatten()).tolist()[n] ** 2 for n in range(colours)
        )
        kl = kl_divergence(Normal(mean[photo], (log_variance[photo] / 2).exp()), Normal(0.0, 1.0)).sum().item()
        ramp = min(1.0, progress / warmup) if warmup else 1.0
        total += (squares / (2 * 0.1**2) + beta * ramp * kl) / colours / 5
    found = loss(reconstruction, images, mean, log_variance, torch.tensor(progress))
    assert found.item() == pytest.approx(total, rel=1e-5)


def test_the_bound_is_that_of_the_gaussians():
    """beta=1, warmed up: the same gradient as the negative evidence lower bound made of torch's own distributions."""
    reconstruction, images, mean, log_variance = values()
    inputs = [value.requires_grad_() for value in (reconstruction, mean, log_variance)]
    bound = -Normal(reconstruction, 0.1).log_prob(images).sum() / 5
    bound = bound + kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum() / 5
    expected = torch.autograd.grad(bound / (3 * 6 * 7), inputs)
    value = hr.losses.ReconstructionLoss()(reconstruction, images, mean, log_variance, torch.tensor(0.9))
    for found, wanted in zip(torch.autograd.grad(value, inputs), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-7)


def test_the_ramp_rises_in_a_line():
    loss = hr.losses.ReconstructionLoss(warmup=0.4)
    ramp = [loss.ramp(torch.tensor(share)).item() for share in (0.0, 0.1, 0.2, 0.4, 0.7, 1.0)]
    assert ramp == pytest.approx([0, 0.25, 0.5, 1, 1, 1])
    assert hr.losses.ReconstructionLoss(warmup=0).ramp(torch.tensor(0.0)) == 1


def test_report_is_the_mean_over_batches_and_begins_anew():
    loss = hr.losses.ReconstructionLoss(beta=7)
    reconstruction, images, mean, log_variance = values(count=8)
    mean[:, 1] = 0.3  # says nothing of the photo
    mean[:, 2] = 5 + 0.09 * torch.tensor([1.0, -1.0] * 4)  # a variance of 0.0081
    mean[:, 3] = 5 + 0.11 * torch.tensor([1.0, -1.0] * 4)  # 0.0121
    halves = [
        [value[rows] for value in (reconstruction, images, mean, log_variance)] for rows in (slice(4), slice(4, 8))
    ]
    for half in halves:
        loss(*half, torch.tensor(0.0))
    loss.eval()(*halves[0], torch.tensor(0.0))  # not counted
    told = loss.report()
    kl = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1).mean()
    assert told["squared_error"] == pytest.approx((reconstruction - images).square().mean().item(), rel=1e-5)
    assert told["kl"] == pytest.approx(kl.item(), rel=1e-5) and told["active_dimensions"] == 2
    assert loss.report() == {"squared_error": 0, "kl": 0, "active_dimensions": 0}
    loss.train()(*(value[:1] for value in halves[0]), torch.tensor(0.0))  # one photo varies in nothing
    assert loss.report()["active_dimensions"] == 0


def test_a_few_steps_give_the_photos_back_better():
    shop = tiny_shop()
    model = hr.models.VariationalAutoencoder(hr.models.image_encoder("small", dim=8, seed=0), (16, 12), seed=0)
    run = hr.fit(model, hr.losses.ReconstructionLoss(), shop, epochs=8, batch_size=24, augment="none", lr=3e-3)
    told = run.history
    assert list(told.columns[-3:]) == ["squared_error", "kl", "active_dimensions"]
    assert told["squared_error"].iloc[-1] < 0.7 * told["squared_error"].iloc[0]
    assert told["active_dimensions"].iloc[-1] >= 1


def test_photos_of_another_size_are_refused():
    reconstruction, images, mean, log_variance = values()
    with pytest.raises(hr.HrlibError, match=r"\(5, 3, 6, 6\) of photos \(5, 3, 6, 7\).*image_size=\(6, 7\)"):
        hr.losses.ReconstructionLoss()(reconstruction[..., :6], images, mean, log_variance, torch.tensor(0.0))


@pytest.mark.parametrize(
    "settings", [{"beta": -1}, {"beta": float("nan")}, {"beta": float("inf")}, {"warmup": -0.1}, {"warmup": 1.1}]
)
def test_bad_settings_are_refused(settings):
    with pytest.raises(hr.HrlibError, match="expected a beta of 0 or more, and a share of the run from 0 to 1"):
        hr.losses.ReconstructionLoss(**settings)
