"""Where a loss has its proxies among the items: the fine ones as squares, each joined to its coarse proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
import torch
from torch import Tensor

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, same_dimensions, unit_vectors
from hrlib.explore.colours import colours
from hrlib.explore.groups import by_level
from hrlib.explore.legends import legend, points_height
from hrlib.explore.photo_sheet import shortened
from hrlib.explore.points import PLAIN, add_caption, bare_axes, checked_length, grey_points, hover_texts, point_traces
from hrlib.explore.projection import project
from hrlib.explore.theme import MUTED, figure
from hrlib.losses import DiscoveredHierarchyLoss, HierarchicalProxyLoss
from hrlib.losses.unit import unit

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue


def proxy_map(
    embeddings: Embeddings,
    catalogue: Catalogue,
    loss: HierarchicalProxyLoss,
    method: str = "umap",
    *,
    seed: int = 0,
    **settings: Any,
) -> go.Figure:
    """The training items with the proxies of their loss, as in the figures of Yang et al. (WACV 2022, arXiv 2103.13538).

    Items are small points, fine proxies squares in the colour of their class, coarse proxies larger diamonds; a thin line joins a proxy
    to the one above it. All are projected together, the proxies as the unit vectors that the loss compares with; the measures below the
    picture are of items and proxies.

    Args:
        embeddings: (N, D) unit vectors of the items that the loss was trained on.
        catalogue: of those items.
        loss: a hierarchical one, given or discovered; with one weight (flat) it has no coarse proxies.
        method, seed, settings: see `project`.

    Raises:
        HrlibError: a loss without proxies or of other classes, embeddings of another number or dimension.
    """
    items = checked_length(unit_vectors(embeddings, device="cpu"), catalogue)
    tree, ancestors, proxies = _proxies_of(loss, catalogue.hierarchy)
    together = torch.cat([items, *(same_dimensions(items, level) for level in proxies)])
    # the hierarchy of all points: a proxy stands for the first item of its class
    first = [np.unique(tree.column(level), return_index=True)[1] for level in range(len(proxies))]
    standing = tree.subset(np.concatenate([np.arange(len(items)), *first]))
    made = project(together.numpy(), method, hierarchy=standing, seed=seed, **settings)
    points, *places = np.split(made.coordinates, np.cumsum([len(items), *map(len, proxies)])[:-1])
    divided = by_level(tree, 0)
    counts = ", ".join(f"{len(own):,} {shortened(name, 24)}" for name, own in zip(tree.levels, proxies, strict=False))
    chart = figure(title=f"{len(items):,} items and their proxies: {counts}", legend=legend(divided))
    chart.add_trace(grey_points(points))
    chart.add_traces(point_traces(points, divided, hover_texts(catalogue)))
    chart.update_traces(marker={"size": 4, "opacity": 0.55}, selector=lambda trace: trace.customdata is not None)
    for level in range(1, len(proxies)):
        chart.add_trace(_joints(places[level - 1], places[level], ancestors[:, level - 1 : level + 1]))
    for level, place in enumerate(places):
        chart.add_trace(_marks(place, tree, level))
    bare_axes(chart).update_yaxes(scaleanchor="x")
    below = add_caption(chart, made.caption(), characters=125)
    return chart.update_layout(
        height=points_height(divided, more=2) + 60 + below, margin={"l": 10, "r": 10, "t": 48, "b": below + 12}
    )


def _proxies_of(loss: HierarchicalProxyLoss, given: Hierarchy) -> tuple[Hierarchy, np.ndarray, list[Tensor]]:
    """The hierarchy that the loss has of these items, (C_0, L) the classes of each fine proxy, and each level's proxies as unit vectors."""
    if not isinstance(loss, HierarchicalProxyLoss):
        raise HrlibError(
            f"a loss {type(loss).__name__}: expected HierarchicalProxyLoss or DiscoveredHierarchyLoss, which have proxies a level"
        )
    own = loss.ancestors.cpu().numpy()
    proxies = [unit(level.detach().cpu()) for level in loss.level_proxies()]
    # clusters that have no class, of a discovered hierarchy, are not shown
    used = [np.unique(own[:, level]) for level in range(len(proxies))]
    ancestors = np.stack([np.searchsorted(classes, own[:, level]) for level, classes in enumerate(used)], axis=1)
    tree = given
    if isinstance(loss, DiscoveredHierarchyLoss) and given.n_classes[0] == len(own):
        tree = loss.hierarchy(given) if loss.discovered else given.select([0])
    if not np.array_equal(tree.ancestors[:, : len(proxies)], ancestors):
        raise HrlibError(
            f"a loss over {len(own)} classes ({', '.join(loss.levels)}) for items of {given}: expected the very items it was trained on"
        )
    return tree, ancestors, [level[classes] for level, classes in zip(proxies, used, strict=True)]


def _joints(fine: np.ndarray, coarse: np.ndarray, parents: np.ndarray) -> go.Scatter:
    """Thin lines from the proxies of one level to those above; parents: (C_0, 2), their labels on both levels."""
    pairs = np.unique(parents, axis=0)
    lines = np.full((len(pairs), 3, 2), np.nan, dtype=np.float32)  # the third point is a gap
    lines[:, 0], lines[:, 1] = fine[pairs[:, 0]], coarse[pairs[:, 1]]
    x, y = lines.reshape(-1, 2).T
    line = {"color": MUTED, "width": 1}
    return go.Scatter(x=x, y=y, mode="lines", line=line, opacity=0.7, hoverinfo="skip", showlegend=False, name="")


def _marks(place: np.ndarray, tree: Hierarchy, level: int) -> go.Scatter | go.Scattergl:
    """The proxies of a level: squares, and above the finest level diamonds; what they are called is text."""
    kind = go.Scatter if len(place) <= PLAIN else go.Scattergl
    size = 8 if level == 0 and len(place) > 60 else 11 if level == 0 else 15 + 4 * level
    marker = {
        "color": colours(tree, level),
        "symbol": "diamond" if level else "square",
        "size": size,
        "line": {"width": 1 if level == 0 else 2.5},
    }
    names = [shortened(name, 40) for name in tree.names[level]]
    return kind(
        x=place[:, 0],
        y=place[:, 1],
        mode="markers",
        marker=marker,
        name=f"proxy of a {shortened(tree.levels[level], 18)}",
        legendgroup=f"proxies {level}",
        hovertext=names,
        hovertemplate="proxy of %{hovertext}<extra></extra>",
    )
