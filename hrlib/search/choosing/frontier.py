"""The trade of recall for speed as a figure: every measured point, and the frontier of those that no other beats."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hrlib.search.choosing.candidates import FAMILIES

if TYPE_CHECKING:
    import plotly.graph_objects as go


def frontier(recall: np.ndarray, qps: np.ndarray) -> np.ndarray:
    """Which points (P,) no other dominates: none has as much of both recall and queries a second, and more of one. (P,) bool."""
    recall, qps = np.asarray(recall, float), np.asarray(qps, float)
    as_good = (recall[None] >= recall[:, None]) & (qps[None] >= qps[:, None])
    better = (recall[None] > recall[:, None]) | (qps[None] > qps[:, None])
    return ~np.any(as_good & better, axis=1)


def draw(table: pd.DataFrame, target: float, k: int) -> go.Figure:
    """`Choice.table` as recall against queries a second, on a log axis: a colour and a mark a family, a line through the frontier."""
    # hrlib.explore brings plotly and, through the losses, pytorch-metric-learning: a store that only searches needs neither
    from hrlib.explore.colours import MARKS
    from hrlib.explore.theme import MUTED, PALETTE, figure

    chart = figure(title=f"Recall@{k} and queries a second, one query at a time on one core")
    edge = table[table["frontier"]].sort_values("recall")
    chart.add_scatter(
        x=edge["recall"].tolist(),
        y=edge["qps"].tolist(),
        mode="lines",
        name="frontier",
        line={"color": MUTED, "width": 1.5},
        hoverinfo="skip",
    )
    for number, family in enumerate(FAMILIES):
        rows = table[table["family"] == family]
        if len(rows):
            _points(chart, rows, family, {"color": PALETTE[number], "symbol": MARKS[number]})
    chosen = table[table["chosen"]].iloc[0]
    chart.add_scatter(
        x=[chosen["recall"]],
        y=[chosen["qps"]],
        mode="markers",
        name=f"the choice: {html.escape(_named(chosen))}",
        marker={"symbol": "circle-open", "size": 22, "color": "#D55E00", "line": {"width": 3}},
        hoverinfo="skip",
    )
    low = max(0.0, min(0.5, target - 0.1, chosen["recall"] - 0.05))
    shown = table.loc[table["recall"] >= low, "qps"]
    ends = [math.log10(shown.min()) - 0.15, math.log10(shown.max()) + 0.15]
    chart.add_scatter(
        x=[target, target],
        y=[10 ** ends[0], 10 ** ends[1]],
        mode="lines",
        name=f"target {target:g}",
        line={"color": MUTED, "dash": "dash", "width": 1.5},
        hoverinfo="skip",
    )
    room = 0.03 * (1 - low)
    chart.update_xaxes(title=f"recall@{k} on held-out queries", range=[low - room, 1 + room], zeroline=False)
    ticks = [step * 10**power for power in range(8) for step in (1, 2, 5)]
    ticks = [tick for tick in ticks if ends[0] <= math.log10(tick) <= ends[1]]
    chart.update_yaxes(
        title="queries a second", type="log", range=ends, tickvals=ticks, ticktext=[f"{tick:,}" for tick in ticks]
    )
    return chart.update_layout(height=540, legend={"orientation": "h", "y": -0.2}, margin={"b": 130})


def _points(chart: go.Figure, rows: pd.DataFrame, family: str, style: dict) -> None:
    style = style | {"size": [10 if best else 7 for best in rows["frontier"]]}
    chart.add_scatter(
        x=rows["recall"].tolist(),
        y=rows["qps"].tolist(),
        mode="markers",
        name=family,
        marker=style | {"opacity": 0.85, "line": {"width": 0}},
        text=[html.escape(_named(row)) for _, row in rows.iterrows()],
        customdata=rows[["megabytes", "p95_us"]].round(1).to_numpy().tolist(),
        hovertemplate=(
            "%{text}<br>recall %{x:.3f}, %{y:,.0f} queries a second<br>%{customdata[0]:,} MB, "
            "95% within %{customdata[1]:,} µs<extra></extra>"
        ),
    )


def _named(row: pd.Series) -> str:
    return " ".join([row["index"], row["search"]]).strip()
