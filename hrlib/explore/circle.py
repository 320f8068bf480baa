"""A proxy loss at work in two dimensions, with no network: points and proxies on a circle follow its gradient."""

from __future__ import annotations

import math
from collections.abc import Callable

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from hrlib.explore.colours import MARKS
from hrlib.explore.theme import PALETTE, figure


def descend(
    loss: Callable[[Tensor, Tensor, Tensor], Tensor],
    classes: int = 3,
    points: int = 20,
    steps: int = 120,
    rate: float = 0.1,
    seed: int = 0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Follow the gradient of loss(embeddings, labels, proxies) from a random start.

    Returns the unit vectors of the points at each step (steps + 1, classes x points, 2), those of the proxies (steps + 1, classes, 2),
    and the labels (classes x points,).
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(classes).repeat_interleave(points)
    angles = 2 * math.pi * torch.rand(len(labels) + classes, generator=generator)
    angles.requires_grad_()
    optimizer = torch.optim.Adam([angles], lr=rate)
    path = []
    for _ in range(steps + 1):
        vectors = torch.stack([angles.cos(), angles.sin()], 1)
        path.append(vectors.detach())
        optimizer.zero_grad()
        loss(vectors[classes:], labels, vectors[:classes]).backward()
        optimizer.step()
    path = torch.stack(path)
    return path[:, classes:], path[:, :classes], labels


def proxies_on_a_circle(
    loss: Callable[[Tensor, Tensor, Tensor], Tensor], steps: int = 120, seed: int = 0, **settings
) -> go.Figure:
    """Four moments of `descend`: points as marks, proxies as squares joined to the middle, a colour and a mark for each class."""
    points, proxies, labels = descend(loss, steps=steps, seed=seed, **settings)
    moments = [0, steps // 6, steps // 2, steps]
    drawn = circles([f"step {moment}" for moment in moments])
    for column, moment in enumerate(moments, 1):
        for label in range(proxies.shape[1]):
            style = {"color": PALETTE[label % len(PALETTE)], "symbol": MARKS[label % len(MARKS)]}
            named = {"legendgroup": str(label), "showlegend": column == 1, "name": f"class {label}"}
            draw_points(drawn, column, points[moment, labels == label], style, **named)
            named["name"], named["legendgroup"] = f"its proxy {label}", f"proxy {label}"
            draw_proxy(drawn, column, proxies[moment, label], (0.0, 0.0), style["color"], **named)
    return drawn


def circles(titles: list[str]) -> go.Figure:
    """Empty panels side by side for what lies on the unit circle."""
    drawn = make_subplots(1, len(titles), subplot_titles=titles, horizontal_spacing=0.02, figure=figure())
    drawn.update_xaxes(visible=False, range=[-1.3, 1.3])
    drawn.update_yaxes(visible=False, range=[-1.3, 1.3])
    for number in range(1, len(titles) + 1):
        drawn.update_yaxes(scaleanchor=f"x{number if number > 1 else ''}", row=1, col=number)
    return drawn.update_layout(
        height=350,
        margin={"l": 10, "r": 10, "t": 64, "b": 10},
        legend={"orientation": "h", "y": -0.05},
    )


def draw_points(drawn: go.Figure, column: int, points: Tensor, style: dict, **named) -> None:
    """The points (n, 2) of a class, each a little further off the circle: those on top of each other are seen as a row and not as one."""
    spread = points * torch.linspace(0.9, 1.0, len(points))[:, None]
    marker = {"size": 8, "opacity": 0.75, "line": {"width": 0}, **style}
    x, y = spread.T.tolist()
    drawn.add_scatter(x=x, y=y, mode="markers", marker=marker, **named, row=1, col=column)


def draw_proxy(drawn: go.Figure, column: int, proxy: Tensor, parent: tuple[float, float], colour: str, **named) -> None:
    """A proxy (2,) as a square outside the circle, joined to a place by a thin line."""
    x, y = (1.12 * proxy).tolist()
    drawn.add_scatter(
        x=[parent[0], x],
        y=[parent[1], y],
        mode="lines+markers",
        line={"color": colour, "width": 1},
        marker={"color": colour, "symbol": "square", "size": [0, 15], "opacity": 1, "line": {"width": 2}},
        **named,
        row=1,
        col=column,
    )
