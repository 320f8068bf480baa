"""A discovered hierarchy for people: a dendrogram of the clusters with photos of their items at the leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from hrlib.errors import HrlibError
from hrlib.explore.photo_sheet import add_photo, add_text, finish, shortened
from hrlib.explore.theme import MUTED, figure

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue, Hierarchy

WIDTH = 2.6  # of the dendrogram, in cells


def cluster_tree(
    catalogue: Catalogue,
    found: Hierarchy,
    centres: np.ndarray,
    level: str | int = 1,
    clusters: int = 16,
    per_cluster: int = 7,
    seed: int = 0,
) -> go.Figure:
    """The largest clusters, joined by the likeness of their centres (average linkage of cosine distances), each with photos drawn at random.

    Beside a row stands the class of `level` that most of the cluster's finest classes have in the given hierarchy, and how many of them.

    Args:
        catalogue: of the N items, with the hierarchy that is given.
        found: of the same N items: their finest classes, then the clusters (`DiscoveredHierarchyLoss.hierarchy`).
        centres: (K, D), a row a cluster of `found`'s second level: the coarse proxies.
    """
    if len(found) != len(catalogue) or found.depth < 2 or found.n_classes[1] != len(centres):
        raise HrlibError(
            f"{len(catalogue)} items, {found} and {len(centres)} centres: expected a discovered hierarchy of these items and a centre a cluster"
        )
    rng = np.random.default_rng(seed)
    sizes = np.bincount(found.ancestors[:, 1], minlength=len(centres))
    chosen = np.sort(np.argsort(-sizes, kind="stable")[:clusters])
    joined, order = _joined(np.asarray(centres, dtype=np.float64)[chosen])
    sheet = figure(title=f"{len(chosen)} of {len(centres)} discovered clusters, joined by likeness")
    for x, y in joined:
        sheet.add_scatter(
            x=x, y=y, mode="lines", line={"color": MUTED, "width": 1.5}, showlegend=False, hoverinfo="skip"
        )
    truth = catalogue.hierarchy.ancestors[:, catalogue.hierarchy.index(level)]
    names = catalogue.hierarchy.names[catalogue.hierarchy.index(level)]
    for row, cluster in enumerate(chosen[order]):
        counts = np.bincount(truth[found.ancestors[:, 1] == cluster], minlength=len(names))
        most = int(counts.argmax())
        label = f"{shortened(names[most], 16)} {counts[most]}/{counts.sum()}"
        items = rng.permutation(np.flatnonzero(found.column(1) == cluster))[:per_cluster]
        for column, item in enumerate(items):
            add_photo(sheet, WIDTH + 0.2 + column, row, catalogue.images[int(item)])
        add_text(sheet, WIDTH + 0.3 + per_cluster, row + 0.45, label, anchor="left", size=12)
    return finish(sheet, columns=WIDTH + 0.3 + per_cluster + 2.4, rows=len(chosen), left=10)


def _joined(centres: np.ndarray) -> tuple[list[tuple[list[float], list[float]]], list[int]]:
    """The dendrogram's lines in cells, leaves at x = WIDTH and y = row + .45, and the order of the leaves."""
    if len(centres) < 2:
        return [], [0]
    from scipy.cluster.hierarchy import dendrogram, linkage  # only now: few notebooks need it

    links = linkage(centres, "average", metric="cosine")
    drawn = dendrogram(links, no_plot=True)
    highest = max(float(links[:, 2].max()), 1e-12)
    # scipy puts the leaf of row r at 10 r + 5
    lines = [
        ([WIDTH * (1 - d / highest) + 0.05 for d in distances], [(p - 5) / 10 + 0.45 for p in places])
        for places, distances in zip(drawn["icoord"], drawn["dcoord"], strict=True)
    ]
    return lines, drawn["leaves"]
