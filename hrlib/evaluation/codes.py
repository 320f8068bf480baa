"""What the codes of a codebook mean: the photos and texts that are nearest to each."""

from __future__ import annotations

import numpy as np

from hrlib.evaluation.ranking import neighbours
from hrlib.evaluation.vectors import Embeddings


def nearest_to_codes(codes: Embeddings, images: Embeddings, texts: Embeddings, k: int) -> tuple[np.ndarray, np.ndarray]:
    """For each code the rows of its k nearest images and of its k nearest texts, nearest first: (K, k) int64 each.

    Args:
        codes: (K, D) unit vectors, such as `CodebookLoss.codebook()` has them; images (N, D) and texts (M, D) likewise.

    Raises:
        HrlibError: no unit vectors, other dimensions, a k beyond the images or the texts.
    """
    return neighbours(codes, k, gallery=images)[0], neighbours(codes, k, gallery=texts)[0]


def code_counts(codes: Embeddings, vectors: Embeddings) -> np.ndarray:
    """To how many of the vectors (N, D) each of the codes (K, D) is the nearest: (K,) int64."""
    return np.bincount(neighbours(vectors, 1, gallery=codes)[0][:, 0], minlength=len(codes))
