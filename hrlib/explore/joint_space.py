"""A map of images and texts in one space: the modality is the mark, the class the colour, and pairs are joined by lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, unit_vectors
from hrlib.explore.points import PLAIN
from hrlib.explore.projection import project_together
from hrlib.explore.scatter import NAMES, side_by_side
from hrlib.explore.theme import MUTED
from hrlib.settings import whole_number

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

MARKS = {"image": "circle", "text": "diamond-open"}


def joint_space(
    spaces: Mapping[str, tuple[Embeddings, Embeddings]],
    catalogue: Catalogue,
    colour: str | int = "superclass",
    *,
    pairs: int = 60,
    method: str = "umap",
    seed: int = 0,
    folder: str | Path | None = None,
    **settings: Any,
) -> go.Figure:
    """The images and texts of some items as points in the plane, both modalities projected together; a panel a space.

    An image is a filled circle, its text an open diamond in the same colour. Lines join some pairs; a click on their entry in the legend hides and
    shows them. Several spaces (models) are projected as by `project_together`, each turned onto the one before. A point's `customdata` is its row.

    Args:
        spaces: name -> the embeddings of the images (N, D) and of a text of each (N, D), unit vectors. Of several texts an item take one, such as
            the first: `texts[np.unique(captions.owner, return_index=True)[1]]`.
        catalogue: of the N items. Some hundred are best seen: `catalogue.subset(rows)`.
        colour: see `scatter`.
        pairs: how many are joined, drawn by `seed`, the same in each space.
        method, seed, folder, settings: see `project`.

    Raises:
        HrlibError: no space, embeddings that are not unit vectors of N items and of one dimension, a negative number of pairs, what `scatter` and `project`
            refuse.
    """
    whole_number("pairs", pairs, 0, "the number of pairs that are joined")
    count = len(catalogue)
    both = {name: _both(name, *modalities, count) for name, modalities in spaces.items()}
    twice = catalogue.subset(np.tile(np.arange(count), 2))
    placed = project_together(both, method, hierarchy=twice.hierarchy, seed=seed, folder=folder, **settings)
    chart = side_by_side(placed, twice, colour)
    for trace in chart.data:
        if trace.customdata is not None:
            marks = np.where(trace.customdata < count, MARKS["image"], MARKS["text"])
            trace.update(marker={"symbol": marks}, customdata=trace.customdata % count)
        elif trace.showlegend is not False:  # a line of the legend: a mark means a modality here, and not a class
            trace.update(marker={"symbol": MARKS["image"]})
    joined = np.sort(np.random.default_rng(seed).permutation(count)[:pairs])
    panels = [{"xaxis": f"x{at}", "yaxis": f"y{at}"} for at in ("", *range(2, len(placed) + 1))]
    lines = [
        _lines(projection.coordinates, joined, number == 0, panel)
        for number, (projection, panel) in enumerate(zip(placed.values(), panels, strict=True))
    ]
    points = chart.data
    chart.add_traces(lines)
    chart.data = (*chart.data[len(points) :], *points)  # the lines beneath
    for name, mark in MARKS.items():
        marker = {"color": MUTED, "symbol": mark, "size": 9, "line": {"width": 0}}
        chart.add_scatter(x=[None], y=[None], mode="markers", name=name, marker=marker, legendrank=1)
    title = f"{NAMES.get(method, method)} of {count:,} images and their texts"
    return chart.update_layout(title=title, margin={"t": 66}, height=chart.layout.height + 26)


def _both(name: str, images: Embeddings, texts: Embeddings, count: int) -> np.ndarray:
    """(2N, D) float32: the images, then the texts."""
    seen, said = (
        unit_vectors(x, f"{kind} of {name!r}", "cpu").numpy() for kind, x in (("images", images), ("texts", texts))
    )
    if seen.shape != said.shape or len(seen) != count:
        raise HrlibError(
            f"{name}: images {seen.shape} and texts {said.shape} for a catalogue of {count}: expected a row an item and as many dimensions in both"
        )
    return np.concatenate([seen, said])


def _lines(xy: np.ndarray, rows: np.ndarray, first: bool, panel: dict[str, str]) -> go.Scatter | go.Scattergl:
    """One trace with a line a pair: image, text, nothing, ..."""
    ends = np.stack([xy[rows], xy[rows + len(xy) // 2], np.full((len(rows), 2), np.nan)], axis=1).reshape(-1, 2)
    kind = go.Scatter if len(xy) <= PLAIN else go.Scattergl
    return kind(
        x=ends[:, 0],
        y=ends[:, 1],
        mode="lines",
        line={"color": MUTED, "width": 1},
        opacity=0.7,
        hoverinfo="skip",
        name=f"{len(rows)} pairs joined",
        legendgroup="pairs",
        legendrank=2,
        showlegend=first and len(rows) > 0,
        **panel,
    )
