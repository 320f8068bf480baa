"""Near-duplicates among results: one result a product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

ROUNDING = 1e-6  # of a product of unit vectors in float32


def by_similarity(vectors: np.ndarray, least: float, most: int) -> np.ndarray:
    """For each of N results, best first, the first of those that stand for a group and are at least so similar to it; itself if none is.

    So a result is never grouped under one that is itself grouped: of a chain of near-duplicates the ends may stay apart. Chosen here.

    Args:
        vectors: (N, D) unit vectors of the results.
        least: cosine similarity of near-duplicates.
        most: groups that are wanted; once there are so many, the results that belong to none of them stand alone.

    Returns:
        (N,) int64 places among the results.
    """
    first, free, found = np.arange(len(vectors)), np.ones(len(vectors), bool), 0
    for place in range(len(vectors)):
        if free[place] and found < most:
            products = vectors @ vectors[place]
            # in float32 a vector's product with itself may be below 1: the same vector is alike whatever `least` is
            alike = free & (products >= min(least, products[place] - ROUNDING))
            alike[: place + 1] = False
            first[alike], free[alike], found = place, False, found + 1
    return first


def by_value(values: Sequence[Any]) -> np.ndarray:
    """For each of N results the first with the same value, (N,) int64; one whose value is missing (None) stands alone."""
    seen: dict[Any, int] = {}
    return np.array(
        [place if value is None else seen.setdefault(value, place) for place, value in enumerate(values)], np.int64
    )
