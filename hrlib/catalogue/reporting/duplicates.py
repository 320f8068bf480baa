"""Photos that a catalogue holds twice: the same pixels, or the same photo encoded again, made brighter, or cut a little."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pandas as pd
from PIL import Image
from scipy.fft import dctn

from hrlib.catalogue.store import ImageStore

GRID = 16  # cells across and down, of whose means a photo's look is made
COLOUR = 4  # slowest waves across and down that are kept of the two colour differences
CUTS = (0.0, 0.015, 0.03)  # shares of each side, of the views in which a photo is compared with the others
# Chosen by looking at pairs. 600 fashion products on white, each with the most alike of 43,294: from 0.97 on (7% of them) one photo twice, one product twice,
# or plain things (lipsticks, wallets, ties) that are hardly told apart at 64 x 48; between 0.93 and 0.97 other products of the same cut. 600 of 5,421
# groceries: from 0.95 on the same shelf twice, below 0.9 others. Of photos encoded again at quality 40, halved or darkened 95% are above 0.99.
ALIKE = 0.97
CHUNK = 1024  # photos in memory at a time
# grey, red - blue, and green against both: orthogonal, so that lengths are those of RGB
OPPONENT = np.array([[1, 1, 1], [1, 0, -1], [0.5, -1, 0.5]]) / np.sqrt([[3], [2], [1.5]])


def same_pixels(images: ImageStore) -> np.ndarray:
    """(N,) int64: for each photo the row of the first one with the same pixels, which is its own where it is the first."""
    seen: dict[bytes, int] = {}
    digests = (hashlib.blake2b(photo, digest_size=16).digest() for chunk in _chunks(images) for photo in chunk)
    return np.array([seen.setdefault(digest, row) for row, digest in enumerate(digests)], dtype=np.int64)


def one_colour(images: ImageStore) -> np.ndarray:
    """(N,) bool: photos whose pixels are all the same."""
    return np.concatenate([(chunk == chunk[:, :1, :1]).all(axis=(1, 2, 3)) for chunk in _chunks(images)])


def looks(images: ImageStore, cut: float = 0.0) -> np.ndarray:
    """(N, 288) float32 unit vectors, near for photos that look the same; zeros for a photo of one grey.

    The photo is shrunk to 16 x 16 and transformed by cosines, as for the perceptual hash (Zauner, Implementation and Benchmarking of Perceptual Image Hash
    Functions, 2010), and not rounded to bits. Of its grey each wave is multiplied by the root of its eigenvalue of the Laplacian: products of such
    vectors are those of the photos' gradients, to which brightness and a white background, which all photos of a shop may have, add nothing. Of the
    colour differences the slowest waves are kept as they are.

    Args:
        images: N photos.
        cut: the share of height and of width that is cut off on each side before.
    """
    height, width = images.size
    box = (cut * width, cut * height, (1 - cut) * width, (1 - cut) * height)
    eigenvalue = 4 * np.sin(np.pi * np.arange(GRID) / (2 * GRID)) ** 2
    weight = np.sqrt(eigenvalue[:, None] + eigenvalue)
    vectors = []
    for chunk in _chunks(images):
        small = np.stack([Image.fromarray(photo).resize((GRID, GRID), Image.Resampling.BOX, box) for photo in chunk])
        waves = dctn(small @ OPPONENT.T, axes=(1, 2), norm="ortho")
        parts = (waves[..., 0] * weight, waves[:, :COLOUR, :COLOUR, 1:])
        vectors.append(np.concatenate([part.reshape(len(chunk), -1) for part in parts], axis=1, dtype=np.float32))
    found = np.concatenate(vectors)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.divide(found, length, out=np.zeros_like(found), where=length > 0.01)  # less is rounding


def alike_pairs(images: ImageStore, alike: float = ALIKE, part: np.ndarray | None = None) -> pd.DataFrame:
    """Pairs of photos that look the same: each photo with the one that it is most alike, if it is alike enough.

    Each photo is compared as it is, and cut by 1.5% and 3% a side, with all others as they are: of two photos one may be the other cut by up to 4% a side.
    The comparison is exact; memory grows with N, time with its square. Of photos with the same pixels only the first is compared (with `part` the first
    of each part), photos of one colour are not.

    Args:
        images: N photos.
        alike: the cosine of two `looks` from which on a pair counts.
        part: (N,) names: then only photos of different parts are paired; None or NaN: of no part.

    Returns:
        DataFrame of the columns row, other (row < other) and similarity: each pair once, the most alike first.
    """
    keys = pd.DataFrame({"first": same_pixels(images), "part": 0 if part is None else part})
    rows = np.flatnonzero(keys["part"].notna() & ~keys.duplicated() & ~one_colour(images))
    if len(rows) < 2:
        return pd.DataFrame({"row": rows[:0], "other": rows[:0], "similarity": np.zeros(0)})
    views = [looks(images.subset(rows), cut) for cut in CUTS]
    found = [_nearest(view, views[0]) for view in views]
    if part is not None:  # again with those that found a photo near enough in any part: the others find none in another
        codes = pd.factorize(keys["part"].to_numpy()[rows])[0]
        found = [_elsewhere(view, views[0], codes, near[1] >= alike) for view, near in zip(views, found, strict=True)]
    pairs = pd.concat([pd.DataFrame({"a": rows, "b": rows[best], "similarity": value}) for best, value in found])
    pairs = pairs[pairs["similarity"] >= alike].sort_values("similarity", ascending=False, kind="stable")
    pairs = pairs.assign(row=pairs[["a", "b"]].min(axis=1), other=pairs[["a", "b"]].max(axis=1))
    return pairs.drop_duplicates(["row", "other"], ignore_index=True)[["row", "other", "similarity"]]


def _nearest(asked: np.ndarray, looks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of N photos as it is asked about, (N, D), which other one is the most similar, and how."""
    import faiss  # only now: most catalogues do without

    own = np.arange(len(looks))
    similarity, found = faiss.knn(asked, looks, 2, metric=faiss.METRIC_INNER_PRODUCT)
    second = (found[:, 0] == own).astype(int)
    return found[own, second], similarity[own, second].clip(max=1)


def _elsewhere(
    asked: np.ndarray, looks: np.ndarray, part: np.ndarray, those: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same among photos of other parts, `part` (N,) integers; -1 where there are none, and for all but `those` (N,) bool."""
    import faiss

    best, similarity = np.arange(len(looks)), np.full(len(looks), -1.0)
    for one in np.unique(part[those]):
        inside, others = np.flatnonzero(those & (part == one)), np.flatnonzero(part != one)
        if len(others):
            value, found = faiss.knn(asked[inside], looks[others], 1, metric=faiss.METRIC_INNER_PRODUCT)
            best[inside], similarity[inside] = others[found[:, 0]], value[:, 0].clip(max=1)
    return best, similarity


def _chunks(images: ImageStore) -> Iterator[np.ndarray]:
    return (images[start : start + CHUNK] for start in range(0, len(images), CHUNK))
