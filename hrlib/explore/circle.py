"""A proxy loss at work in two dimensions, with no network: points and proxies on a circle follow its gradient."""

from __future__ import annotations

import math
from collections.abc import Callable

import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor

from hrlib.explore.theme import PALETTE, TEMPLATE

MARKS = ("circle", "diamond", "triangle-up", "cross", "star", "x")


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
    figure = make_subplots(
        1, len(moments), subplot_titles=[f"step {moment}" for moment in moments], horizontal_spacing=0.02
    )
    for column, moment in enumerate(moments, 1):
        for label in range(proxies.shape[1]):
            style = {"color": PALETTE[label % len(PALETTE)]}
            # a little off the circle, so that points on top of each other are seen as a row and not as one
            members = points[moment, labels == label] * torch.linspace(0.9, 1.0, int((labels == label).sum()))[:, None]
            shared = {"legendgroup": str(label), "showlegend": column == 1, "name": f"class {label}"}
            marker = {**style, "symbol": MARKS[label % len(MARKS)], "size": 8, "opacity": 0.75}
            figure.add_scatter(
                x=members[:, 0].tolist(),
                y=members[:, 1].tolist(),
                mode="markers",
                marker=marker,
                **shared,
                row=1,
                col=column,
            )
            x, y = (1.12 * proxies[moment, label]).tolist()
            square = {**style, "symbol": "square", "size": 15, "line": {"color": "black", "width": 2}}
            shared["name"], shared["legendgroup"] = f"its proxy {label}", f"proxy {label}"
            figure.add_scatter(
                x=[0, x],
                y=[0, y],
                mode="lines+markers",
                line={**style, "width": 1},
                marker={**square, "size": [0, 15]},
                **shared,
                row=1,
                col=column,
            )
    figure.update_xaxes(visible=False, range=[-1.3, 1.3])
    figure.update_yaxes(visible=False, range=[-1.3, 1.3])
    for number in range(1, len(moments) + 1):
        figure.update_yaxes(scaleanchor=f"x{number if number > 1 else ''}", row=1, col=number)
    figure.update_layout(
        template=TEMPLATE,
        height=350,
        margin={"l": 10, "r": 10, "t": 64, "b": 10},
        legend={"orientation": "h", "y": -0.05},
    )
    return figure
