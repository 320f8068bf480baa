"""Near-duplicates among results: one result a product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def by_similarity(vectors: np.ndarray, least: float) -> np.ndarray:
    """For each of N results, best first, the first of those that stand for a group and are at least so similar to it; itself if none is.

    So a result is never grouped under one that is itself grouped: of a chain of near-duplicates the ends stay apart. Chosen here.

    Args:
        vectors: (N, D) unit vectors of the results.
        least: cosine similarity of near-duplicates.

    Returns:
        (N,) int64 places among the results.
    """
    first = np.arange(len(vectors))
    leaders: list[int] = []
    for place, vector in enumerate(vectors):
        near = np.flatnonzero(vectors[leaders] @ vector >= least) if leaders else ()
        if len(near):
            first[place] = leaders[near[0]]
        else:
            leaders.append(place)
    return first


def by_value(values: Sequence[Any]) -> np.ndarray:
    """For each of N results the first with the same value, (N,) int64; one whose value is missing (None) stands alone."""
    seen: dict[Any, int] = {}
    return np.array(
        [place if value is None else seen.setdefault(value, place) for place, value in enumerate(values)], np.int64
    )
