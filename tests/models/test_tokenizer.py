"""Texts as tokens, against transformers' own WordPiece and by what must hold for any text."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.models.tokenizer import CLS, MASK, PAD, SPECIAL, UNKNOWN, Tokenizer

TEXTS = ["Red running shoes for men", "blue shoes", "Red shirt, striped", "Women's blue running shirt", "red red shoes"]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(TEXTS * 3, 120)


def test_tokens_are_those_of_bert(tokenizer):
    """transformers' BertTokenizer with the same vocabulary gives the same pieces, but for its [SEP]."""
    transformers = pytest.importorskip("transformers")
    vocabulary = json.loads(tokenizer.to_json())["model"]["vocab"]
    bert = transformers.BertTokenizer(vocab={**vocabulary, "[SEP]": len(vocabulary)})
    texts = [*TEXTS, "RÉD  running-shoes!", "purple shirting", "reds 漢 shoes"]
    for text, row in zip(texts, tokenizer.encode(texts, 40), strict=True):
        assert row[row != PAD].tolist() == bert(text)["input_ids"][:-1], text


def test_shape_padding_and_cut(tokenizer):
    tokens = tokenizer.encode(["red shoes", "red " * 50], 6)
    assert tokens.shape == (2, 6) and tokens.dtype == np.int64
    red, shoes = tokens[0, 1:3]
    assert tokens.tolist() == [[CLS, red, shoes, PAD, PAD, PAD], [CLS, red, red, red, red, red]]
    assert tokenizer.words(tokens[0]) == ["[CLS]", "red", "shoes", "[PAD]", "[PAD]", "[PAD]"]
    assert tokenizer.encode([], 6).shape == (0, 6)


def test_a_word_with_an_unknown_character_is_unknown_and_the_others_are_not(tokenizer):
    words = tokenizer.words(tokenizer.encode(["red qqq漢q shoes"], 8)[0])
    assert words[1] == "red" and "[UNK]" in words and "shoes" in words
    assert tokenizer.encode(["✈"], 4).tolist() == [[CLS, UNKNOWN, PAD, PAD]]


BRACKETS = Tokenizer.train([*TEXTS, "[mask] [cls] [pad]"], 200)


@given(st.text())
def test_no_text_makes_a_special_token(text):
    """Whatever is typed: the first is [CLS], and neither [CLS] nor [MASK] follows, also where a text has those letters."""
    for typed in (text, "[MASK] " + text, "[CLS]" + text, "[PAD] red"):
        try:
            row = BRACKETS.encode([typed], 12)[0]
        except HrlibError as error:
            assert "without a word" in str(error)
            continue
        assert row[0] == CLS and not np.isin(row[1:], (CLS, MASK)).any()
        padding = row == PAD
        assert (np.diff(padding.astype(int)) >= 0).all() and not padding[1]


def test_the_same_texts_give_the_same_vocabulary_in_any_order_and_process():
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefgh"), 6)) for _ in range(60)]
    texts = [" ".join(rng.choice(words, 4)) for _ in range(100)]
    expected = Tokenizer.train(texts, 90).to_json()
    assert Tokenizer.train(texts[::-1], 90).to_json() == expected
    code = "import sys, json; from hrlib.models.tokenizer import Tokenizer; print(Tokenizer.train(json.load(sys.stdin), 90).to_json())"
    run, root = [sys.executable, "-c", code], Path(__file__).parents[2]
    told = subprocess.run(run, input=json.dumps(texts), capture_output=True, text=True, check=True, cwd=root)
    assert json.loads(told.stdout) == json.loads(expected)


def test_vocabulary_has_the_size_asked_for(tokenizer):
    assert Tokenizer.train(TEXTS * 3, 60).size == 60
    assert list(map(tokenizer.words, [[n] for n in range(4)])) == [[name] for name in SPECIAL]
    assert Tokenizer.train(["a b"], 2).size == 6  # the special ones, and the characters at the start of a word


def test_save_and_load(tokenizer, tmp_path):
    path = tokenizer.save(tmp_path / "a b" / "tokens.json")
    assert json.loads(path.read_text())["model"]["type"] == "WordPiece"
    again = Tokenizer.load(path)
    assert again.size == tokenizer.size and again.to_json() == tokenizer.to_json()
    assert np.array_equal(again.encode(TEXTS, 9), tokenizer.encode(TEXTS, 9))


def test_what_is_no_tokenizer_is_named(tmp_path):
    path = tmp_path / "tokens.json"
    with pytest.raises(HrlibError, match=r"tokens.json cannot be read as a tokenizer: .*No such file"):
        Tokenizer.load(path)
    for damaged in (b"", b"{}", b'{"model": 3}', b"\xff\xfe", b"\x80\x04cposix\nsystem\n."):
        path.write_bytes(damaged)
        with pytest.raises(HrlibError, match=r"tokens.json cannot be read as a tokenizer"):
            Tokenizer.load(path)


def test_another_vocabulary_is_refused(tokenizer):
    other = json.loads(tokenizer.to_json())
    vocabulary = other["model"]["vocab"]
    vocabulary["[PAD]"], vocabulary["[CLS]"] = vocabulary["[CLS]"], vocabulary["[PAD]"]
    with pytest.raises(HrlibError, match=r"starts with \[CLS\], \[UNK\], \[PAD\], \[MASK\]: expected \[PAD\], "):
        Tokenizer.from_json(json.dumps(other))


@pytest.mark.parametrize(
    ("texts", "length", "says"),
    [
        (["red", ""], 8, "text 1 is '', without a word"),
        (["red", " \t", "\x00"], 8, "text 1 is .*, without a word, and 1 more: leave such texts out"),
        (["red", None], 8, "text 1 is None: expected a text"),
        (["red", float("nan")], 8, "text 1 is nan: expected a text"),
        ("red", 8, r"one text, 'red': expected a list of texts, \['red'\]"),
        (["red"], 1, "length is 1: expected at least 2 tokens"),
    ],
)
def test_bad_texts_are_named(tokenizer, texts, length, says):
    with pytest.raises(HrlibError, match=says):
        tokenizer.encode(texts, length)


@pytest.mark.parametrize("texts", [[], ["", " "]])
def test_nothing_to_train_on(texts):
    with pytest.raises(HrlibError, match=f"{len(texts)} texts without a word"):
        Tokenizer.train(texts)
