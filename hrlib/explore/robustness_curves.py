"""Degraded queries: how much worse retrieval gets with each severity, and what the severities look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from hrlib.degradation import KINDS, degrade
from hrlib.errors import HrlibError
from hrlib.explore.photo_sheet import add_photo, add_text, finish
from hrlib.explore.theme import DASHES, PALETTE, figure, literal

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross")
CELL = 112  # pixels of a photo's cell in the examples: what is wrong with a photo is to be seen


def robustness_curves(tables: Mapping[str, pd.DataFrame], metric: str) -> go.Figure:
    """A metric against the severity for each model, a panel a kind of degradation; severity 0 is the clean photos.

    Tables of several seeds in one, with a column "seed", give their mean, and bars from the lowest seed to the highest.

    Args:
        tables: name of a model -> what `robustness` returned.
        metric: one of those in the tables.

    Raises:
        HrlibError: no tables, or one without the metric.
    """
    if not tables:
        raise HrlibError("no tables: expected at least one, by name")
    chosen = {name: _chosen(table, name, metric) for name, table in tables.items()}
    kinds = list(dict.fromkeys(kind for table in chosen.values() for kind in table["kind"]))
    across = min(3, len(kinds))
    down = -(-len(kinds) // across)
    drawn = make_subplots(
        down,
        across,
        subplot_titles=[literal(kind) for kind in kinds],
        horizontal_spacing=0.04,
        vertical_spacing=0.27 / down,
        figure=figure(title=f"{literal(metric)} by how much the query is degraded"),
    )
    for number, (name, table) in enumerate(chosen.items()):
        beside = 0.08 * (number - (len(chosen) - 1) / 2)  # bars of two models do not hide each other
        for panel, kind in enumerate(kinds):
            line = _line(table[table["kind"] == kind], number, beside)
            line |= {"name": literal(name), "legendgroup": name, "showlegend": panel == 0}
            drawn.add_scatter(**line, row=panel // across + 1, col=panel % across + 1)
    values = pd.concat(chosen.values())["value"]
    low, high = min(0.0, values.min()), max(0.0, values.max())
    room = 0.05 * (high - low or 1.0)
    drawn.update_xaxes(range=[-0.4, 5.4], dtick=1, tickformat="d", zeroline=False)
    drawn.update_yaxes(range=[low - room * (low < 0), high + room], showticklabels=False)
    drawn.update_xaxes(title="severity", row=down).update_yaxes(showticklabels=True, col=1)
    legend = {"orientation": "h", "x": 0, "y": -0.27 / down, "yanchor": "top"}
    return drawn.update_layout(height=150 + 230 * down, legend=legend, margin={"t": 72})


def _chosen(table: pd.DataFrame, name: str, metric: str) -> pd.DataFrame:
    chosen = table[table["metric"] == metric].dropna(subset="value")
    if chosen.empty:
        there = ", ".join(map(str, table["metric"].unique()))
        raise HrlibError(f"{name}: no values of the metric {metric!r}; the table has {there}")
    return chosen


def _line(table: pd.DataFrame, number: int, beside: float) -> dict:
    """One model in one panel: its mean over the seeds by severity."""
    over = table.groupby("severity")["value"].agg(["mean", "min", "max"])
    style = number % len(PALETTE)
    line = {
        "x": (over.index + beside).tolist(),
        "y": over["mean"].tolist(),
        "mode": "lines+markers",
        "line": {"color": PALETTE[style], "dash": DASHES[style], "width": 2},
        "marker": {"symbol": SYMBOLS[style], "size": 8, "color": PALETTE[style], "line": {"width": 0}},
        "customdata": over.index.tolist(),
        "hovertemplate": "severity %{customdata}: %{y:.3f}",
    }
    if "seed" in table:
        spread = {"array": (over["max"] - over["mean"]).tolist(), "arrayminus": (over["mean"] - over["min"]).tolist()}
        line["error_y"] = {"type": "data", "symmetric": False, "thickness": 1.5, "width": 4, **spread}
    return line


def degraded_examples(catalogue: Catalogue, row: int, kinds: Sequence[str] = KINDS, seed: int = 0) -> go.Figure:
    """One photo of the catalogue in every severity: a row a kind, clean on the left, worst on the right.

    As `robustness` degrades it with the same seed.
    """
    if not 0 <= row < len(catalogue):
        raise HrlibError(f"row is {row}: expected 0 to {len(catalogue) - 1}, an item of the catalogue")
    sheet = figure(title=f"Photo {row} degraded, severity 0 (clean) to 5")
    high, wide = catalogue.images.size
    for severity in range(6):
        add_text(sheet, severity + 0.45 * min(1, wide / high), -0.14, str(severity))
    for line, kind in enumerate(kinds):
        add_text(sheet, 0, line + 0.45, kind, anchor="right", shift=-10)
        for severity in range(6):
            add_photo(sheet, severity, line, degrade(catalogue.images[[row]], kind, severity, seed, [row])[0])
    return finish(sheet, columns=6, rows=len(kinds), left=90, cell=CELL)
