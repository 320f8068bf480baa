"""The texts of items: one or several each, which items share a title, and pairs mismatched on purpose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hrlib.catalogue.checks import as_rows, rows_text
from hrlib.errors import HrlibError

if TYPE_CHECKING:
    from hrlib.catalogue.catalogue import Catalogue


@dataclass(frozen=True, eq=False, repr=False)
class Captions:
    """The texts of N items; M in all.

    Attributes:
        texts: for each item its texts, one or more, none of them blank.
        rows: (N,) int64, the row of the catalogue that each item is.
    """

    texts: tuple[tuple[str, ...], ...]
    rows: np.ndarray

    @classmethod
    def of(cls, catalogue: Catalogue, on_bad: str = "raise") -> Captions:
        """The texts in a catalogue's caption column, whose cells hold a text or a list of texts. Of a list, blank texts are left out.

        Args:
            on_bad: what to do about items without a text: "raise", or "skip" (`rows` says which items are kept, and `catalogue.subset(captions.rows)`
                are those).

        Raises:
            HrlibError: a catalogue without a caption column, items without a text (their rows are named), or no item with one.
        """
        if on_bad not in ("raise", "skip"):
            raise HrlibError(f"on_bad is {on_bad!r}: expected 'raise' or 'skip'")
        if catalogue.caption is None:
            raise HrlibError(
                f"catalogue {catalogue.name!r} has no caption column: expected one with a text, or a list of texts, an item; "
                "name it as caption where the catalogue is made"
            )
        texts = [texts_of(cell) for cell in catalogue.items[catalogue.caption]]
        bad = [row for row, own in enumerate(texts) if not own]
        if len(bad) == len(texts) or (bad and on_bad == "raise"):
            raise HrlibError(
                f"catalogue {catalogue.name!r} has no text in {rows_text(bad)} of its caption column {catalogue.caption!r}: expected one or "
                'more an item; fill them in, or leave such items out with on_bad="skip"'
            )
        return cls(
            tuple(own for own in texts if own), np.array([row for row, own in enumerate(texts) if own], np.int64)
        )

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"Captions({len(self.flat):,} texts of {len(self):,} items; {len(np.unique(self.titles)):,} titles)"

    @cached_property
    def titles(self) -> np.ndarray:
        """(N,) int64 from 0: items with the same set of texts share a number. Case and the number of blanks between words do not count."""
        return pd.factorize(pd.Series([frozenset(map(plain, own)) for own in self.texts], dtype=object))[0].astype(
            np.int64
        )

    @cached_property
    def flat(self) -> tuple[str, ...]:
        """All M texts, item by item."""
        return tuple(text for own in self.texts for text in own)

    @cached_property
    def owner(self) -> np.ndarray:
        """(M,) int64: the item (0..N-1) that each text of `flat` belongs to."""
        return np.repeat(np.arange(len(self)), [len(own) for own in self.texts])

    def subset(self, rows: Any) -> Captions:
        """Some items (integers from 0 to N-1, a slice or a mask), in the given order."""
        chosen = as_rows(rows, len(self)).reshape(-1)
        return Captions(tuple(self.texts[row] for row in chosen), self.rows[chosen])

    def mismatched(self, share: float, seed: int = 0) -> tuple[Captions, np.ndarray]:
        """The same with the texts of a share of the items exchanged among them, so that each of these gets those of another title.

        Args:
            share: of the N items, 0 to 1; rounded to a number of items.
            seed: the same seed gives the same exchange, and the items of a smaller share are among those of a larger one.

        Returns:
            The captions, and the rows (0..N-1, rising, int64) of the items whose texts are now another's.

        Raises:
            HrlibError: a share outside 0..1, or items that cannot be exchanged: a single one, or more than half with the same title.
        """
        if not 0 <= share <= 1:
            raise HrlibError(f"share is {share!r}: expected a share of the items, 0 to 1")
        shuffled = np.random.default_rng(seed).permutation(len(self))[: round(share * len(self))]
        if not len(shuffled):
            return self, np.zeros(0, np.int64)
        # title by title in random order, each takes the texts that stand as many places on as the commonest title has items: never its own
        _, first, counts = np.unique(self.titles[shuffled], return_index=True, return_counts=True)
        most = int(counts.max())
        if 2 * most > len(shuffled):
            raise HrlibError(
                f"{most} of the {len(shuffled)} items to be mismatched have the same title: expected at most half, so that each can take "
                "another's; give a larger share or more items"
            )
        order = shuffled[np.argsort(first[np.unique(self.titles[shuffled], return_inverse=True)[1]], kind="stable")]
        texts = list(self.texts)
        for to, source in zip(order, np.roll(order, -most), strict=True):
            texts[to] = self.texts[source]
        return replace(self, texts=tuple(texts)), np.sort(order)


def texts_of(cell: Any) -> tuple[str, ...]:
    """The texts in a cell of a caption column: of a text itself, of a list (tuple, array) its texts; missing and blank ones are none."""
    cells = cell if isinstance(cell, (list, tuple, np.ndarray)) else (cell,)
    texts = ("" if each is None or each is pd.NA or each != each else str(each).strip() for each in cells)
    return tuple(text for text in texts if text)


def first_texts(cells: Iterable[Any]) -> list[str | None]:
    """What is shown of each cell of a caption column: its first text, None where it has none."""
    return [next(iter(texts_of(cell)), None) for cell in cells]


def plain(text: str) -> str:
    """A text by which equal ones are known: case and the number of blanks do not count."""
    return " ".join(text.casefold().split())
