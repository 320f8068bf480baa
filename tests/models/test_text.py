"""The text encoder: padding, positions, dropout, the tokenizer in the state."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.models.text import TextEncoder
from hrlib.models.tokenizer import CLS, PAD, Tokenizer

WORDS = "red blue green shoes shirt watch for men women"
TOKENIZER = Tokenizer.train([WORDS] * 3, 80)


def new(seed=0, **settings):
    torch.manual_seed(seed)
    return TextEncoder(TOKENIZER, 16, **{"heads": 2, "length": 12, **settings}).eval()


def encode(*texts, length=12):
    return torch.from_numpy(TOKENIZER.encode(texts, length))


def test_shapes_and_what_counts():
    tokens = encode("red shoes", "blue shirt for men ✈", length=7)
    features, states, counts = new()(tokens)
    assert features.shape == (2, 16) and states.shape == (2, 7, 16)
    assert torch.equal(features, states[:, 0])
    assert counts.tolist() == [[False, True, True] + [False] * 4, [False] + [True] * 5 + [False]]  # [UNK] counts


@given(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=5), st.integers(0, 5), st.booleans())
def test_padding_changes_nothing(words, more, training):
    """Nor do the other texts of the batch. In training mode too, which takes another path through torch's code."""
    model = new(dropout=0.0).train(training)
    tokens = encode(" ".join(words), length=len(words) + 1)
    padded = encode(" ".join(words), "red blue green red blue green", length=len(words) + 1 + more)
    with torch.no_grad():
        alone, together = model(tokens), model(padded)
    torch.testing.assert_close(together[0][:1], alone[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together[1][:1, : tokens.shape[1]], alone[1], rtol=1e-4, atol=1e-5)
    assert not together[2][0, tokens.shape[1] :].any()


def test_both_paths_of_torch_agree():
    """Without gradients and dropout torch takes fused code."""
    model, tokens = new(dropout=0.0), encode("red shoes", "blue shirt for men")
    _, slow, counts = model.train()(tokens)
    with torch.inference_mode():
        quick = model.eval()(tokens)[1]
    torch.testing.assert_close(quick[counts], slow[counts], rtol=1e-4, atol=1e-5)


def test_order_counts():
    features = new()(encode("red blue", "blue red"))[0]
    assert not torch.allclose(features[0], features[1], atol=1e-3)


def test_dropout_makes_two_views_in_training_only():
    model, tokens = new(dropout=0.2), encode("red shoes")
    assert torch.equal(model(tokens)[0], model(tokens)[0])
    model.train()
    assert not torch.allclose(model(tokens)[0], model(tokens)[0], atol=1e-3)


def test_layers_start_differently():
    first, second = (dict(layer.named_parameters()) for layer in new(layers=2).layers.layers)
    assert all(not torch.equal(first[name], second[name]) for name in first if first[name].ndim > 1)


def test_padding_s_embedding_stays_out_of_it():
    model = new()
    model(encode("red"))[0][0, :3].sum().backward()
    assert not model.embedding.weight.grad[PAD].any() and model.embedding.weight.grad[CLS].any()


def test_the_tokenizer_is_in_the_state():
    model, other = new(), new(1)
    other.tokenizer = Tokenizer.train(["red blue green shoes shirt watch for men womex"] * 3, 80)
    assert other.tokenizer.to_json() != TOKENIZER.to_json()
    other.load_state_dict(model.state_dict())
    assert other.tokenizer.to_json() == TOKENIZER.to_json()
    tokens = encode("red shoes")
    assert torch.equal(model(tokens)[0], other(tokens)[0])


def test_bad_settings_are_named():
    with pytest.raises(HrlibError, match="width is 16 for 3 heads: expected a multiple"):
        new(heads=3)
    with pytest.raises(HrlibError, match="length is 1: expected at least 2"):
        new(length=1)
    with pytest.raises(HrlibError, match=r"tokens of shape \(1, 20\) for texts of at most 12: encode with length=12"):
        new()(encode("red", length=20))
