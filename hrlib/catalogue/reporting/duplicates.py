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
# Chosen by looking at pairs, each photo with the one that is most like it. Of 43,294 fashion products on white, 8% are in a pair: from 0.995 on mostly one
# photo or one product twice, down to 0.97 also plain things that are hardly told apart at 64 x 48 (wallets, belts, ties, lipsticks), below that other
# products of one cut. Of 600 among 5,421 groceries: from 0.95 on the same shelf twice, below 0.9 others. In a shop that is drawn (1,675 photos) only the
# copies that were planted. Of photos encoded again at quality 40, halved or darkened 95% are above 0.99, of those cut by 1% or 3% above 0.97.
ALIKE = 0.97
CHUNK = 1024  # photos in memory at a time
# grey, red - blue, and green against both: orthogonal, so that lengths are those of RGB
OPPONENT = np.array([[1, 1, 1], [1, 0, -1], [0.5, -1, 0.5]]) / np.sqrt([[3.0], [2.0], [1.5]])


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
        shrunk = (Image.fromarray(photo).resize((GRID, GRID), Image.Resampling.BOX, box) for photo in chunk)
        small = np.stack([np.asarray(photo) for photo in shrunk])
        waves = dctn(small @ OPPONENT.T, axes=(1, 2), norm="ortho")
        parts = (waves[..., 0] * weight, waves[:, :COLOUR, :COLOUR, 1:])
        vectors.append(np.concatenate([part.reshape(len(chunk), -1) for part in parts], axis=1, dtype=np.float32))
    found = np.concatenate(vectors)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return np.divide(found, length, out=np.zeros_like(found), where=length > 0.01)  # less is rounding


def alike_pairs(images: ImageStore, alike: float = ALIKE) -> pd.DataFrame:
    """Pairs of photos that look the same: each photo with the one that it is most alike, if it is alike enough.

    Each photo is compared as it is, and cut by 1.5% and 3% a side, with all others as they are: of two photos one may be the other cut by up to 4% a side.
    The comparison is exact; memory grows with N, time with its square (43,294 photos: 50 s of one core). Of photos with the same pixels only the first is
    compared, photos of one colour are not.

    Args:
        images: N photos.
        alike: the cosine of two `looks` from which on a pair counts.

    Returns:
        DataFrame of the columns row, other (row < other) and similarity: each pair once, the most alike first.
    """
    import faiss  # only now: most catalogues do without

    first = same_pixels(images)
    rows = np.flatnonzero((first == np.arange(len(first))) & ~one_colour(images))
    own, asked, best, similarity = np.arange(len(rows)), [], [], []
    if len(rows) > 1:
        whole = looks(images.subset(rows))
        for cut in CUTS:
            view = looks(images.subset(rows), cut) if cut else whole
            values, found = faiss.knn(view, whole, 2, metric=faiss.METRIC_INNER_PRODUCT)
            second = (found[:, 0] == own).astype(int)
            asked, best = [*asked, rows], [*best, rows[found[own, second]]]
            similarity.append(values[own, second])
    return _table(asked, best, similarity, alike)


def divided_pairs(images: ImageStore, part: np.ndarray, pairs: pd.DataFrame, alike: float = ALIKE) -> pd.DataFrame:
    """The same for photos of two parts of a split: each with the one of another part that it is most alike. Of photos with the same pixels the first of
    each part is compared.

    Args:
        images: N photos.
        part: (N,) names; None or NaN: of no part.
        pairs: what `alike_pairs` found: a photo that is near to none is near to none of another part.
        alike: as there.
    """
    import faiss

    keys = pd.DataFrame({"first": same_pixels(images), "part": part})
    keys = keys[keys["part"].notna() & ~one_colour(images)].drop_duplicates()
    rows, codes = keys.index.to_numpy(), pd.factorize(keys["part"])[0]
    near = keys["first"].isin(np.unique(pairs[["row", "other"]])) | keys["first"].duplicated(keep=False)
    asked, best, similarity = [], [], []
    if near.any():
        whole = looks(images.subset(rows))
        for one in np.unique(codes[near]):
            inside, others = np.flatnonzero(near & (codes == one)), np.flatnonzero(codes != one)
            for cut in CUTS if len(others) else ():
                view = looks(images.subset(rows[inside]), cut)
                values, found = faiss.knn(view, whole[others], 1, metric=faiss.METRIC_INNER_PRODUCT)
                asked, best = [*asked, rows[inside]], [*best, rows[others[found[:, 0]]]]
                similarity.append(values[:, 0])
    return _table(asked, best, similarity, alike)


def _table(asked: list, best: list, similarity: list, alike: float) -> pd.DataFrame:
    """Pairs of rows that are alike enough, each once, from arrays of rows, of what they found, and how similar it is."""
    none, nothing = [np.zeros(0, np.int64)], [np.zeros(0)]
    a, b, value = np.concatenate(none + asked), np.concatenate(none + best), np.concatenate(nothing + similarity)
    pairs = pd.DataFrame({"row": np.minimum(a, b), "other": np.maximum(a, b), "similarity": value.clip(max=1)})
    pairs = pairs[value >= alike].sort_values("similarity", ascending=False, kind="stable")
    return pairs.drop_duplicates(["row", "other"], ignore_index=True)


def _chunks(images: ImageStore) -> Iterator[np.ndarray]:
    return (images[start : start + CHUNK] for start in range(0, len(images), CHUNK))
