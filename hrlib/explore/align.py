"""One picture turned onto another of the same items, so that the two can be compared point by point."""

from __future__ import annotations

import numpy as np


def procrustes(coordinates: np.ndarray, onto: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shift, rotation or reflection, and change of size that lay one picture on another of the same N items.

    The rotation is the one of least squares (Schönemann 1966: `scipy.linalg.orthogonal_procrustes`). The size is that of `onto`,
    its root mean square distance from the middle. The size of least squares is smaller the less two pictures agree: along the
    epochs of a training, one after the other, they would shrink to a dot.

    Args:
        coordinates: (N, 2), what is moved; onto: (N, 2), what stays.

    Returns:
        matrix (2, 2) and offset (2,) float64: `coordinates @ matrix + offset` lies on `onto`.
    """
    moved, still = coordinates.astype(np.float64), onto.astype(np.float64)
    middle, goal = moved.mean(axis=0), still.mean(axis=0)
    moved, still = moved - middle, still - goal
    from scipy.linalg import orthogonal_procrustes  # only now: few notebooks need it

    rotation, _ = orthogonal_procrustes(moved, still)
    size, wanted = np.linalg.norm(moved), np.linalg.norm(still)
    # where all points are one point there is no size to compare
    matrix = rotation * (wanted / size) if size > 0 and wanted > 0 else rotation
    return matrix, goal - middle @ matrix


def disparity(coordinates: np.ndarray, onto: np.ndarray) -> float:
    """What no shift, rotation, reflection or change of size can mend between two pictures (N, 2): 0 = the same, 1 = nothing in common.

    The sum of the squared differences that remain, as a share of the picture's own sum of squares about its middle, as
    `scipy.spatial.procrustes` defines it; but 0 where all points of both are one point, and 1 where those of one are.
    """
    a, b = (x.astype(np.float64) - x.mean(axis=0, dtype=np.float64) for x in (coordinates, onto))
    sizes = np.linalg.norm(a), np.linalg.norm(b)
    if not all(sizes):
        return float(any(sizes))
    shared = np.linalg.svd((a / sizes[0]).T @ (b / sizes[1]), compute_uv=False).sum()
    return float(max(0.0, 1.0 - shared**2))
