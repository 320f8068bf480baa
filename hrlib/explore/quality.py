"""How far a picture of an embedding space can be trusted: measured, not judged by eye."""

from __future__ import annotations

import numpy as np

from hrlib.evaluation import neighbours

SAMPLE = 2_000  # points that are measured, at most: trustworthiness holds a matrix of sample x sample
NEAREST = 10  # neighbours of each


def measure(
    embeddings: np.ndarray, coordinates: np.ndarray, labels: np.ndarray | None = None, seed: int = 0
) -> dict[str, float]:
    """The quality of a picture, of all points or of a random sample of `SAMPLE`.

    * points: how many were measured.
    * trustworthiness: 1 where the nearest neighbours in the picture are nearest neighbours in the space; less, down to 0, by the
      ranks that they have there (Venna and Kaski 2001: `sklearn.manifold.trustworthiness`, cosine, 10 neighbours). Within the sample.
    * same_in_space, same_in_picture: the mean share of the 10 nearest neighbours, among all items, that have the label of the point;
      same_by_chance: that share among all other items. Classes of ten items or fewer cannot reach 1.

    Args:
        embeddings: (N, D) float32 unit vectors; coordinates: (N, 2).
        labels: (N,) int64; None: only the trustworthiness.
        seed: of the sample.

    Returns:
        What can be measured: of one point nothing, of two no trustworthiness.
    """
    from sklearn.manifold import trustworthiness  # only now: a picture that is read from a file needs neither
    from sklearn.neighbors import NearestNeighbors

    n = len(embeddings)
    rows = np.arange(n)
    if n > SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))
    quality = {"points": float(len(rows))}
    if len(rows) > 2:
        nearest = min(NEAREST, (len(rows) - 1) // 2)  # scikit-learn wants fewer than half of the points
        x, y = embeddings[rows], coordinates[rows]
        quality["trustworthiness"] = float(trustworthiness(x, y, n_neighbors=nearest, metric="cosine"))
    if labels is not None and n > 1:
        k = min(NEAREST, n - 1)
        own = labels[rows, None]
        in_space, _ = neighbours(embeddings, k, rows=rows)
        # without arguments kneighbors() asks for all points and leaves each point itself out
        in_picture = NearestNeighbors(n_neighbors=k).fit(coordinates).kneighbors(return_distance=False)[rows]
        quality["same_in_space"] = float((labels[in_space] == own).mean())
        quality["same_in_picture"] = float((labels[in_picture] == own).mean())
        counts = np.bincount(labels).astype(np.float64)
        quality["same_by_chance"] = float((counts * (counts - 1)).sum() / (n * (n - 1)))
    return quality


def caption(quality: dict[str, float], level: str | None = None) -> str:
    """The quality in one line of plain text (a level's name may hold markup: escape it), for under a picture."""
    parts = []
    if "trustworthiness" in quality:
        parts.append(f"trustworthiness {shortened(quality['trustworthiness'])} ({quality['points']:,.0f} points)")
    if "same_in_space" in quality:
        shares = [shortened(quality[f"same_{where}"]) for where in ("in_space", "in_picture", "by_chance")]
        parts.append(
            f"neighbours of the same {level}: {shares[0]} in the space, {shares[1]} in this picture ({shares[2]} by chance)"
        )
    if "disparity" in quality:
        parts.append(f"disparity from the picture before {shortened(quality['disparity'])}")
    return " · ".join(parts) or "too few points to measure how far this picture can be trusted"


def shortened(share: float) -> str:
    text = f"{share:.2f}".removeprefix("0")
    return ">.99" if text == "1.00" and share < 1 else text
