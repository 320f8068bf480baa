"""Pictures of embedding spaces: an item a point in the plane, with a measure of how far the picture can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, same_dimensions, unit_vectors
from hrlib.explore.align import disparity, procrustes
from hrlib.explore.place import among_nearest
from hrlib.explore.quality import caption, measure
from hrlib.explore.reduce import on_axes, principal_axes, reduce, settings_for
from hrlib.explore.saved import Saved, fingerprint


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """N items in the plane; made by `project` and `project_together`.

    Attributes:
        coordinates: (N, 2) float32.
        method: "umap", "pca" or "tsne".
        settings: all of them, as used for N items; the seed too.
        quality: shares from 0 to 1, but for "points", the number of points that were measured: see `quality.measure`; and
            "disparity" from the picture before, where it was turned onto one: see `align.disparity`.
        embeddings: (N, D) float32, what it was made from: not a copy, where that could be avoided.
        level: the level of the hierarchy that the quality speaks of, if one was given.
        axes: (D + 1, 2) float32 for "pca": coordinates = embeddings @ axes[:-1] + axes[-1]; otherwise None.
    """

    coordinates: np.ndarray
    method: str
    settings: dict[str, Any]
    quality: dict[str, float]
    embeddings: np.ndarray
    level: str | None = None
    axes: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.coordinates)

    def __repr__(self) -> str:
        items, dimensions = self.embeddings.shape
        return f"Projection({items:,} items from {dimensions} dimensions by {self.method}: {self.caption()})"

    def caption(self) -> str:
        """How far the picture can be trusted, in one line of plain text."""
        return caption(self.quality, self.level)

    def place(self, embeddings: Embeddings, k: int = 15) -> np.ndarray:
        """Where new items lie in this picture, whose points stay where they are: (M, 2) float32.

        Exact for "pca"; else the weighted mean of the k nearest originals (see `place.among_nearest`), and for an item that is an
        original its point.

        Args:
            embeddings: (M, D) unit vectors.
            k: the number of nearest originals; where there are fewer, all; not used by "pca".
        """
        new = unit_vectors(embeddings, "new embeddings", "cpu")
        old = same_dimensions(new, torch.from_numpy(self.embeddings))
        if self.axes is not None:
            return on_axes(new.numpy(), self.axes)
        return among_nearest(new, old, self.coordinates, min(k, len(old)))


def project(
    embeddings: Embeddings,
    method: str = "umap",
    *,
    hierarchy: Hierarchy | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
    **settings: Any,
) -> Projection:
    """A picture of an embedding space: the same for the same embeddings, settings, seed and versions.

    Args:
        embeddings: (N, D) unit vectors; fewer than four are drawn by their principal components, whatever the method.
        method: "umap" keeps neighbourhoods together (n_neighbors, min_dist, spread, n_epochs); "tsne" does, too (perplexity,
            early_exaggeration, learning_rate, max_iter); "pca" shows the two directions in which the items differ most, and
            distances as they are there.
        hierarchy: of the N items. Then the quality says whether neighbours are of the same superclass: level 1, or the only one.
        folder: save there, and reuse what was saved there for these embeddings, method and settings (the hierarchy may be another).
        settings: of the method; neighbourhoods are made as small as N items ask for.

    Raises:
        HrlibError: bad embeddings (`unit_vectors`), a method or setting that is none, a hierarchy of other items, a damaged file in
            `folder`: it is not replaced silently, since with other versions the picture might be another.
    """
    spaces = {"embeddings": embeddings}
    return project_together(spaces, method, hierarchy=hierarchy, seed=seed, folder=folder, **settings)["embeddings"]


def project_together(
    spaces: Mapping[str, Embeddings],
    method: str = "umap",
    *,
    hierarchy: Hierarchy | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
    **settings: Any,
) -> dict[str, Projection]:
    """Pictures of the same N items in several spaces, made to be compared point by point: two models, or a training's epochs.

    The first is what `project` makes. Each later one is turned onto the one before (`align.procrustes`: rotated or reflected, and
    of its size); UMAP and t-SNE also start from the one before, since where they put a cluster otherwise depends on little things.
    "disparity" in the quality is the difference from the one before that remains: the spaces', and some of the method's own.
    So how UMAP and t-SNE arrange far-off clusters in a later picture can be left over from the one before: put first the space that
    should owe nothing to another (the flat one, the first epoch), and read the shares of neighbours in the quality.

    umap-learn's AlignedUMAP is not used: it took three times as long (10 spaces of 1,000 points) and compiles as long again, has UMAP's
    own start (see `reduce`), and gives up some trustworthiness where spaces differ much (.64 for .67, .69 for .72).

    Args:
        spaces: name -> (N, D) unit vectors, in the order in which they are to be compared; D may differ.
        The others: see `project`. With a `folder`, spaces that are added at the end leave the pictures before them as they are.

    Raises:
        HrlibError: as `project`; no spaces, or spaces of different numbers of items.
    """
    vectors = {name: unit_vectors(space, str(name), "cpu").numpy() for name, space in spaces.items()}
    sizes = {name: len(x) for name, x in vectors.items()}
    if len(set(sizes.values())) != 1:
        counts = ", ".join(f"{name}: {n}" for name, n in sizes.items()) or "none"
        raise HrlibError(f"spaces of how many items: {counts}: expected at least one space, and the same items in each")
    n = next(iter(sizes.values()))
    chosen = settings_for(method, settings, n, seed)
    if hierarchy is not None and len(hierarchy) != n:
        raise HrlibError(f"a hierarchy of {len(hierarchy)} items for embeddings of {n}: expected the same items")
    if folder is not None and Path(folder).exists() and not Path(folder).is_dir():
        raise HrlibError(f"{folder} is a file: expected a folder to save projections in")
    made: dict[str, Projection] = {}
    before, mark = None, None
    for name, x in vectors.items():
        identity = {"method": method, "settings": chosen, "embeddings": fingerprint(x), "after": mark}
        mark = fingerprint(identity)
        saved = Saved(Path(folder), identity) if folder is not None else None
        made[name] = before = _made(x, method, chosen, hierarchy, before, saved)
    return made


def _made(
    x: np.ndarray,
    method: str,
    settings: dict[str, Any],
    hierarchy: Hierarchy | None,
    before: Projection | None,
    saved: Saved | None,
) -> Projection:
    """The projection of x, read or made, and what was made or measured anew saved."""
    level = None if hierarchy is None else hierarchy.levels[hierarchy.superclass]
    labels = None if level is None else hierarchy.column(level)
    measured_by = None if level is None else fingerprint(level, labels)
    found = saved.read(len(x)) if saved else None
    if found:
        arrays, facts = found
        if facts.get("measured_by") == measured_by and _measured(facts.get("quality"), measured_by):
            return Projection(
                method=method, settings=settings, embeddings=x, level=level, quality=facts["quality"], **arrays
            )
    else:
        arrays = _coordinates(x, method, settings, before)
    quality = measure(x, arrays["coordinates"], labels, settings["seed"])
    if before is not None:
        quality["disparity"] = disparity(arrays["coordinates"], before.coordinates)
    if saved:
        saved.write(arrays, quality=quality, measured_by=measured_by)
    return Projection(method=method, settings=settings, embeddings=x, level=level, quality=quality, **arrays)


def _measured(quality: Any, measured_by: str | None) -> bool:
    """Whether the quality that a file has is one; if not, it is measured again."""
    if not isinstance(quality, dict) or not all(isinstance(value, float) for value in quality.values()):
        return False
    needed = {"points"} if measured_by is None else {"points", "same_in_space", "same_in_picture", "same_by_chance"}
    return needed <= quality.keys()


def _coordinates(
    x: np.ndarray, method: str, settings: dict[str, Any], before: Projection | None
) -> dict[str, np.ndarray]:
    """What is saved: the coordinates, on those of the projection before if there is one, and for "pca" the axes."""
    axes = principal_axes(x, settings["seed"])
    if method == "pca":
        if before is not None:
            matrix, offset = procrustes(on_axes(x, axes), before.coordinates)
            axes = (axes @ matrix + np.append(np.zeros((x.shape[1], 2)), [offset], axis=0)).astype(np.float32)
        return {"coordinates": on_axes(x, axes), "axes": axes}
    start = on_axes(x, axes) if before is None else before.coordinates
    coordinates = reduce(x, method, settings, start.astype(np.float64), onward=before is not None)
    if before is not None:
        matrix, offset = procrustes(coordinates, before.coordinates)
        coordinates = (coordinates @ matrix + offset).astype(np.float32)
    return {"coordinates": coordinates}
