"""How well the attributes of items are told, as a chart."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from hrlib.explore.theme import PALETTE, figure, literal


def attribute_accuracy_chart(table: pd.DataFrame) -> go.Figure:
    """The table of `AttributeLoss.accuracy` as bars, each beside what always guessing the most frequent value reaches."""
    # the number stands in the label, where no mark can cover it
    shares = ["nothing known" if share != share else f"{share:.0%}" for share in table["accuracy"]]
    names = [
        literal(f"{name}, {n} values: {share}")
        for (name, n), share in zip(table["values"].items(), shares, strict=True)
    ]
    chart = figure(title="Attributes told from the embedding")
    chart.add_bar(y=names, x=table["accuracy"].tolist(), name="right", orientation="h", marker={"color": PALETTE[0]})
    for column, name, symbol, colour in (
        ("balanced_accuracy", "right, mean over the values", "circle", PALETTE[4]),
        ("majority", "always the most frequent value", "diamond", PALETTE[1]),
    ):
        marker = {"symbol": symbol, "size": 12, "color": colour, "line": {"color": "white", "width": 1}}
        chart.add_scatter(x=table[column].tolist(), y=names, name=name, mode="markers", marker=marker)
    chart.update_xaxes(tickformat=".0%", range=[0, 1])
    chart.update_yaxes(autorange="reversed", ticksuffix="  ")
    return chart.update_layout(height=170 + 40 * len(table), legend={"orientation": "h", "y": -0.3})
