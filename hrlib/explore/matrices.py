"""How far classes are from each other in an embedding space, in the order of the hierarchy."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import torch

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, unit_vectors
from hrlib.explore.photo_sheet import shortened
from hrlib.explore.theme import figure, literal

LARGEST = 500  # classes: their matrix is about a megabyte in the page
LABELS = 45  # that are read along a side


def class_distances(embeddings: Embeddings, hierarchy: Hierarchy, level: str | int = 0) -> np.ndarray:
    """(C, C) float64: the mean cosine distance, 0 to 2, between the items of two classes; on the diagonal between two items of one.

    Exact without the distances of the N items: the mean of 1 - x.y over all pairs of two sets is 1 - (mean x).(mean y). On the diagonal
    the n pairs of an item with itself are taken out; a class of one item has NaN there.

    Args:
        embeddings: (N, D) unit vectors.
        hierarchy: of the N items.
    """
    x = unit_vectors(embeddings, device="cpu")
    if len(x) != len(hierarchy):
        raise HrlibError(f"{len(x)} embeddings for a hierarchy of {len(hierarchy)} items: expected one for each item")
    index = hierarchy.index(level)
    labels, count = torch.from_numpy(hierarchy.column(index).copy()), hierarchy.n_classes[index]
    sums = torch.zeros(count, x.shape[1], dtype=torch.float64).index_add_(0, labels, x.double())
    own = torch.zeros(count, dtype=torch.float64).index_add_(0, labels, x.double().square().sum(1)).numpy()
    sizes = np.bincount(labels, minlength=count)
    products = (sums @ sums.T).numpy()
    distances = 1 - products / (sizes[:, None] * sizes)
    with np.errstate(invalid="ignore", divide="ignore"):
        np.fill_diagonal(distances, 1 - (np.diag(products) - own) / (sizes * (sizes - 1.0)))
    return distances


def distance_matrix(embeddings: Embeddings, hierarchy: Hierarchy, level: str | int = 0) -> go.Figure:
    """`class_distances` as a picture, classes of a superclass side by side: a space that knows the hierarchy has dark blocks along the diagonal.

    Lines stand at the borders of the superclasses, whose names stand along the sides: those of the first level above that has few enough
    for them to be read. The classes' own names are told by the pointer.

    Raises:
        HrlibError: as `class_distances`; more than 500 classes.
    """
    index = hierarchy.index(level)
    name, count = hierarchy.levels[index], hierarchy.n_classes[index]
    if count > LARGEST:
        raise HrlibError(
            f"{count:,} classes at level {name!r}: expected at most {LARGEST} in a picture; take a coarser level, or class_distances"
        )
    table = hierarchy.ancestors_of(index)
    order = np.lexsort(table.T)  # by the coarsest level first, and on each level by name
    distances = class_distances(embeddings, hierarchy, index)[np.ix_(order, order)].astype(np.float32)
    names = [literal(hierarchy.names[index][label]) for label in order]  # not cut: they are places on the axes
    chart = figure(title=f"Mean cosine distance between two items, by {shortened(name, 30)}")
    chart.add_heatmap(
        z=distances,
        x=names,
        y=names,
        colorscale="Cividis",
        colorbar={"thickness": 14, "outlinewidth": 0},
        hovertemplate="%{y}<br>%{x}<br>distance %{z:.2f}<extra></extra>",
    )
    shown, starts = _blocks(hierarchy, index, table[order])
    chart.update_layout(shapes=_borders(starts[1:], count))
    ends = [*starts[1:], count]
    if count <= LABELS:
        places, texts = names, [shortened(hierarchy.names[index][label], 22) for label in order]
    else:  # the superclass stands at the middle one of its classes
        places = [names[(start + end) // 2] for start, end in zip(starts, ends, strict=True)]
        texts = [shortened(text, 22) for text in shown]
    ticks = {
        "type": "category",
        "tickmode": "array",
        "tickvals": places,
        "ticktext": texts,
        "showgrid": False,
        "ticks": "",
    }
    chart.update_xaxes(**ticks, tickangle=-60, tickfont={"size": 11})
    chart.update_yaxes(**ticks, autorange="reversed", tickfont={"size": 11})
    return chart.update_layout(height=680, margin={"l": 10, "r": 10, "t": 48, "b": 10})


def _blocks(hierarchy: Hierarchy, index: int, table: np.ndarray) -> tuple[list[str], list[int]]:
    """The names and first rows of the superclasses in the ordered `ancestors_of`; a level without one above is one block."""
    above = [level for level in range(index + 1, hierarchy.depth) if hierarchy.n_classes[level] <= LABELS]
    if not above and index < hierarchy.depth - 1:
        above = [hierarchy.depth - 1]
    if not above:
        return [""], [0]
    column = table[:, above[0] - index]
    starts = [0, *(np.flatnonzero(np.diff(column)) + 1).tolist()]
    return [hierarchy.names[above[0]][column[start]] for start in starts], starts


def _borders(starts: list[int], count: int) -> list[dict]:
    """A line before each of these rows and columns."""
    line = {"color": "white", "width": 1}
    across = [{"x0": -0.5, "x1": count - 0.5, "y0": start - 0.5, "y1": start - 0.5} for start in starts]
    down = [{"y0": -0.5, "y1": count - 0.5, "x0": start - 0.5, "x1": start - 0.5} for start in starts]
    return [{"type": "line", "line": line} | place for place in across + down]
