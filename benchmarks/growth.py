"""What `scaling.py` makes of its measurements: what the next size would take, slopes with their intervals, and the figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from scipy import stats

from hrlib.explore.robustness_curves import SYMBOLS
from hrlib.explore.theme import MUTED, PALETTE, figure


def predicted(spent: dict[int, float], n: int) -> float:
    """Seconds at n by those at smaller sizes: along the power of the last two, at least 1; after a single one as the square."""
    sizes = list(spent)[-2:]
    power = 2.0
    if len(sizes) == 2:
        power = max(1.0, float(np.log(spent[sizes[1]] / spent[sizes[0]]) / np.log(sizes[1] / sizes[0])))
    return spent[sizes[-1]] * (n / sizes[-1]) ** power


def slope(sizes: list[int], values: list[float]) -> dict[str, float | None] | None:
    """The exponent b of values = a * sizes^b by least squares of the logarithms, with Student's 95% interval; None of one size."""
    if len(sizes) < 2:
        return None
    x, y = np.log(sizes), np.log(np.maximum(values, 1e-9))
    x, free = x - x.mean(), len(x) - 2
    b = float(x @ y / (x @ x))
    off = y - y.mean() - b * x
    half = float(stats.t.ppf(0.975, free) * np.sqrt(off @ off / free / (x @ x))) if free else None
    return {"slope": b, "low": b - half if free else None, "high": b + half if free else None, "sizes": len(sizes)}


def told(found: dict | None) -> str:
    """A slope in words: "N^1.02 [0.98, 1.06]"."""
    if found is None:
        return "one size"
    interval = f" [{found['low']:.2f}, {found['high']:.2f}]" if found["low"] is not None else ""
    return f"N^{found['slope']:.2f}{interval}"


def slopes(rows: list[dict]) -> dict[str, dict]:
    """For each part the slopes of its seconds and of its memory, above what is noise there: 4 MB."""
    found = {}
    for what, part in pd.DataFrame(rows).groupby("what", sort=False):
        large = part[part["mb"] >= 4]
        found[what] = {key: slope(of["n"].tolist(), of[key].tolist()) for key, of in (("seconds", part), ("mb", large))}
    return found


def draw(rows: list[dict], fitted: dict[str, dict]) -> go.Figure:
    """Seconds and memory by the number of items, both logarithmic: a colour a thing, and for the queries of a store a dotted line."""
    table = pd.DataFrame(rows)
    titles = ("seconds", "memory beyond the data, MB")
    drawn = make_subplots(1, 2, subplot_titles=titles, horizontal_spacing=0.09, figure=figure())
    kinds = list(dict.fromkeys(what.partition(":")[0] for what in table["what"]))
    for what, part in table.groupby("what", sort=False):
        number, asked = kinds.index(what.partition(":")[0]), what.endswith("queries")
        style = {"color": PALETTE[number], "dash": "dot" if asked else "solid", "width": 2.5}
        mark = {"symbol": SYMBOLS[number] + ("-open" if asked else ""), "size": 9}
        shared = {"mode": "lines+markers", "line": style, "marker": mark, "legendgroup": what}
        name = f"{what}: {told(fitted[what]['seconds'])}"
        drawn.add_scatter(x=part["n"].tolist(), y=part["seconds"].tolist(), name=name, **shared, row=1, col=1)
        if not asked:  # queries hold next to nothing
            held = part["mb"].clip(lower=1).tolist()
            drawn.add_scatter(x=part["n"].tolist(), y=held, name=what, showlegend=False, **shared, row=1, col=2)
    ends = [int(table["n"].min()), int(table["n"].max())]
    for power, dash in ((1, "dash"), (2, "longdashdot")):
        guide = {"color": MUTED, "dash": dash, "width": 1}
        low = float(table["seconds"].min())
        y = [low, low * (ends[1] / ends[0]) ** power]
        drawn.add_scatter(x=ends, y=y, name=f"as N^{power}", mode="lines", line=guide, row=1, col=1)
    sizes = sorted(set(table["n"]))
    names = [f"{n // 1_000:,}k" if n < 1_000_000 else f"{n // 1_000_000}M" for n in sizes]
    drawn.update_xaxes(type="log", title="items", tickvals=sizes, ticktext=names).update_yaxes(type="log")
    drawn.update_yaxes(range=[np.log10(low / 2), np.log10(4 * table["seconds"].max())], col=1)
    legend = {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"}
    title = "How cost grows with the number of items"
    return drawn.update_layout(title=title, height=620, width=1100, legend=legend, margin={"t": 90})
