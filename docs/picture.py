"""Draws the picture of the README: `make picture`.

A flat and a hierarchical model are trained on the synthetic catalogue; the queries are drawn at random from those whose first hit is of the
right category in one space only, whichever that is.
"""

from __future__ import annotations

import sys

import matplotlib
import numpy as np
import torch
from PIL import Image

import hrlib as hr
from hrlib.evaluation import neighbours
from hrlib.explore.theme import VERDICTS

matplotlib.use("Agg")
from matplotlib import pyplot as plt

SPACES = {"flat proxies": (1.0,), "hierarchical proxies": (1.0, 0.3)}
ROWS, K = 4, 5
STYLES = {"solid": "-", "dash": "--", "dot": ":"}


def embeddings(train: hr.Catalogue, test: hr.Catalogue, weights: tuple[float, ...]) -> np.ndarray:
    torch.manual_seed(0)
    model = hr.models.image_encoder("small", dim=64)
    loss = hr.losses.HierarchicalProxyLoss(train.hierarchy, dim=64, weights=weights)
    hr.fit(model, loss, train, epochs=15, seed=0)
    return hr.embed(model, test)


def main(path: str) -> None:
    train, test = hr.load("synthetic", size="full").split_classes(seed=0)
    found = {name: neighbours(embeddings(train, test, weights), K)[0] for name, weights in SPACES.items()}
    heights = {name: test.hierarchy.lca_height(np.arange(len(test)), items[:, 0]) for name, items in found.items()}
    one_right = np.flatnonzero((heights["flat proxies"] <= 1) != (heights["hierarchical proxies"] <= 1))
    queries = np.random.default_rng(0).choice(one_right, ROWS, replace=False)
    columns = 1 + len(SPACES) * K
    figure, axes = plt.subplots(
        ROWS,
        columns + 2,
        figsize=(0.8 * (columns + 1.2), 0.92 * ROWS + 0.8),
        dpi=110,
        width_ratios=[1, 0.3, *[1] * K, 0.3, *[1] * K],
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for row, query in enumerate(queries):
        axes[row, 0].imshow(test.images[int(query)])
        axes[row, 0].set_title(test.hierarchy.path(query)[1], fontsize=7, pad=2)
        for block, items in enumerate(found.values()):
            for place, item in enumerate(items[query]):
                height = int(test.hierarchy.lca_height(query, item))
                colour, dash, mark = VERDICTS[("same", "near", "other")[min(height, 2)]]
                axis = axes[row, 2 + block * (K + 1) + place]
                axis.imshow(test.images[int(item)])
                frame = plt.Rectangle(
                    (0, 0), 1, 1, transform=axis.transAxes, fill=False, ec=colour, lw=3, ls=STYLES[dash], clip_on=False
                )
                axis.add_patch(frame)
                axis.set_title(mark, fontsize=8, color=colour, pad=2, fontweight="bold")
    top = 1 - 0.38 / figure.get_figheight()
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.09, top=top - 0.08, wspace=0.08, hspace=0.32)
    for column, text in ((0, "query"), (2, "flat proxies"), (3 + K, "hierarchical proxies")):
        figure.text(axes[0, column].get_position().x0, top, text, fontsize=11, fontweight="bold")
    figure.text(0.01, 0.02, "✓ the same product   ≈ the same category   ✗ another category", fontsize=9)
    figure.canvas.draw()
    drawn = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    drawn.quantize(256).save(path, optimize=True)  # a palette makes it a third as large


if __name__ == "__main__":
    main(sys.argv[1])
