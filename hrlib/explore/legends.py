"""The legend of a map: one line a class, or where there are many one a superclass; a click greys a superclass."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from hrlib.explore.groups import Groups
from hrlib.explore.photo_sheet import shortened

FOLDED = 20  # with more groups than this the legend shows their families only


def legend(divided: Groups) -> dict[str, Any]:
    """The legend's layout: right of the points, scrolling where it is long; a click greys a whole family."""
    shown = (
        f"{shortened(divided.families_are, 24)}<br>(shades: {shortened(divided.by, 24)})"
        if folded(divided)
        else shortened(divided.by, 24)
    )
    return {
        "title": {"text": shown},
        "groupclick": "togglegroup",
        "itemsizing": "constant",
        "tracegroupgap": 0 if folded(divided) or divided.families_are is None else 6,
        "x": 1.01,
        "y": 1,
        "yref": "paper",
    }


def folded(divided: Groups) -> bool:
    """Whether the legend shows the families only."""
    return len(divided) > FOLDED and divided.families_are is not None


def family_mark(divided: Groups, family: int) -> str:
    """The mark that all groups of a family have; a circle where theirs differ."""
    marks = {divided.marks[group] for group in np.flatnonzero(divided.families == family)}
    return marks.pop() if len(marks) == 1 else "circle"


def legend_height(divided: Groups, width: int | None = None) -> int:
    """About how many pixels a legend takes: below the points on a page of this width, or (None) beside them."""
    families = divided.families_are is not None and not folded(divided)
    names = divided.family_names if folded(divided) else divided.names
    sizes = np.bincount(divided.families) if families else np.zeros(len(names), np.int64)
    across = 1 if width is None else max(1, width // (50 + 7 * min(28, max(map(len, names)))))
    # entries stand beside each other, or families with their entries below each other
    rows = [int(sizes[start : start + across].max()) + 1 for start in range(0, len(sizes), across)]
    return 20 * (sum(rows) + 2) + (10 * len(rows) if families else 0)


def points_height(divided: Groups, more: int = 0) -> int:
    """Pixels of a picture with the legend (and `more` entries) beside it: as many as the legend needs, up to where it had better scroll."""
    return min(max(440, legend_height(divided) + 19 * more), 640)


def entry(divided: Groups, family: int, **panel: Any) -> go.Scatter:
    """A line of a folded legend, which switches the traces of its family."""
    marker = {"color": divided.family_colours[family], "symbol": family_mark(divided, family), "size": 9}
    name = shortened(divided.family_names[family], 28)
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=name,
        legendgroup=str(family),
        marker=marker | {"line": {"width": 0}},
        **panel,
    )
