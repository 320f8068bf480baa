"""Batches of photos with their texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from hrlib.models.tokenizer import PAD
from hrlib.settings import whole_number

if TYPE_CHECKING:
    from hrlib.catalogue.captions import Captions
    from hrlib.models.tokenizer import Tokenizer


class PairBatches:
    """Batches of photos with a text each, for `fit(..., batches=, views=2)` and `CrossModalModel`.

    A batch is {"rows": (B,) items, "tokens": (B, T) one text of each, "titles": (B,) the number of its title, which items with the same texts
    share}. Every item is in one batch of an epoch; the batches are of one size, give or take one. Of an item's texts one is drawn. Columns that
    are padding in all of a batch are left out. Every epoch is a function of (seed, epoch) alone.

    Args:
        captions: of the training catalogue.
        tokenizer: of the model's text encoder.
        batch_size: pairs a batch, at most.
        seed: of the order, and of which text is drawn.
        length: tokens of a text; what is longer is cut.

    Raises:
        HrlibError: a batch_size below 1, a text without a word.
    """

    def __init__(
        self, captions: Captions, tokenizer: Tokenizer, batch_size: int = 128, seed: int = 0, length: int = 32
    ):
        whole_number("batch_size", batch_size)
        self.rows, self.titles, self.batch_size, self.seed = captions.rows, captions.titles, batch_size, seed
        self.texts = np.array([len(own) for own in captions.texts])
        self.first = self.texts.cumsum() - self.texts
        self.tokens = tokenizer.encode(captions.flat, length)

    def __len__(self) -> int:
        """Batches an epoch."""
        return -(-len(self.rows) // self.batch_size)

    def epoch(self, number: int) -> Iterator[dict[str, np.ndarray]]:
        """The batches of epoch `number`."""
        rng = np.random.default_rng([self.seed, number])
        order = rng.permutation(len(self.rows))
        drawn = self.first + rng.integers(self.texts)
        for items in np.array_split(order, len(self)):
            tokens = self.tokens[drawn[items]]
            longest = (tokens != PAD).any(axis=0).sum()
            yield {"rows": self.rows[items], "tokens": tokens[:, :longest], "titles": self.titles[items]}
