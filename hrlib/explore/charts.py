"""Charts: learning curves, comparisons with their intervals, where the mistakes go, and the tree itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.evaluation import neighbours
from hrlib.explore.theme import DASHES, MUTED, PALETTE, figure, literal


def curves(histories: dict[str, pd.DataFrame], metric: str = "map@r", x: str = "epoch") -> go.Figure:
    """A column of several runs' histories (`Run.history`) over the epochs: how quickly each learns."""
    chart = figure(title=literal(f"{metric} by {x}"))
    for number, (name, history) in enumerate(histories.items()):
        style = number % len(PALETTE)
        across = history.index if x == "epoch" else history[x]
        line = {"color": PALETTE[style], "dash": DASHES[style], "width": 2.5}
        chart.add_scatter(
            x=list(across), y=history[metric].round(5).tolist(), name=literal(name), mode="lines+markers", line=line
        )
    chart.update_xaxes(
        title=literal(x),
        tickformat="d" if x == "epoch" else None,
        dtick=1 if x == "epoch" and len(across) <= 20 else None,
    )
    chart.update_yaxes(title=literal(metric))
    return chart.update_layout(legend={"orientation": "h", "y": -0.25}, height=380)


def differences(intervals: pd.DataFrame, title: str) -> go.Figure:
    """Differences with their intervals (columns mean, low, high; a row each) as points with bars beside a line at zero."""
    chart = figure(title=literal(title))
    spread = {
        "type": "data",
        "symmetric": False,
        "array": (intervals["high"] - intervals["mean"]).tolist(),
        "arrayminus": (intervals["mean"] - intervals["low"]).tolist(),
        "thickness": 2,
        "width": 6,
    }
    index = [" ".join(map(str, name)) if isinstance(name, tuple) else name for name in intervals.index]
    names = [literal(name) for name in index]
    chart.add_scatter(
        x=intervals["mean"].tolist(), y=names, mode="markers", error_x=spread, marker={"size": 9}, showlegend=False
    )
    chart.add_vline(x=0, line={"color": MUTED, "dash": "dot"})
    chart.update_yaxes(autorange="reversed", ticksuffix="  ")
    return chart.update_layout(height=150 + 34 * len(intervals))


def mistake_heights(embeddings: dict[str, np.ndarray], hierarchy: Hierarchy) -> pd.DataFrame:
    """For each space, how the nearest neighbours divide by the height of the lowest common ancestor with their query.

    Returns a DataFrame: a row a space, a column a height, named by the level at which the two meet ("product": it is right; "root":
    they share nothing); shares that add up to 1.
    """
    names = [*hierarchy.levels, "root"]
    rows = {}
    for name, vectors in embeddings.items():
        nearest, _ = neighbours(vectors, 1)
        heights = hierarchy.lca_height(np.arange(len(hierarchy)), nearest[:, 0])
        rows[name] = np.bincount(heights, minlength=len(names)) / len(heights)
    return pd.DataFrame(rows, index=names).T


def mistake_chart(shares: pd.DataFrame) -> go.Figure:
    """`mistake_heights` as stacked bars: the further right a part ends, the further up the tree the mistakes go."""
    patterns = ("", "/", ".", "x", "-")
    chart = figure(title="Where the nearest neighbour meets its query in the hierarchy", barmode="stack")
    for number, level in enumerate(shares.columns):
        label = f"same {literal(level)}" if level != "root" else "nothing shared"
        chart.add_bar(
            y=[literal(name) for name in shares.index],
            x=shares[level].tolist(),
            name=label,
            orientation="h",
            text=[f"{share:.0%}" if share >= 0.03 else "" for share in shares[level]],
            textposition="inside",
            insidetextanchor="middle",
            textfont={"color": "white"},
            marker={
                "color": ("#009E73", "#0072B2", "#B35900", "#8A4FB0", "#6B6B6B")[number % 5],
                "pattern": {
                    "shape": patterns[number % 5],
                    "fillmode": "overlay",
                    "fgcolor": "white",
                    "fgopacity": 0.25,
                },
            },
        )
    chart.update_xaxes(tickformat=".0%", range=[0, 1])
    chart.update_yaxes(autorange="reversed", ticksuffix="  ")
    return chart.update_layout(
        height=190 + 50 * len(shares), legend={"orientation": "h", "y": -0.35, "traceorder": "normal"}
    )


def tree(hierarchy: Hierarchy, levels: tuple[str, ...] | None = None) -> go.Figure:
    """The hierarchy as a treemap, areas by the number of items. Drawn from the second level up unless `levels` says otherwise."""
    shown = hierarchy.select(levels or (hierarchy.levels[1:] if hierarchy.depth > 1 else hierarchy.levels))
    ids, labels, parents, values = [], [], [], []
    for level in reversed(range(shown.depth)):
        counts = np.bincount(shown.labels[:, level], minlength=shown.n_classes[level])
        for label, name in enumerate(shown.names[level]):
            ids.append(f"{level}/{label}")
            labels.append(literal(name))
            parents.append("" if level == shown.depth - 1 else f"{level + 1}/{shown.parents[level][label]}")
            values.append(int(counts[label]))
    chart = figure(title=literal(f"{len(hierarchy)} items by {', '.join(reversed(shown.levels))}"))
    chart.add_treemap(
        ids=ids,
        labels=labels,
        parents=parents,
        values=values,
        branchvalues="total",
        textinfo="label+value",
    )
    return chart.update_layout(height=460, margin={"l": 10, "r": 10, "t": 50, "b": 10}, treemapcolorway=PALETTE[:6])
