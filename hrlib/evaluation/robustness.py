"""How retrieval fares when queries are photos as users send them: degraded, while the gallery holds the clean ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from torch import nn

from hrlib import progress
from hrlib.degradation import KINDS, check, degrade
from hrlib.evaluation.gallery import own_rows
from hrlib.evaluation.ranking import neighbours

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray], Mapping[str, float]]

FINDS_ITSELF = "finds itself"


def robustness(
    model: nn.Module,
    catalogue: Catalogue,
    metric: Metric | None = None,
    *,
    kinds: Sequence[str] = KINDS,
    severities: Sequence[int] = (1, 2, 3, 4, 5),
    queries: np.ndarray | None = None,
    seed: int = 0,
    batch_size: int = 256,
    precision: str = "auto",
) -> pd.DataFrame:
    """Metrics of degraded photos as queries, by kind and severity. The gallery is the catalogue's clean photos.

    MAP@R by kind and severity, for example:

        def metric(asked, gallery, own):
            whole = catalogue.hierarchy
            return hr.evaluate(asked, whole.subset(own), gallery=gallery, gallery_hierarchy=whole, own=own)[["map@r"]].iloc[0]

    Args:
        model: photos (B, 3, H, W) in 0..1 to unit vectors (B, D).
        metric: called as metric(queries (Q, D), gallery (N, D), own (Q,)) with the gallery's row of each query, which is to be left
            out: its clean photo is no find. It gives numbers by name. None: only what is always measured, "finds itself": the share of
            queries whose nearest photo of the whole gallery is their own clean one.
        kinds, severities, seed: see `degrade`. A photo is degraded by the seed and its row.
        queries: (Q,) rows of the catalogue that are queries; None: all.
        batch_size, precision: see `embed`.

    Returns:
        A row a kind, severity and metric: columns kind, severity, metric, value. Severity 0, the clean photos, is measured once and
        stands at each kind.

    Raises:
        HrlibError: an unknown kind or severity (0 is there already), queries that are no rows of the catalogue, a single item.
    """
    from hrlib.training.embed import embed  # whose package needs this one

    for kind, severity in product(kinds, severities):
        check(kind, severity)
    severities = sorted({*severities} - {0})
    own = np.arange(len(catalogue)) if queries is None else np.asarray(queries)
    own_rows(own, max(own.size, 1), len(catalogue), "queries")
    asked = catalogue.subset(own)
    as_before: dict[str, Any] = {"batch_size": batch_size, "precision": precision}
    clean = embed(model, catalogue, **as_before)
    at_start = _measured(metric, clean[own], clean, own)
    rows = []
    for kind, severity in progress.bar(list(product(kinds, (0, *severities))), desc="degraded queries", leave=False):
        photos = partial(_degraded, own=own, kind=kind, severity=severity, seed=seed)
        values = (
            _measured(metric, embed(model, asked, photos=photos, **as_before), clean, own) if severity else at_start
        )
        rows += [(kind, severity, name, value) for name, value in values.items()]
    return pd.DataFrame(rows, columns=["kind", "severity", "metric", "value"]).astype({"value": float})


def _degraded(pixels: np.ndarray, rows: np.ndarray, own: np.ndarray, kind: str, severity: int, seed: int) -> np.ndarray:
    return degrade(pixels, kind, severity, seed, own[rows])


def _measured(metric: Metric | None, queries: np.ndarray, gallery: np.ndarray, own: np.ndarray) -> dict[str, float]:
    nearest, _ = neighbours(queries, 1, gallery)
    # a copy of the photo is as good as the photo: the first of equal ones is found
    itself = float((gallery[nearest[:, 0]] == gallery[own]).all(axis=1).mean())
    return (dict(metric(queries, gallery, own)) if metric else {}) | {FINDS_ITSELF: itself}
