"""Pretrained encoders, from tiny networks with random weights that the tests write to a folder. Nothing is fetched."""

import json
import signal
import sys

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

import hrlib as hr
from hrlib.models.pretrained import _of_timm, _size

transformers = pytest.importorskip("transformers")

VIT = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24, "patch_size": 8}
MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
SQUARE = {"size": {"height": 32, "width": 32}, "resample": 2, "image_mean": MEAN, "image_std": STD}
CROPPED = {**SQUARE, "size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 32}, "do_center_crop": True}
CROPPED["resample"] = 3


def dinov2():
    config = {**VIT, "image_size": 40}
    del config["intermediate_size"]
    return transformers.Dinov2Model(transformers.Dinov2Config(**config))


def clip():
    text = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 24,
        "vocab_size": 50,
    }
    return transformers.CLIPModel(
        transformers.CLIPConfig(vision_config={**VIT, "image_size": 32}, text_config=text, projection_dim=8)
    )


def resnet():
    config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
    return transformers.ResNetModel(config)


# family: the network, its preprocessor, and its features of normalised photos of 32 x 32
FAMILIES = {
    "dinov2": (dinov2, CROPPED, lambda model, x: model(x).last_hidden_state[:, 0]),
    "vit": (
        lambda: transformers.ViTModel(transformers.ViTConfig(**VIT, image_size=32)),
        SQUARE,
        lambda model, x: model(x).last_hidden_state[:, 0],
    ),
    "clip": (
        clip,
        CROPPED,
        lambda model, x: model.vision_model(x).pooler_output,
    ),
    "resnet": (resnet, CROPPED, lambda model, x: model(x).last_hidden_state.mean((2, 3))),
}


def save(folder, family):
    torch.manual_seed(0)
    make, preprocessor, features = FAMILIES[family]
    model = make().eval()
    for module in model.modules():  # running means as after training, not those of a network that has seen nothing
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return model, features


@pytest.fixture(scope="module", params=FAMILIES)
def saved(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return str(folder), *save(folder, request.param)


@pytest.fixture
def folder(tmp_path):
    save(tmp_path, "resnet")
    return str(tmp_path)


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """As HF_HUB_OFFLINE=1 with an empty cache, which both libraries read when they are imported; and no socket at all."""
    import socket

    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path))

    def refuse(*args, **kwargs):
        raise AssertionError("a test must not open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def normalised(images):
    return (images - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def test_features_are_those_of_the_network_itself(saved):
    name, model, features = saved
    encoder = hr.models.image_encoder(name, dim=None).eval()
    images = torch.rand(3, 3, 32, 32)
    with torch.no_grad():
        expected = F.normalize(features(model, normalised(images)))
        torch.testing.assert_close(encoder(images), expected, rtol=1e-4, atol=1e-5)
    assert encoder.dim == expected.shape[1] == 16


def test_local_features_are_the_patches_or_the_map(saved):
    """A grid of the network's own patches gives them as they are; CLIP's normalised like its class token."""
    name, model, _ = saved
    encoder = hr.models.image_encoder(name, dim=None).eval()
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        vision = getattr(model, "vision_model", model)
        last = vision(normalised(images)).last_hidden_state
        patches = last.ndim == 3
        last = last[:, 1:] if patches else last.flatten(2).transpose(1, 2)
        last = vision.post_layernorm(last) if hasattr(vision, "post_layernorm") else last
        grid = int(last.shape[1] ** 0.5)
        features, cells = encoder.local_features(images, grid)
        torch.testing.assert_close(cells, last, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(features, encoder.features(images))
        assert encoder.local_features(images, 3)[1].shape == (2, 9, 16)


def test_a_linear_layer_behind_them(saved):
    encoder = hr.models.image_encoder(saved[0], dim=5, seed=3).eval()
    again, other = (hr.models.image_encoder(saved[0], dim=5, seed=seed) for seed in (3, 4))
    assert torch.equal(encoder.head.weight, again.head.weight) and not torch.equal(
        encoder.head.weight, other.head.weight
    )
    images = torch.rand(2, 3, 50, 30)
    with torch.no_grad():
        found = encoder(images)
        torch.testing.assert_close(found, F.normalize(encoder.head(encoder.features(images))))
        with torch.autocast("cpu", torch.bfloat16):
            half = encoder(images.bfloat16())  # as lightning-fabric hands them over
    assert found.shape == (2, 5) and found.dtype == half.dtype == torch.float32
    torch.testing.assert_close(found.norm(dim=1), torch.ones(2))
    assert (found * half).sum(1).min() > 0.99


def test_photos_of_any_size_and_another_size_of_the_network(saved):
    encoder = hr.models.image_encoder(saved[0], dim=None, image_size=48).eval()
    assert encoder.size == (48, 48)
    with torch.no_grad():
        for size in ((48, 48), (64, 48), (20, 90)):
            assert encoder(torch.rand(2, 3, *size)).isfinite().all()


@pytest.mark.parametrize("shape", [(64, 48), (20, 30)], ids=["smaller", "larger"])
def test_resizing_is_that_of_transformers(tmp_path, shape):
    """Its image processor on a picture of PIL; both round to 256 levels there, ours does not."""
    save(tmp_path, "vit")
    encoder = hr.models.image_encoder(str(tmp_path), dim=None)
    seen = []
    encoder.backbone.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    with torch.no_grad():
        encoder(torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255)
    processor = transformers.AutoImageProcessor.from_pretrained(
        str(tmp_path), use_fast=False, **{"image_processor_type": "ViTImageProcessor"}
    )
    expected = processor(Image.fromarray(pixels), return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(seen[0], expected, rtol=0, atol=1.5 / 255 / min(STD))


def test_frozen_stays_as_it_is(folder):
    frozen, free = (hr.models.image_encoder(folder, dim=4, frozen=frozen) for frozen in (True, False))
    assert [name for name, p in frozen.named_parameters() if p.requires_grad] == ["head.weight", "head.bias"]
    assert all(p.requires_grad for p in free.parameters())
    images = torch.rand(4, 3, 32, 32)
    for encoder in (frozen, free):
        encoder.train()
        before = {key: value.clone() for key, value in encoder.state_dict().items()}
        encoder(images).sum().backward()
        means = [key for key, value in encoder.state_dict().items() if not torch.equal(value, before[key])]
        assert bool(means) == (encoder is free)  # batch normalisation goes on only where it is not frozen
        assert (encoder.backbone.embedder.embedder.convolution.weight.grad is None) == (encoder is frozen)
        assert encoder.head.weight.grad.abs().sum() > 0
    assert frozen.training and not frozen.backbone.training and free.backbone.training
    assert not frozen.eval().training and not frozen.train().backbone.training


def test_weights_are_fp32_whatever_the_checkpoint_has(tmp_path):
    save(tmp_path, "vit")
    transformers.ViTModel.from_pretrained(tmp_path, dtype=torch.bfloat16).save_pretrained(tmp_path)
    encoder = hr.models.image_encoder(tmp_path, dim=None)
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}


def test_not_there_and_no_connection(offline, tmp_path):
    says = r"'facebook/dinov2-small' cannot be loaded.*looked for in the cache, {}.*`hf download facebook/dinov2-small`.*folder's path"
    with pytest.raises(hr.HrlibError, match=says.format(tmp_path)):
        hr.models.image_encoder("facebook/dinov2-small")


def test_a_folder_that_lacks_something(folder, tmp_path):
    (tmp_path / "preprocessor_config.json").rename(tmp_path / "kept")
    with pytest.raises(hr.HrlibError, match="preprocessor_config.json"):
        hr.models.image_encoder(folder)
    (tmp_path / "kept").rename(tmp_path / "preprocessor_config.json")
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[:-10])
    with pytest.raises(hr.HrlibError, match="cannot be loaded .SafetensorError"):
        hr.models.image_encoder(folder)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(hr.HrlibError, match="cannot be loaded.*Expected a folder with config.json, model.safetensors"):
        hr.models.image_encoder(folder)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(hr.HrlibError, match="cannot be loaded"):
        hr.models.image_encoder(folder)


def test_weights_that_a_checkpoint_lacks_are_named(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["embedder.embedder.convolution.weight"]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        hr.HrlibError, match="lacks 1 of the weights of its ResNetModel .embedder.embedder.convolution.weight"
    ):
        hr.models.image_encoder(folder)


def test_without_transformers(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(
        hr.HrlibError, match=r'needs transformers, which is not installed: pip install "hrlib\[pretrained\]"'
    ):
        hr.models.image_encoder(folder)


def test_bad_arguments_are_named(folder):
    with pytest.raises(hr.HrlibError, match="dim is 1: an embedding needs at least 2 dimensions"):
        hr.models.image_encoder(folder, dim=1)
    with pytest.raises(
        hr.HrlibError, match="called 'smal'; did you mean 'small'.*a model on the hub .owner/name., or a folder"
    ):
        hr.models.image_encoder("smal")
    for settings in ({"dim": None}, {"frozen": True}, {"image_size": 32}):
        with pytest.raises(hr.HrlibError, match="'small' starts from nothing: it needs a dim, and cannot be frozen"):
            hr.models.image_encoder("small", **settings)


@pytest.mark.parametrize(
    ("preprocessor", "size"),
    [
        ({"size": 224}, (224, 224)),
        ({"size": {"height": 30, "width": 20}}, (30, 20)),
        ({"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 200}}, (224, 200)),
        ({"size": {"shortest_edge": 256}, "crop_size": 224, "do_center_crop": False}, (256, 256)),
        (_of_timm({"input_size": [3, 96, 64], "mean": MEAN, "std": STD, "interpolation": "bicubic"}), (96, 64)),
    ],
)
def test_sizes_as_preprocessors_write_them(preprocessor, size):
    assert _size(preprocessor) == size


def test_a_preprocessor_without_a_size():
    with pytest.raises(hr.HrlibError, match="says no size: give image_size"):
        _size({"image_mean": MEAN})


@pytest.fixture(scope="module")
def shop():
    """48 photos of 12 products."""
    rng = np.random.default_rng(0)
    products, categories = [f"p{n // 4:02}" for n in range(48)], [f"c{n // 16}" for n in range(48)]
    items = pd.DataFrame({"id": range(48), "product": products, "category": categories})
    pixels = rng.integers(0, 256, (48, 20, 16, 3), dtype=np.uint8)
    return hr.Catalogue(
        "tiny", items, hr.ImageStore.from_array(pixels), hr.Hierarchy.from_frame(items, ["product", "category"])
    )


class Interrupting(torch.nn.Module):
    """Presses Ctrl-C in the first step, or never."""

    def __init__(self, loss, pressed):
        super().__init__()
        self.loss, self.pressed = loss, pressed

    def forward(self, embeddings, labels):
        if not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)
        return self.loss(embeddings, labels)


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "fine-tuned"])
def test_trains_and_resumes_exactly(saved, shop, tmp_path, frozen):
    """Two steps in one go, and two with an interruption between them; a frozen network has not changed a bit."""
    settings = {"epochs": 1, "batch_size": 24, "lr": 1e-3, "precision": "float32"}

    def new(pressed=True):
        model = hr.models.image_encoder(saved[0], dim=6, frozen=frozen, seed=0)
        torch.manual_seed(0)
        return model, Interrupting(hr.losses.make("hpl-proxy-anchor", shop.hierarchy, 6), pressed)

    whole, first, second = new(), new(pressed=False), new()
    hr.fit(*whole, shop, **settings)
    with pytest.raises(KeyboardInterrupt, match="stopped after step 1 of 2"):
        hr.fit(*first, shop, out_dir=tmp_path, **settings)
    hr.fit(*second, shop, out_dir=tmp_path, resume=True, **settings)
    before = new()[0].state_dict()
    for key, value in whole[0].state_dict().items():
        assert torch.equal(value, second[0].state_dict()[key]), key
        if key.startswith("backbone.") and frozen:
            assert torch.equal(value, before[key]), key
    changed = [key for key, value in whole[0].state_dict().items() if not torch.equal(value, before[key])]
    assert {"head.weight", "head.bias"} <= set(changed) and (len(changed) > 2) == (not frozen)
    np.testing.assert_array_equal(*(hr.embed(model, shop, precision="float32") for model in (whole[0], second[0])))


def test_features_as_they_are_need_a_loss_that_learns(saved, shop):
    """The proxies learn; with a loss that has none there would be nothing to train."""
    model = hr.models.image_encoder(saved[0], dim=None, frozen=True)
    loss = hr.losses.make("proxy-anchor", shop.hierarchy, model.dim)
    before = loss.proxies.detach().clone()
    hr.fit(model, loss, shop, epochs=1, batch_size=24, precision="bf16")
    assert not torch.equal(loss.proxies, before)
    with pytest.raises(
        hr.HrlibError, match="neither the model nor the loss has a parameter to train: give a frozen encoder"
    ):
        hr.fit(model, hr.losses.make("contrastive", shop.hierarchy, model.dim), shop, epochs=1, batch_size=24)
