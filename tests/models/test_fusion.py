"""Hard negatives, hidden words and the fusion of both."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.models.fusion import FusionEncoder, hard_negatives, hide_words, pairs_to_match


@given(st.lists(st.integers(0, 3), min_size=1, max_size=7), st.sampled_from([1.0, 1000.0]), st.integers(0, 99))
def test_a_title_is_never_its_own_negative(titles, sharpness, seed):
    torch.manual_seed(seed)
    titles = torch.tensor(titles)
    drawn = hard_negatives(torch.randn(len(titles), len(titles)) * sharpness, titles)
    for row, column in enumerate(drawn.tolist()):
        if column < 0:
            assert (titles == titles[row]).all()
        else:
            assert titles[column] != titles[row]


def test_drawn_as_often_as_the_softmax_says():
    torch.manual_seed(0)
    similarity, titles = torch.randn(4, 4) * 2, torch.tensor([0, 1, 0, 2])
    weight = similarity.exp().numpy().astype(np.float64)
    weight[titles[:, None] == titles] = 0
    expected = weight / weight.sum(1, keepdims=True)
    drawn = torch.stack([hard_negatives(similarity, titles) for _ in range(4000)]).numpy()
    found = np.stack([(drawn == column).mean(0) for column in range(4)], 1)
    np.testing.assert_allclose(found, expected, atol=0.03)


def test_pairs_of_a_batch():
    titles = torch.tensor([0, 1, 1, 2, 0])
    images, texts, labels = pairs_to_match(torch.randn(5, 5), titles)
    assert labels.tolist() == [1] * 5 + [0] * 10
    assert images[:5].tolist() == texts[:5].tolist() == images[5:10].tolist() == texts[10:].tolist() == list(range(5))
    assert (titles[images[5:]] != titles[texts[5:]]).all()
    for alone in (torch.zeros(1), torch.zeros(3)):  # one pair, one title: nothing does not match
        images, texts, labels = pairs_to_match(torch.randn(len(alone), len(alone)), alone)
        assert images.tolist() == texts.tolist() == list(range(len(alone))) and labels.all()


def test_hidden_words():
    torch.manual_seed(0)
    tokens = torch.randint(4, 500, (400, 12))
    tokens[:, 0], tokens[:, 9:] = 2, 0
    counts = torch.zeros_like(tokens, dtype=torch.bool)
    counts[:, 1:9] = True
    before = tokens.clone()
    shown, hidden = hide_words(tokens, counts, 500, mask=3)
    assert torch.equal(tokens, before) and not hidden[~counts].any()
    assert torch.equal(shown[~hidden], tokens[~hidden])
    assert hidden.sum() / counts.sum() == pytest.approx(0.15, abs=0.03)
    masked, same = shown[hidden] == 3, shown[hidden] == tokens[hidden]
    assert masked.float().mean() == pytest.approx(0.8, abs=0.06)
    assert same.float().mean() == pytest.approx(0.1, abs=0.05)
    assert (shown[hidden][~masked & ~same] > 0).all()


def test_at_least_one_word_is_hidden():
    counts = torch.tensor([[False, True, False]])
    for _ in range(20):
        assert hide_words(torch.tensor([[2, 7, 0]]), counts, 9, mask=3)[1].equal(counts)


def new():
    torch.manual_seed(0)
    return FusionEncoder(16, 8, vocabulary=30, layers=2, heads=2).eval()


def test_logits_and_padding():
    fusion, states, cells = new(), torch.randn(3, 5, 16), torch.nn.functional.normalize(torch.randn(3, 4, 8), dim=2)
    padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2, [False] * 2 + [True] * 3])
    logits = fusion.match(states, padding, cells)
    assert logits.shape == (3, 2)
    other = states.clone()
    other[padding] = 9.0
    torch.testing.assert_close(fusion.match(other, padding, cells), logits)
    torch.testing.assert_close(fusion.match(states[1:2, :3], padding[1:2, :3], cells[1:2]), logits[1:2])
    hidden = torch.zeros_like(padding)
    hidden[0, 2] = hidden[2, 1] = True
    words = fusion.words(states, padding, cells, hidden)
    assert words.shape == (2, 30)
    torch.testing.assert_close(fusion.words(other, padding, cells, hidden), words)


def test_both_photo_and_later_words_are_looked_at():
    fusion, states, cells = new(), torch.randn(1, 5, 16), torch.nn.functional.normalize(torch.randn(2, 4, 8), dim=2)
    nothing = torch.zeros(1, 5, dtype=torch.bool)
    one, other = (fusion.match(states, nothing, each[None]) for each in cells)
    assert not torch.allclose(one, other, atol=1e-4)
    later = states.clone()
    later[:, -1] = torch.randn(16)
    assert not torch.allclose(fusion.match(later, nothing, cells[:1]), one, atol=1e-4)


def test_heads_must_divide_the_width():
    with pytest.raises(HrlibError, match="width is 10 for 4 heads"):
        FusionEncoder(10, 8, 30)
