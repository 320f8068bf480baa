"""Pretrained text encoders and pairs, from tiny networks with random weights that the tests write to a folder. Nothing is fetched."""

import json
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import hrlib as hr
from hrlib.models.pretrained_text import load_pair, load_text

transformers = pytest.importorskip("transformers")

WIDTH = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
WORDS = ["red", "blue", "green", "shoes", "shirt", "watch", "for", "men", "women"]
TEXTS = ["red shoes", "blue shirt for men", "green zzz"]
PREPROCESSOR = {"size": {"height": 32, "width": 32}, "resample": 2, "image_mean": [0.5] * 3, "image_std": [0.25] * 3}


def bert(folder):
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    tokenizer = transformers.BertTokenizer(vocab={name: n for n, name in enumerate(names)})
    config = transformers.BertConfig(vocab_size=len(names), max_position_embeddings=20, **WIDTH)
    return transformers.BertModel(config), tokenizer


def clip(folder):
    names = ["<|startoftext|>", *"abcdefghijklmnopqrstuvwxyz", *(f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz")]
    vocabulary = {name: n for n, name in enumerate([*names, "<|endoftext|>"])}
    tokenizer = transformers.CLIPTokenizer(vocab=vocabulary, merges=[])
    text = {**WIDTH, "vocab_size": len(vocabulary), "max_position_embeddings": 20}
    text |= {"bos_token_id": 0, "eos_token_id": len(vocabulary) - 1, "pad_token_id": len(vocabulary) - 1}
    vision = {**WIDTH, "image_size": 32, "patch_size": 8}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=6)
    return transformers.CLIPModel(config), tokenizer


@pytest.fixture(scope="module", params=[bert, clip], ids=["bert", "clip"])
def saved(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.__name__)
    torch.manual_seed(0)
    model, tokenizer = request.param(folder)
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))
    return str(folder), model, tokenizer


def of_transformers(model, tokenizer, text):
    """The state of one text, without padding, as the family has it."""
    given = tokenizer([text], return_tensors="pt")
    if hasattr(model, "text_model"):
        output = model.text_model(**given)
        return output.pooler_output, output.last_hidden_state
    states = model(**given).last_hidden_state
    return states[:, 0], states


def test_states_are_those_of_the_network_itself_whatever_the_padding(saved):
    name, model, tokenizer = saved
    encoder = load_text(name, length=18).eval()
    for length in (18, 17):
        tokens = torch.from_numpy(encoder.tokenizer.encode(TEXTS, length))
        with torch.no_grad():
            features, states, counts = encoder(tokens)
            for n, text in enumerate(TEXTS):
                expected, theirs = of_transformers(model, tokenizer, text)
                torch.testing.assert_close(features[n], expected[0], rtol=1e-4, atol=1e-5)
                torch.testing.assert_close(states[n, : theirs.shape[1]], theirs[0], rtol=1e-4, atol=1e-5)
                assert counts[n].nonzero()[:, 0].tolist() == list(range(1, theirs.shape[1] - 1))  # not the two ends


def test_tokens_of_a_pretrained_tokenizer(saved):
    name, _, own = saved
    tokenizer = load_text(name, length=16).tokenizer
    tokens = tokenizer.encode([TEXTS[0], "red " * 30], 14)
    assert tokens.shape == (2, 14) and tokens.dtype == np.int64 and tokens.max() < tokenizer.size
    ids = own(TEXTS[0])["input_ids"]
    assert tokens[0, : len(ids)].tolist() == [n + 1 for n in ids] and not tokens[0, len(ids) :].any()
    assert tokens[1].all() and tokenizer.words(tokens[1])[-1] == own.convert_ids_to_tokens(
        own.eos_token_id or own.sep_token_id
    )
    assert (tokenizer.mask is None) == (own.mask_token_id is None)
    assert tokenizer.words([0]) == ["[PAD]"]
    for texts, says in ((["red", ""], "text 1 is '', without a word"), ("red", "one text"), ([None], "text 0 is None")):
        with pytest.raises(hr.HrlibError, match=says):
            tokenizer.encode(texts, 8)


def test_a_pretrained_text_encoder_with_a_small_image_encoder(saved):
    dual = hr.models.dual_encoder(saved[0], dim=8, length=12, frozen=True, seed=0)
    assert dual.encode_texts(TEXTS).shape == (3, 8)
    trained = {name for name, parameter in dual.named_parameters() if parameter.requires_grad}
    assert {"text_head.weight", "text_head.bias", "log_temperature", "image.head.weight"} <= trained
    assert not any(name.startswith("text.backbone") for name in trained)
    assert not dual.train().text.backbone.training and dual.image.training


def test_the_parts_train_together(saved):
    """A step of everything with both encoders pretrained, teacher and queue; fusion where words can be hidden."""
    name, model, _ = saved
    image = name if hasattr(model, "vision_model") else "small"
    student = hr.models.dual_encoder(name, image, dim=8, length=12, seed=0)
    can = student.tokenizer.mask is not None
    whole = hr.models.CrossModalModel(
        student, queue=8, fusion=hr.models.fusion_encoder(student) if can else None
    ).train()
    tokens = torch.from_numpy(student.tokenizer.encode(TEXTS, 12))
    told = whole(torch.rand(3, 3, 32, 32), torch.rand(3, 3, 32, 32), tokens, torch.arange(3))
    assert told["image_locals"].shape == (3, 16, 8) and told["text_locals"].shape == (3, 12, 8)
    F.cross_entropy(told["image"] @ told["text"].T / told["temperature"], torch.arange(3)).backward()
    assert all(p.grad is not None for p in student.text.backbone.parameters() if p.requires_grad)
    if can:
        assert told["word_logits"].shape == (len(told["word_labels"]), student.tokenizer.size)


def test_a_pair_has_its_own_projections_and_temperature(saved):
    name, model, tokenizer = saved
    if not hasattr(model, "visual_projection"):
        with pytest.raises(hr.HrlibError, match="is a BertModel, without projections.*dual_encoder"):
            load_pair(name)
        return
    pair = load_pair(name, length=18).eval()
    images = torch.rand(3, 3, 32, 32)
    with torch.no_grad():
        given = tokenizer(TEXTS, return_tensors="pt", padding=True)
        output = model(pixel_values=(images - 0.5) / 0.25, **given)
        torch.testing.assert_close(pair(images), output.image_embeds, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(pair.encode_texts(TEXTS), output.text_embeds, atol=1e-5)
        logits = pair(images) @ torch.from_numpy(pair.encode_texts(TEXTS)).T / pair.temperature
        torch.testing.assert_close(logits, output.logits_per_image, rtol=1e-3, atol=1e-3)


def test_bad_lengths_and_names(saved, monkeypatch):
    with pytest.raises(hr.HrlibError, match="length is 21: expected 2 to 20 tokens"):
        load_text(saved[0], length=21)
    with pytest.raises(hr.HrlibError, match="cannot be loaded.*model.safetensors and tokenizer.json"):
        load_text(saved[0] + "/nothing")
    monkeypatch.setitem(sys.modules, "transformers", None)
    for function in (load_text, load_pair):
        with pytest.raises(hr.HrlibError, match="needs transformers, which is not installed"):
            function(saved[0])
