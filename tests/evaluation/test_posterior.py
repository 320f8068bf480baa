"""What a bottleneck carries, counted by hand; a collapsed one is told from a good one."""

import warnings

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

import hrlib as hr
from hrlib.evaluation.posterior import dimensions, posterior, posterior_table
from tests.tiny import tiny_shop


@pytest.fixture(scope="module")
def shop():
    return tiny_shop()


def trained(shop, beta=1.0, epochs=8):
    model = hr.models.VariationalAutoencoder(hr.models.image_encoder("small", dim=8, seed=0), (16, 12), seed=0)
    loss = hr.losses.ReconstructionLoss(beta, warmup=0.3 if beta < 10 else 0)
    hr.fit(model, loss, shop, epochs=epochs, batch_size=24, augment="none", lr=3e-3)
    return model


@pytest.fixture(scope="module")
def good(shop):
    return trained(shop)


def test_posterior_is_the_models_in_evaluation_mode_and_the_mode_is_kept(shop, good):
    for mode in (True, False):
        good.train(mode)
        means, log_variances = posterior(good, shop)
        assert good.training is mode and good.decoder.training is mode
    with torch.no_grad():
        photos = torch.from_numpy(np.stack([shop.images[row] for row in range(120)])).permute(0, 3, 1, 2).float() / 255
        expected = good.eval().posterior(photos)
    assert means.shape == log_variances.shape == (120, 8) and means.dtype == np.float32
    np.testing.assert_allclose(means, expected[0].numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(log_variances, expected[1].numpy(), rtol=1e-4, atol=1e-5)


def test_the_table_counted_by_hand():
    rng = np.random.default_rng(0)
    means = (rng.normal(size=(50, 4)) * [1.0, 0.05, 0.0, 2.0] + [0, 3.0, 0, 0]).astype(np.float32)
    log_variances = rng.normal(-1, 0.1, size=(50, 4)).astype(np.float32)
    log_variances[:, 2] = 0  # with a mean of 0: the prior itself
    table = dimensions(means, log_variances)
    assert list(table.columns) == ["kl", "variance_of_mean", "active"] and table.index.name == "dimension"
    assert table["kl"].is_monotonic_decreasing and sorted(table.index) == [0, 1, 2, 3]
    for dim in range(4):
        each = [
            kl_divergence(Normal(float(m), float(np.exp(v / 2))), Normal(0.0, 1.0)).item()
            for m, v in zip(means[:, dim], log_variances[:, dim], strict=True)
        ]
        assert table.loc[dim, "kl"] == pytest.approx(np.mean(each), rel=1e-4, abs=1e-9)
        assert table.loc[dim, "variance_of_mean"] == pytest.approx(np.var(means[:, dim].tolist()))
    # dimension 1 costs many nats and yet tells no photo from another
    assert table["active"].to_dict() == {0: True, 1: False, 2: False, 3: True}


def test_a_collapsed_posterior_is_said_and_a_good_one_is_not(shop, good):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = posterior_table(good, shop)
    assert table["active"].sum() >= 1 and len(table) == 8
    with pytest.warns(
        UserWarning, match="posterior collapse: 0 of 8 dimensions carry something.*lower beta or a longer warmup"
    ):
        collapsed = posterior_table(trained(shop, beta=1e4), shop)
    assert not collapsed["active"].any() and collapsed["kl"].sum() < 0.1


def test_a_mean_that_knows_nothing_is_a_collapse(shop):
    model = hr.models.VariationalAutoencoder(hr.models.image_encoder("small", dim=8, seed=0), (16, 12), latent=3)
    torch.nn.init.zeros_(model.mean.weight)
    with pytest.warns(UserWarning, match="0 of 3 dimensions"):
        posterior_table(model, shop)
    # one that lets a single dimension through is good enough for a least of a third, and not for one of a half
    torch.nn.init.normal_(model.mean.weight[:1], std=10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert posterior_table(model, shop, least=0.33)["active"].sum() == 1
    with pytest.warns(UserWarning, match="1 of 3 dimensions.*a share of 0.5"):
        posterior_table(model, shop, least=0.5)


def test_one_item_varies_in_nothing(shop, good):
    with pytest.warns(UserWarning, match="0 of 8"):
        table = posterior_table(good, shop.subset([3]))
    assert (table["variance_of_mean"] == 0).all() and np.isfinite(table["kl"]).all()


def test_other_models_are_refused(shop):
    with pytest.raises(hr.HrlibError, match="a SmallEncoder has no posterior: expected a model such as"):
        posterior_table(hr.models.image_encoder("small"), shop)
