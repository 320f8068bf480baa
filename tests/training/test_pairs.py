"""Batches of pairs: every item once an epoch, a text of its own, the same again for the same epoch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.catalogue.captions import Captions
from hrlib.training import PairBatches

TEXTS = [("red shoes",), ("blue shirt", "a blue shirt for men"), ("Red  Shoes",), ("green watch", "watch", "green one")]
TOKENIZER = hr.models.Tokenizer.train([text for own in TEXTS for text in own] * 3, 100)


def captions(items):
    return Captions(tuple(TEXTS[n % 4] for n in range(items)), np.arange(items) * 2)


@given(st.integers(1, 30), st.integers(1, 12), st.integers(0, 3))
def test_every_item_once_with_a_text_of_its_own(items, batch_size, epoch):
    own = captions(items)
    batches = PairBatches(own, TOKENIZER, batch_size, seed=1, length=9)
    drawn = list(batches.epoch(epoch))
    assert len(drawn) == len(batches)
    sizes = [len(batch["rows"]) for batch in drawn]
    assert max(sizes) <= batch_size and max(sizes) - min(sizes) <= 1
    rows = np.concatenate([batch["rows"] for batch in drawn])
    assert sorted(rows) == own.rows.tolist()
    for batch in drawn:
        assert batch["tokens"].dtype == np.int64 and batch["tokens"].any(axis=0).all()  # no column is padding alone
        for row, tokens, title in zip(batch["rows"], batch["tokens"], batch["titles"], strict=True):
            item = row // 2
            mine = [TOKENIZER.encode([text], 9)[0] for text in own.texts[item]]
            padded = np.pad(tokens, (0, 9 - len(tokens)))
            assert any(np.array_equal(padded, text) for text in mine)
            assert title == own.titles[item]


def told(batches, epoch):
    return [{name: values.tolist() for name, values in batch.items()} for batch in batches.epoch(epoch)]


def test_an_epoch_is_a_function_of_seed_and_number():
    first, again, other = (PairBatches(captions(40), TOKENIZER, 8, seed=seed) for seed in (0, 0, 1))
    assert told(first, 3) == told(again, 3)
    assert told(first, 3) != told(first, 4) and told(first, 3) != told(other, 3)


def test_all_texts_of_an_item_come_up():
    batches, seen = PairBatches(captions(4), TOKENIZER, 4), set()
    for epoch in range(40):
        (batch,) = batches.epoch(epoch)
        seen |= {tuple(tokens[tokens > 0]) for tokens in batch["tokens"]}
    texts = {tuple(row[row > 0]) for row in TOKENIZER.encode([text for own in TEXTS for text in own], 32)}
    assert seen == texts


def test_same_title_same_number_and_longer_texts_are_cut():
    (batch,) = PairBatches(captions(4), TOKENIZER, 4, length=3).epoch(0)
    titles = dict(zip(batch["rows"] // 2, batch["titles"], strict=True))
    assert titles[0] == titles[2] and len(set(titles.values())) == 3
    assert batch["tokens"].shape == (4, 3)


def test_bad_batch_size():
    with pytest.raises(hr.HrlibError, match="batch_size is 0: expected an integer of 1 or more"):
        PairBatches(captions(4), TOKENIZER, 0)
