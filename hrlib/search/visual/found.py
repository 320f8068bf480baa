"""What a visual search has found."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Found:
    """The answer to one query.

    Attributes:
        table: a row a result, best first.
            id, similarity (cosine), distance (1 - cosine).
            category: the class on the search's level, None where it is not known; path: all known classes, "apparel > hoodie > hoodie 3".
            why: one sentence. matched: what it has in common with the query item or the filter, a list such as ["colour: red"].
            others: the ids of its near-duplicates, a list: those that were come across, which need not be all.
            score: what results are ranked by: the similarity, or with rerank=True similarity + weight * agreement (`votes.agreement`).
        category: the classes that the photo may belong to, most likely first: category, path, probability. At most 10; none where no
            class of a neighbour is known.
        seconds: "decode", "prepare", "embed", "search", "explain" and their sum, "total".
        query: the photo as it was embedded (the crop), (h, w, 3) uint8; several side by side; None where only a text was given.
    """

    table: pd.DataFrame
    category: pd.DataFrame
    seconds: dict[str, float]
    query: np.ndarray | None


class Clock:
    """Measures the parts of one search, one after the other."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._parts: dict[str, float] = {}

    def lap(self, part: str) -> None:
        """The time since the last lap belongs to `part`."""
        now = time.perf_counter()
        self._parts[part] = now - self._last
        self._last = now

    def seconds(self) -> dict[str, float]:
        """The parts, and "total", until the last lap."""
        return self._parts | {"total": self._last - self._start}
