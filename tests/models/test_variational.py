"""The variational autoencoder: what it gives in both modes, its two bottlenecks, sizes, precision, and going on with a run."""

import pytest
import torch

import hrlib as hr
from hrlib.models.variational import Decoder
from tests.tiny import tiny_shop


@pytest.fixture(scope="module")
def shop():
    return tiny_shop()


def autoencoder(latent=None, size=(16, 12), dim=8, parts=1):
    return hr.models.VariationalAutoencoder(
        hr.models.image_encoder("small", dim=dim, parts=parts, seed=0), size, latent, seed=1
    )


@pytest.mark.parametrize("size", [(48, 48), (64, 48), (16, 12), (33, 57), (1, 3)])
def test_photos_of_any_size_come_back(size):
    made = autoencoder(size=size).decode(torch.randn(3, 8))
    assert made.shape == (3, 3, *size) and made.dtype == torch.float32
    assert made.min() >= 0 and made.max() <= 1


@pytest.mark.parametrize("latent", [None, 5])
def test_training_mode_gives_what_the_losses_ask_for(latent):
    model, images = autoencoder(latent).train(), torch.rand(6, 3, 16, 12)
    torch.manual_seed(3)
    found = model(images)
    # written out: the parts as the encoder has them, and the sample from the very same noise
    features = model.encoder.features(images)
    raw = model.encoder.head(features)
    mean = raw if latent is None else features @ model.mean.weight.T + model.mean.bias
    torch.testing.assert_close(found["mean"], mean)
    torch.testing.assert_close(found["embeddings"], raw / raw.norm(dim=1, keepdim=True))
    log_variance = features @ model.log_variance.weight.T + model.log_variance.bias
    torch.testing.assert_close(found["log_variance"], log_variance)
    torch.manual_seed(3)
    sample = mean + torch.sqrt(torch.exp(log_variance)) * torch.randn(6, latent or 8)
    torch.testing.assert_close(found["reconstruction"], model.decode(sample), rtol=1e-4, atol=1e-5)
    assert sorted(found) == ["embeddings", "log_variance", "mean", "reconstruction"]


def test_the_sample_has_the_posteriors_mean_and_variance():
    model = autoencoder().train()
    torch.nn.init.constant_(model.log_variance.bias, -1.0)
    samples = []
    model.decoder.register_forward_hook(lambda _, inputs, __: samples.append(inputs[0].detach()))
    images = torch.rand(1, 3, 16, 12).repeat(4000, 1, 1, 1)
    with torch.no_grad():
        mean = model(images)["mean"][0]
    torch.testing.assert_close(samples[0].mean(0), mean, rtol=0, atol=0.05)
    torch.testing.assert_close(samples[0].var(0), torch.full((8,), -1.0).exp(), rtol=0.1, atol=0)


@pytest.mark.parametrize("latent", [None, 5])
def test_in_evaluation_it_is_its_encoder_and_draws_nothing(shop, latent):
    model = autoencoder(latent).train()
    embeddings = hr.embed(model, shop, precision="float32")
    assert model.training and (embeddings == hr.embed(model.encoder, shop, precision="float32")).all()
    assert embeddings.shape == (120, 8)
    model.eval()
    images = torch.rand(4, 3, 16, 12)
    state = torch.get_rng_state()
    torch.testing.assert_close(model(images), model(images), rtol=0, atol=0)
    mean, _ = model.posterior(images)
    assert torch.equal(model.reconstruct(images), model.decode(mean))
    assert torch.equal(state, torch.get_rng_state())
    if latent is None:  # the bottleneck is the embedding
        torch.testing.assert_close(model(images), mean / mean.norm(dim=1, keepdim=True))


def test_of_several_parts_the_last_is_the_bottleneck(shop):
    model = autoencoder(dim=12, parts=3).train()
    assert model.latent == 4
    found = model(torch.rand(5, 3, 16, 12))
    own = found["embeddings"].chunk(3, dim=1)[-1]
    torch.testing.assert_close(
        found["mean"] / found["mean"].norm(dim=1, keepdim=True), own / own.norm(dim=1, keepdim=True)
    )
    # and so listed last among losses with a part each
    losses = {
        "product": hr.losses.make("proxy-anchor", shop.hierarchy, 4),
        "category": hr.losses.make("proxy-nca", shop.hierarchy, 4),
        "photo": hr.losses.ReconstructionLoss(),
    }
    run = hr.fit(model, hr.losses.MultiTaskLoss(losses, separate=True), shop, epochs=1, batch_size=40)
    assert {"loss.product", "loss.photo", "photo.kl"} <= set(run.history.columns)


def test_channels_last_and_bf16_give_the_same():
    torch.manual_seed(0)
    model, images = autoencoder(size=(64, 48)).eval(), torch.rand(4, 3, 64, 48)
    with torch.no_grad():
        mean, log_variance = model.posterior(images)
        z = torch.randn(4, 8)
        expected = model.decode(z)
        model.to(memory_format=torch.channels_last)
        torch.testing.assert_close(model.decode(z), expected, rtol=1e-4, atol=1e-5)
        with torch.autocast("cpu", torch.bfloat16):
            found, (short_mean, short_log_variance) = model.decode(z), model.posterior(images)
    assert {found.dtype, short_mean.dtype, short_log_variance.dtype} == {torch.float32}
    torch.testing.assert_close(found, expected, rtol=0, atol=0.01)
    torch.testing.assert_close(short_mean, mean, rtol=0, atol=0.02)
    torch.testing.assert_close(short_log_variance, log_variance, rtol=0, atol=0.02)
    with torch.autocast("cpu", torch.bfloat16):
        model.train()(images)["reconstruction"].mean().backward()
    assert all(p.grad.isfinite().all() for p in model.decoder.parameters())


@pytest.mark.parametrize("size", [(48, 40), (33, 57)])
def test_the_decoder_leaves_no_checkerboard(size):
    """A constant map stays constant away from the border: every place is the same sum of its neighbours."""
    decoder = Decoder(2, size).eval()
    with torch.no_grad():
        decoder.start.weight.zero_()
        decoder.start.bias.fill_(1)
        made = decoder(torch.zeros(1, 2))[0]
    # the border reaches in by one place of each of the three maps: 4 + 2 + 1 pixels
    inside = made[:, 8:-8, 8:-8].flatten(1)
    assert (inside.amax(1) - inside.amin(1)).max() < 1e-6 < made.flatten(1).std(1).max()


@pytest.mark.parametrize("latent", [None, 5])
def test_a_resumed_run_is_the_one_that_was_never_stopped(shop, tmp_path, latent):
    settings = {"epochs": 3, "batch_size": 40, "seed": 4}

    def new():
        return autoencoder(latent), hr.losses.ReconstructionLoss(warmup=0.5)

    whole, loss = new()
    whole_run = hr.fit(whole, loss, shop, **settings)
    stopped, loss = new()

    class Enough(Exception):
        pass

    def stop(epoch, _):
        if epoch == 0:
            raise Enough

    with pytest.raises(Enough):
        hr.fit(stopped, loss, shop, out_dir=tmp_path, on_epoch=stop, **settings)
    other, loss = new()
    run = hr.fit(other, loss, shop, out_dir=tmp_path, resume=True, **settings)
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), other.state_dict().values(), strict=True))
    told = ["loss", "squared_error", "kl", "active_dimensions"]
    assert run.history[told].equals(whole_run.history[told])


def test_seed_fixes_the_new_weights_and_leaves_the_generator():
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    first, again = autoencoder(3), autoencoder(3)
    assert torch.equal(first.mean.weight, again.mean.weight)
    assert torch.equal(first.decoder.start.weight, again.decoder.start.weight)
    assert torch.equal(torch.rand(2), expected)


def test_around_a_pretrained_encoder(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
    mean, size = {"image_mean": [0.5] * 3, "image_std": [0.2] * 3}, {"size": {"height": 32, "width": 32}}
    for dim, width in ((6, 6), (None, 16)):
        backbone = transformers.ResNetModel(config)
        encoder = hr.models.PretrainedEncoder(backbone, {**mean, **size}, dim, frozen=True)
        model = hr.models.VariationalAutoencoder(encoder, (16, 12)).train()
        found = model(torch.rand(2, 3, 16, 12))
        assert found["mean"].shape == found["log_variance"].shape == (2, width)
        assert found["reconstruction"].shape == (2, 3, 16, 12) and not backbone.training


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_size": 64}, "image_size is 64: expected height and width"),
        ({"image_size": (64,)}, r"image_size is \(64,\)"),
        ({"image_size": (0, 48)}, r"image_size is \(0, 48\)"),
        ({"image_size": (64.0, 48)}, r"image_size is \(64.0, 48\)"),
        ({"latent": 0}, "latent is 0: expected at least 1, or None"),
        ({"encoder": torch.nn.Linear(2, 2)}, "a Linear has no features, head, dim, parts: expected an encoder of"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(hr.HrlibError, match=message):
        hr.models.VariationalAutoencoder(**{"encoder": hr.models.image_encoder("small", dim=8), **settings})
