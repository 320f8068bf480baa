"""Points of a picture as plotly traces: one a class, small enough for 50,000 items; what stands around them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from hrlib.catalogue.captions import first_texts
from hrlib.errors import HrlibError
from hrlib.explore.colours import GREY, to_lch
from hrlib.explore.groups import Groups
from hrlib.explore.legends import entry, folded
from hrlib.explore.photo_sheet import shortened
from hrlib.explore.theme import literal

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

PLAIN = 2_000  # up to so many points are drawn as SVG and carry a text each; more by WebGL (a page has 8 to 16 of its contexts)
TRACES = 60  # with more groups than this a family is one trace, its points coloured by a scale of its shades
MOST = 300  # traces at all


def point_traces(
    xy: np.ndarray, divided: Groups, texts: np.ndarray | None, legend: bool = True, **panel: Any
) -> list[go.Scatter | go.Scattergl]:
    """A trace for each group, or for each family where there are many; `customdata` holds the rows of the catalogue.

    Args:
        xy: (N, 2) float32.
        texts: (N,) what a point says when pointed at (`hover_texts`), or None: the name of its trace and its row.
        legend: whether these traces are in the legend (of several panels one is).
        panel: xaxis and yaxis of the traces.
    """
    kind = go.Scatter if len(xy) <= PLAIN else go.Scattergl
    fold = folded(divided)
    made = []
    for rows, name, family, marker in _parts(divided):
        in_family = divided.families_are is not None
        title = (
            {"legendgrouptitle": {"text": shortened(divided.family_names[family], 24)}}
            if in_family and not fold
            else {}
        )
        made.append(
            kind(
                x=xy[rows, 0],
                y=xy[rows, 1],
                mode="markers",
                name=shortened(name, 28),
                legendgroup=str(family),
                showlegend=legend and not fold,
                marker={"size": _size(len(xy)), "opacity": 0.8, "line": {"width": 0}, **marker},
                customdata=rows.astype(np.int32),
                hovertext=None if texts is None else texts[rows],
                hovertemplate=("%{hovertext}" if texts is not None else "%{fullData.name}<br>row %{customdata}")
                + "<extra></extra>",
                **title,
                **panel,
            )
        )
    if fold and legend:
        made += [entry(divided, family, **panel) for family in np.unique(divided.families)]
    return made


def grey_points(xy: np.ndarray, **panel: Any) -> go.Scatter | go.Scattergl:
    """All points in grey, for beneath the others: what the legend switches off is seen as grey, and not gone."""
    kind = go.Scatter if len(xy) <= PLAIN else go.Scattergl
    marker = {"color": GREY, "size": 0.7 * _size(len(xy)), "opacity": 0.45, "line": {"width": 0}}
    return kind(
        x=xy[:, 0], y=xy[:, 1], mode="markers", marker=marker, showlegend=False, hoverinfo="skip", name="", **panel
    )


def hover_texts(catalogue: Catalogue) -> np.ndarray | None:
    """(N,) object: each item's title (or id, without captions) and path in the hierarchy, with markup shown as text; None for more than `PLAIN` items."""
    if len(catalogue) > PLAIN:
        return None
    shown = first_texts(catalogue.items[catalogue.caption or "id"])
    first = [shortened(title or "", 70) for title in shown]
    paths = [shortened(" › ".join(catalogue.hierarchy.path(row)), 90) for row in range(len(catalogue))]
    return np.array([f"<b>{title}</b><br>{path}" for title, path in zip(first, paths, strict=True)], dtype=object)


def checked(coordinates: np.ndarray, catalogue: Catalogue, name: str = "the projection") -> np.ndarray:
    """(N, 2) float32, or an HrlibError where it is not of the catalogue's items."""
    if coordinates.shape != (len(catalogue), 2):
        raise HrlibError(
            f"{name} has coordinates {coordinates.shape} for a catalogue of {len(catalogue)} items: expected "
            f"({len(catalogue)}, 2); project the embeddings of these items"
        )
    return np.ascontiguousarray(coordinates, dtype=np.float32)


def checked_length(embeddings: Any, catalogue: Catalogue) -> Any:
    """The embeddings, if there is one for each item."""
    if len(embeddings) != len(catalogue):
        raise HrlibError(
            f"{len(embeddings)} embeddings for a catalogue of {len(catalogue)} items: expected one for each item"
        )
    return embeddings


def caption_lines(text: str, characters: int) -> tuple[str, int]:
    """A caption broken into lines of about so many characters, with markup shown as text, and the number of lines."""
    lines = textwrap.wrap(text, characters) or [""]
    return "<br>".join(map(literal, lines)), len(lines)


def add_caption(chart: go.Figure, text: str, characters: int, shift: int = 8, panel: str = "paper") -> int:
    """Print a caption `shift` pixels below the points; `panel` is "paper" or the number of a subplot ("", "2", ...). Returns its height."""
    lines, count = caption_lines(text, characters)
    refs = ("paper", "paper") if panel == "paper" else (f"x{panel} domain", f"y{panel} domain")
    chart.add_annotation(
        text=lines,
        xref=refs[0],
        yref=refs[1],
        x=0,
        y=0,
        xanchor="left",
        yanchor="top",
        yshift=-shift,
        align="left",
        showarrow=False,
        font={"size": 12},
    )
    return 16 * count + shift


def bare_axes(chart: go.Figure) -> go.Figure:
    """No ticks, which have no meaning in a projection; a step to the right is as long as a step up."""
    frame = {"showgrid": False, "zeroline": False, "showticklabels": False, "showline": True, "mirror": True}
    return chart.update_xaxes(**frame, linecolor=GREY).update_yaxes(**frame, linecolor=GREY)


def _parts(divided: Groups) -> Iterator[tuple[np.ndarray, str, int, dict[str, Any]]]:
    """The rows of each trace, its name, its family and its marker; groups of a family follow each other."""
    whole = len(divided) > TRACES and divided.families_are is not None
    count = len(divided.family_names) if whole else len(divided)
    if count > MOST:
        raise HrlibError(
            f"{count:,} classes at {divided.by!r}: expected at most {MOST} colours; colour by a coarser level"
        )
    members = divided.families[divided.labels] if whole else divided.labels
    order = np.argsort(members, kind="stable")
    rows_of = np.split(order, np.searchsorted(members[order], np.arange(1, count)))
    if not whole:
        for group in np.argsort(divided.families, kind="stable"):
            marker = {"color": divided.colours[group], "symbol": divided.marks[group]}
            if len(rows_of[group]):
                yield rows_of[group], divided.names[group], int(divided.families[group]), marker
        return
    for family, rows in enumerate(rows_of):
        mine = np.flatnonzero(divided.families == family)
        if len(rows):
            yield rows, divided.family_names[family], family, _shaded(divided, mine, divided.labels[rows])


def _shaded(divided: Groups, mine: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """A marker of a family's points: a number each, and the scale of the family's shades from dark to light."""
    symbol = divided.marks[mine[0]]
    if len(mine) == 1:
        return {"color": divided.colours[mine[0]], "symbol": symbol}
    ladder = sorted((divided.colours[group] for group in mine), key=lambda colour: to_lch(colour)[0])
    rank = {colour: number for number, colour in enumerate(ladder)}
    numbers = np.zeros(len(divided), dtype=np.int16)
    numbers[mine] = [rank[divided.colours[group]] for group in mine]
    # the shades of a hue lie on a line: a few stops give them all
    stops = np.unique(np.linspace(0, len(ladder) - 1, 9).round().astype(int))
    scale = [[stop / (len(ladder) - 1), ladder[stop]] for stop in stops]
    return {
        "color": numbers[labels],
        "cmin": 0,
        "cmax": len(ladder) - 1,
        "colorscale": scale,
        "showscale": False,
        "symbol": symbol,
    }


def _size(points: int) -> float:
    return 8 if points <= 600 else 6.5 if points <= PLAIN else 4 if points <= 12_000 else 3
