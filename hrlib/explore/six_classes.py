"""The article's own drawing: six classes in two superclasses, in two dimensions, flat proxies beside hierarchical ones."""

from __future__ import annotations

import plotly.graph_objects as go
import torch
from torch import Tensor

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.explore.circle import circles, descend, draw_points, draw_proxy
from hrlib.explore.colours import MARKS, colours
from hrlib.losses import HierarchicalProxyLoss
from hrlib.losses.unit import unit

SIX = Hierarchy.from_frame({"class": list("ABCDEF"), "superclass": ["one"] * 3 + ["two"] * 3})
PARENTS = torch.from_numpy(SIX.parents[0].copy())


def six_classes(seed: int = 0, weight: float = 1.0, points: int = 12, steps: int = 120) -> go.Figure:
    """Points and proxies that follow their loss on a circle from one random start (Yang et al., WACV 2022, arXiv 2103.13538).

    Left the flat loss, right the hierarchical one with `weight` on the superclasses. Each panel's title says what came of it: how far
    apart the points of two classes of one superclass are. A flat loss knows nothing of superclasses: of the orders that six classes can
    have around a circle, 3 in 10 keep both superclasses together by luck, and so do about as many seeds.
    """
    trained = {
        "flat": train_six((1.0,), points, steps, seed),
        "hierarchical": train_six((1.0, weight), points, steps, seed),
    }
    titles = [
        f"{name}: {spread(places, labels):.0f}° within a superclass" for name, (places, _, labels) in trained.items()
    ]
    drawn = circles(titles)
    shade = colours(SIX, 0)
    coarse = colours(SIX, 1)
    for column, (places, proxies, labels) in enumerate(trained.values(), 1):
        means = unit(proxies).new_zeros(2, 2).index_add(0, PARENTS, unit(proxies)) / 3
        for label, name in enumerate(SIX.names[0]):
            family = int(PARENTS[label])
            named = {"legendgroup": name, "name": f"{name}, of {SIX.names[1][family]}", "showlegend": column == 1}
            style = {"color": shade[label], "symbol": MARKS[label]}
            draw_points(drawn, column, places[labels == label], style, **named)
            end = means[family].tolist() if column == 2 else (0.0, 0.0)
            named |= {"showlegend": False, "name": f"proxy of {name}"}
            draw_proxy(drawn, column, proxies[label], end, shade[label], **named)
        if column == 2:
            for family, name in enumerate(SIX.names[1]):
                _coarse_proxy(drawn, means[family], coarse[family], name)
    return drawn.update_layout(height=470, margin={"t": 40}, legend={"y": -0.02})


def train_six(
    weights: tuple[float, ...], points: int = 12, steps: int = 120, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """The last step of `circle.descend` under `HierarchicalProxyLoss` with these weights: points (6 x points, 2), proxies (6, 2), labels.

    Proxy-NCA++ with temperature 1: on a circle classes cannot pass each other under a sharp loss, and stay where the start put them.
    """
    with torch.random.fork_rng(devices=[]):  # the loss draws proxies that are not used
        loss = HierarchicalProxyLoss(SIX, dim=2, base="proxy-nca++", weights=weights, temperature=1.0)

    def with_proxies(embeddings: Tensor, labels: Tensor, proxies: Tensor) -> Tensor:
        return torch.func.functional_call(loss, {"proxies": proxies}, (embeddings, labels))

    places, proxies, labels = descend(with_proxies, classes=6, points=points, steps=steps, seed=seed)
    return places[-1], proxies[-1], labels


def spread(places: Tensor, labels: Tensor) -> float:
    """The mean angle, in degrees, between two points of different classes of one superclass."""
    angles = torch.rad2deg(torch.arccos((places @ places.T).clamp(-1, 1)))
    family = PARENTS[labels]
    pairs = (family[:, None] == family) & (labels[:, None] != labels)
    return angles[pairs].mean().item()


def _coarse_proxy(drawn: go.Figure, mean: Tensor, colour: str, name: str) -> None:
    """The mean of its classes' proxies where it is, inside the circle."""
    drawn.add_scatter(
        x=[mean[0].item()],
        y=[mean[1].item()],
        mode="markers+text",
        marker={"color": colour, "symbol": "diamond", "size": 22, "line": {"width": 3}},
        text=[name],
        textposition="bottom center" if mean[1] > 0 else "top center",
        name=f"coarse proxy of {name}",
        row=1,
        col=2,
    )
