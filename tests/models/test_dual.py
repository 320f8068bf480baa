"""The dual encoder: one space, unit length, texts in and out, the temperature."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

import hrlib as hr
from hrlib.models.dual import DualEncoder

TEXTS = ["red shoes", "blue shirt for men", "green watch", "red shirt"]
TOKENIZER = hr.models.Tokenizer.train(TEXTS * 3, 80)


def new(seed=0, **settings):
    return hr.models.dual_encoder(TOKENIZER, dim=8, width=16, length=10, seed=seed, **settings).eval()


def unit(vectors):
    torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(vectors.shape[:-1]))
    return vectors


def test_photos_and_their_cells():
    model, images = new(), torch.rand(3, 3, 32, 24)
    embeddings, cells = model.encode_images(images)
    assert unit(embeddings).shape == (3, 8) and unit(cells).shape == (3, 16, 8)
    torch.testing.assert_close(model(images), embeddings)
    features, parts = model.image.local_features(images, 4)
    torch.testing.assert_close(cells, F.normalize(model.image.head(parts), dim=2))  # the layer of the whole
    torch.testing.assert_close(embeddings, F.normalize(model.image.head(features), dim=1))


def test_texts_and_their_tokens():
    model = new()
    tokens = torch.from_numpy(TOKENIZER.encode(TEXTS, 7))
    embeddings, parts, counts = model.encode_tokens(tokens)
    assert unit(embeddings).shape == (4, 8) and unit(parts).shape == (4, 7, 8)
    torch.testing.assert_close(parts[:, 0], embeddings)  # [CLS] is the text
    assert torch.equal(counts, (tokens > 3) | (tokens == 1))


def test_encode_texts_in_any_mode_and_batches():
    model = new(dropout=0.5)
    expected = model.encode_tokens(torch.from_numpy(TOKENIZER.encode(TEXTS, 10)))[0].detach().numpy()
    for training in (True, False):
        model.train(training)
        for batch_size in (1, 3, 256):
            found = model.encode_texts(TEXTS, batch_size)
            assert found.dtype == np.float32 and model.training is training
            np.testing.assert_allclose(found, expected, atol=1e-5)
    assert model.encode_texts([]).shape == (0, 8)
    long = model.encode_texts(["red shirt " * 9, "red shirt " * 90])  # cut to the same 10 tokens
    np.testing.assert_allclose(long[0], long[1], atol=1e-6)
    assert model.encode_texts(["zzz ✈"]).shape == (1, 8)
    with pytest.raises(hr.HrlibError, match="text 1 is '', without a word"):
        model.encode_texts(["red", ""])


def test_it_serves_where_an_image_encoder_does():
    items = pd.DataFrame({"id": range(5), "product": list("aabbc")})
    pixels = np.random.default_rng(0).integers(0, 256, (5, 16, 12, 3), dtype=np.uint8)
    shop = hr.Catalogue("t", items, hr.ImageStore.from_array(pixels), hr.Hierarchy.from_frame(items, ["product"]))
    model = new()
    found = hr.embed(model, shop, precision="float32")
    with torch.no_grad():
        expected = model(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert hr.embed(hr.models.ImageLocals(model), shop).shape == (5, 16, 8)


def test_temperature_is_clamped_and_learned_where_asked():
    model = new(temperature=0.07)
    assert model.temperature.item() == pytest.approx(0.07)
    for value, expected in ((5.0, 0.5), (1e-9, 0.001)):
        model.log_temperature.data.fill_(math.log(value))
        assert model.temperature.item() == pytest.approx(expected)
        model.clamp_temperature()
        assert model.log_temperature.exp().item() == pytest.approx(expected)
        model.temperature.backward()  # at the end of its range it still has a gradient
        assert model.log_temperature.grad.abs() > 0
        model.log_temperature.grad = None
    assert not new(learn_temperature=False).log_temperature.requires_grad


def test_seed_fixes_the_weights():
    states = [new(seed).state_dict() for seed in (1, 1, 2)]
    assert all(torch.equal(a, b) for a, b in zip(states[0].values(), states[1].values(), strict=True))
    assert not torch.equal(states[0]["text_head.weight"], states[2]["text_head.weight"])


def test_bad_parts_are_named():
    text = new().text
    with pytest.raises(hr.HrlibError, match="a SmallEncoder as the image encoder: expected one .* with parts=1"):
        DualEncoder(hr.models.image_encoder(dim=8, parts=2), text)
    with pytest.raises(hr.HrlibError, match="a Identity as the image encoder"):
        DualEncoder(torch.nn.Identity(), text)
    for temperature in (0.0, 0.6, float("nan")):
        with pytest.raises(hr.HrlibError, match="temperature is .*: expected 0.001 to 0.5"):
            new(temperature=temperature)
    with pytest.raises(hr.HrlibError, match="no image encoder is called 'smal'; did you mean 'small'"):
        hr.models.dual_encoder(TOKENIZER, "smal")
