"""From D dimensions to two: PCA, UMAP and t-SNE, each with its settings."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from types import ModuleType
from typing import Any, Literal

import numpy as np

from hrlib.errors import HrlibError
from hrlib.evaluation import neighbours
from hrlib.settings import nearest, strict

# UMAP's learning rate where it starts from a picture before. With its own, 1, the points of two spaces that hardly differ are moved
# about: a disparity of .15 to .18, and of .03 with this one (1,000 points). Trustworthiness is the same, also from a start that is all wrong.
ONWARD = 0.1
# items whose neighbours UMAP does not find exactly itself, and the most for which it is given them: its own approximate search compiles for
# half a minute in each process, which takes longer than to look at all pairs, and cannot be kept (pynndescent's kernels are dynamic globals)
GIVEN = range(4_096, 50_001)
FEWEST = 4  # items that have neighbourhoods to speak of: fewer are drawn by their principal components


@dataclass(frozen=True)
class UmapSettings:
    """Of `umap.UMAP`, with its own values where nothing is said; n_epochs=None: 500, for more than 10,000 items 200."""

    n_neighbors: int = 15
    min_dist: float = 0.1
    spread: float = 1.0
    n_epochs: int | None = None

    def __post_init__(self):
        _require("umap", "n_neighbors", self.n_neighbors, self.n_neighbors >= 2, "2 or more")
        _require("umap", "spread", self.spread, 0 < self.spread < np.inf, "a number above 0")
        _require("umap", "min_dist", self.min_dist, 0 <= self.min_dist <= self.spread, "a number from 0 to spread")
        _require("umap", "n_epochs", self.n_epochs, self.n_epochs is None or self.n_epochs >= 1, "1 or more, or None")

    def fitting(self, n: int) -> UmapSettings:
        return replace(self, n_neighbors=max(2, min(self.n_neighbors, n - 1)))


@dataclass(frozen=True)
class TsneSettings:
    """Of `sklearn.manifold.TSNE`, with its own values where nothing is said."""

    perplexity: float = 30.0
    early_exaggeration: float = 12.0
    learning_rate: float | Literal["auto"] = "auto"
    max_iter: int = 1000

    def __post_init__(self):
        _require("tsne", "perplexity", self.perplexity, 1 <= self.perplexity < np.inf, "a number of 1 or more")
        _require(
            "tsne",
            "early_exaggeration",
            self.early_exaggeration,
            1 <= self.early_exaggeration < np.inf,
            "a number of 1 or more",
        )
        rate = self.learning_rate
        _require("tsne", "learning_rate", rate, rate == "auto" or 0 < rate < np.inf, "a number above 0, or 'auto'")
        _require("tsne", "max_iter", self.max_iter, self.max_iter >= 250, "250 or more")

    def fitting(self, n: int) -> TsneSettings:
        return replace(self, perplexity=max(1.0, min(float(self.perplexity), (n - 1) / 3)))


@dataclass(frozen=True)
class PcaSettings:
    """None: the two principal components are what they are."""

    def fitting(self, n: int) -> PcaSettings:
        return self


METHODS = {"umap": UmapSettings, "pca": PcaSettings, "tsne": TsneSettings}


def settings_for(method: str, given: dict[str, Any], n: int, seed: int) -> dict[str, Any]:
    """All settings of a method for n items, the seed among them, as plain values.

    The neighbourhoods are as large as n items allow: n_neighbors is at most n - 1, and the perplexity, whose neighbourhoods
    take in three times as many, at most (n - 1) / 3.

    Raises:
        HrlibError: no such method or setting, a value of the wrong type or out of range.
    """
    if method not in METHODS:
        raise HrlibError(f"no method {method!r}; {nearest(method, METHODS)}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise HrlibError(f"seed is {seed!r}: expected an integer from 0 to {2**32 - 1}")
    if method == "pca" and given:
        raise HrlibError(
            f"pca: got the settings {', '.join(map(repr, given))}; it has none (method='umap' and 'tsne' have): leave them out"
        )
    return asdict(strict(METHODS[method], given).fitting(n)) | {"seed": int(seed)}


def principal_axes(x: np.ndarray, seed: int) -> np.ndarray:
    """(D + 1, 2) float32: `x @ axes[:-1] + axes[-1]` are the two principal components of x (N, D); 0 where there are fewer."""
    from sklearn.decomposition import PCA  # only now: most figures need none

    axes = np.zeros((x.shape[1] + 1, 2), np.float32)
    if len(x) > 1:
        with np.errstate(invalid="ignore", divide="ignore"):  # the share of a component where no item differs
            pca = PCA(n_components=min(2, *x.shape), random_state=seed).fit(x)
        axes[:-1, : len(pca.components_)] = pca.components_.T
        axes[-1] = -pca.mean_ @ axes[:-1]
    return axes


def on_axes(x: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """(N, 2) float32: x (N, D) on the axes of `principal_axes`."""
    return x @ axes[:-1] + axes[-1]


def reduce(x: np.ndarray, method: str, settings: dict[str, Any], start: np.ndarray, onward: bool = False) -> np.ndarray:
    """UMAP's or t-SNE's coordinates (N, 2) float32 of unit vectors x (N, D), from a `start` (N, 2) on.

    With `onward` the start is a picture of the same items, and UMAP moves them by smaller steps.

    Both methods arrange what is near and leave the rest as it starts. They start from principal components, or from the picture
    before (Kobak and Linderman 2021, "Initialization is critical for preserving global data structure in both t-SNE and UMAP").
    UMAP's own start, the eigenvectors of its graph, fails for three items, and is reported to differ from run to run where many items
    are equal, seed or not (umap issue 1277).
    """
    if len(x) < FEWEST:
        return start.astype(np.float32)
    settings = dict(settings)
    seed = settings.pop("seed")
    start = start - start.mean(axis=0)
    # a little noise, so that points that start as one can part
    start = start / (start.std() or 1.0) + np.random.default_rng(seed).normal(scale=1e-4, size=start.shape)
    if method == "tsne":
        from sklearn.manifold import TSNE

        # of unit vectors, Euclidean distances squared are twice the cosine distances; t-SNE squares what it is given
        tsne = TSNE(init=(1e-4 * start).astype(np.float32), random_state=seed, **settings)
        return tsne.fit_transform(x).astype(np.float32)
    umap, found = _umap(), {"precomputed_knn": _nearest(x, settings["n_neighbors"])} if len(x) in GIVEN else {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="umap|sklearn")
        # of opposite vectors, too, the distance is a distance: without infinity they would get no coordinates
        fit = umap.UMAP(
            metric="cosine",
            learning_rate=ONWARD if onward else 1.0,
            init=start.astype(np.float32),
            random_state=seed,
            n_jobs=1,
            disconnection_distance=np.inf,
            **found,
            **settings,
        )
        return np.asarray(fit.fit_transform(x), np.float32)


def _nearest(x: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """As UMAP wants them: the `count` nearest of each item and their cosine distances, (N, count) each; the first is the item itself."""
    rows, similarities = neighbours(x, count - 1)
    rows = np.column_stack([np.arange(len(x)), rows]).astype(np.int32)
    return rows, np.pad((1 - similarities).clip(0), ((0, 0), (1, 0)))


def _umap() -> ModuleType:
    """umap, loaded when it is used: that takes seconds.

    What numba compiles for it, some ten seconds of work on one core, is kept for the next process as `numba.njit(cache=True)` would, which
    umap asks of one function only: beside umap's source or in the user's cache folder, under a key of source, numba and processor.
    """
    import umap

    for module in (umap.layouts, umap.umap_, umap.utils):
        for function in vars(module).values():
            if hasattr(function, "enable_caching") and not function.signatures:  # one of numba's, not compiled yet
                with suppress(RuntimeError):  # there is no folder that can be written to: it is compiled each time
                    function.enable_caching()
    return umap


def _require(method: str, name: str, value: Any, holds: bool, expected: str) -> None:
    if not holds:
        raise HrlibError(f"{method}: {name} is {value!r}: expected {expected}")
