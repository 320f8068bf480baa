"""The geometry of two modalities in one space: how far apart they lie, how mixed they are, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from hrlib.errors import HrlibError
from hrlib.evaluation.crossmodal_ranks import TIE, codes_of
from hrlib.evaluation.vectors import Embeddings, same_dimensions, unit_vectors

CELLS = 2 << 20  # similarities held at once
PROBED = 2000  # pairs that the probe sees, at most


def geometry(
    a: Embeddings,
    b: Embeddings,
    codebook: Embeddings | None = None,
    labels: ArrayLike | None = None,
    *,
    titles: ArrayLike | None = None,
    seed: int = 0,
) -> pd.Series:
    """What a joint space of two modalities looks like; no number of these is meant to be read alone.

    * `gap`: |mean(a) - mean(b)|, the modality gap (Liang et al., NeurIPS 2022; 0.82 for CLIP there). Later work finds that retrieval barely
      changes with it.
    * `same_modality`: the share of the 2N vectors whose nearest neighbour is of their own modality. A vector itself and its own pair (all with
      its title) are no neighbours, so that there are as many of either modality and 0.5 means mixed, 1 clusters by modality. Equally near
      (within 1e-6) counts one half.
    * `probe`: how often a linear classifier (logistic regression on standardised components) tells the modality of held-out vectors; 0.5 means
      that it cannot. Of at most 2,000 pairs drawn by the seed half train it, and those with one title stay on one side. NaN for a single title.
    * `alignment`: the mean of |a_i - b_i|^2; `uniformity_a` and `uniformity_b`: log of the mean of exp(-2 |x_i - x_j|^2) over the pairs i < j of a
      modality (Wang and Isola, ICML 2020). Lower is better, of both.
    * with a codebook: `code_agreement`, the share of pairs whose nearest codes (the largest product; the first of equal ones) are the same;
      `code_agreement_chance`, that share if the pairs were drawn anew, sum_k p_a(k) p_b(k): where all use one code, both are 1;
      `codes_used_a` and `codes_used_b`.
    * with labels: `neighbour_label_a` and `neighbour_label_b`, the share of vectors whose nearest neighbour of their own modality has their label
      (like stays near like within a modality). Those with its title are no neighbours, and a vector whose label no other title has does not count.

    Args:
        a: (N, D) unit vectors, numpy or torch, any float type. b: (N, D), row by row the other one of the pair: of several texts an item take
            `images[captions.owner]`.
        codebook: (K, D) unit vectors.
        labels: (N,) the pairs' classes, integers or names.
        titles: (N,) integers or names (`Captions.titles`): pairs with the same title have the same text, whose vector would else be its nearest
            neighbour. None: each pair has its own.
        seed: of the probe's draw.

    Returns:
        Series of float64. Memory is O(N): similarities are made in chunks.

    Raises:
        HrlibError: vectors that are not finite unit vectors, other numbers or dimensions in a and b, labels or titles that are not one a pair.
    """
    a, b = unit_vectors(a, "a"), unit_vectors(b, "b")
    if a.shape != b.shape:
        raise HrlibError(f"a has shape {tuple(a.shape)} and b {tuple(b.shape)}: expected the same, pair by pair")
    codes = torch.from_numpy(codes_of(titles, len(a))).to(a.device)
    classes = None if labels is None else torch.from_numpy(codes_of(labels, len(a), "labels")).to(a.device)
    own, like = zip(*(_neighbours(x, other, codes, classes) for x, other in ((a, b), (b, a))), strict=True)
    found = {
        "gap": (a.mean(dim=0) - b.mean(dim=0)).norm(),
        "same_modality": torch.cat(own).nanmean(),
        "probe": _probe(a, b, codes.cpu().numpy(), seed),
        "alignment": (a - b).square().sum(dim=1).mean(),
        "uniformity_a": _uniformity(a),
        "uniformity_b": _uniformity(b),
    }
    if codebook is not None:
        found |= _code_agreement(a, b, same_dimensions(a, unit_vectors(codebook, "codebook", a.device)))
    if classes is not None:
        found |= {"neighbour_label_a": like[0].nanmean(), "neighbour_label_b": like[1].nanmean()}
    return pd.Series({name: float(value) for name, value in found.items()}, name="geometry")


def _neighbours(x: Tensor, other: Tensor, titles: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
    """Of each row of x (N,): 1 where its nearest neighbour is of its own modality (0.5: as near as one of the other, NaN: there is none), and the
    share of its nearest ones of its own modality that have its label (NaN: no other title has it)."""
    own, like = torch.full((2, len(x)), torch.nan, dtype=torch.float64, device=x.device)
    for rows in _chunks(len(x), len(x)):
        others = titles[rows, None] != titles
        mine = (x[rows] @ x.T).masked_fill_(~others, -torch.inf)
        best = mine.amax(dim=1)
        ahead = best - (x[rows] @ other.T).masked_fill_(~others, -torch.inf).amax(dim=1)
        known = others.any(dim=1)
        own[rows] = torch.where(known, torch.where(ahead.abs() <= TIE, 0.5, (ahead > 0).double()), torch.nan)
        if labels is not None:
            same, first = (labels[rows, None] == labels) & others, mine >= best[:, None] - TIE
            share = (first & same).sum(dim=1) / (first & others).sum(dim=1)
            like[rows] = torch.where(same.any(dim=1), share.double(), torch.nan)
    return own, like


def _uniformity(x: Tensor) -> Tensor:
    """log of the mean of exp(-2 |x_i - x_j|^2) over i != j; NaN of one row. Of unit vectors |x_i - x_j|^2 = 2 - 2 x_i . x_j."""
    total = torch.zeros((), dtype=torch.float64, device=x.device)
    for rows in _chunks(len(x), len(x)):
        similar = x[rows] @ x.T
        similar[torch.arange(len(similar)), torch.arange(rows.start, rows.stop)] = -torch.inf
        total += (4 * similar - 4).exp().sum(dtype=torch.float64)
    return (total / (len(x) * (len(x) - 1))).log() if len(x) > 1 else torch.tensor(torch.nan)


def _probe(a: Tensor, b: Tensor, titles: np.ndarray, seed: int) -> float:
    """How often a linear classifier tells the modality of vectors that it has not seen."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(a))[:PROBED]
    known = rng.permutation(np.unique(titles[chosen]))
    held = np.isin(titles[chosen], known[: len(known) // 2])
    if held.all() or not held.any():
        return np.nan
    x = torch.cat([a[chosen], b[chosen]]).double().cpu().numpy()
    y, held = np.repeat([0, 1], len(chosen)), np.tile(held, 2)
    made = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(x[~held], y[~held])
    return made.score(x[held], y[held])


def _code_agreement(a: Tensor, b: Tensor, codebook: Tensor) -> dict[str, float | Tensor]:
    nearest = [
        torch.cat([(x[rows] @ codebook.T).argmax(dim=1) for rows in _chunks(len(x), len(codebook))]) for x in (a, b)
    ]
    counts = [codes.bincount(minlength=len(codebook)).double() for codes in nearest]
    return {
        "code_agreement": (nearest[0] == nearest[1]).double().mean(),
        "code_agreement_chance": (counts[0] * counts[1]).sum() / len(a) ** 2,
        "codes_used_a": (counts[0] > 0).sum(),
        "codes_used_b": (counts[1] > 0).sum(),
    }


def _chunks(rows: int, columns: int) -> Iterator[slice]:
    step = max(1, CELLS // columns)
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))
