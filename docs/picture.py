"""Draws the picture of the README: `make picture`.

A flat and a hierarchical model are trained on the synthetic catalogue; the queries are drawn at random from those whose first hit is of the
right category in one space only, whichever that is.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

import hrlib as hr
from hrlib.evaluation import neighbours

SPACES = {"flat proxies": (1.0,), "hierarchical proxies": (1.0, 0.3)}
ROWS, K = 4, 5


def embeddings(train: hr.Catalogue, test: hr.Catalogue, weights: tuple[float, ...], epochs: int) -> np.ndarray:
    torch.manual_seed(0)
    model = hr.models.image_encoder("small", dim=64)
    loss = hr.losses.HierarchicalProxyLoss(train.hierarchy, dim=64, weights=weights)
    hr.fit(model, loss, train, epochs=epochs, seed=0)
    return hr.embed(model, test)


def main(path: str, size: str = "full", epochs: int = 15) -> None:
    train, test = hr.load("synthetic", size=size).split_classes(seed=0)
    spaces = {name: embeddings(train, test, weights, epochs) for name, weights in SPACES.items()}
    rows = np.arange(len(test))
    right = [test.hierarchy.lca_height(rows, neighbours(vectors, 1)[0][:, 0]) <= 1 for vectors in spaces.values()]
    queries = np.random.default_rng(0).choice(np.flatnonzero(right[0] != right[1]), ROWS, replace=False)
    gallery = hr.explore.neighbour_gallery(test, spaces, queries, k=K)
    Path(path).write_bytes(hr.explore.to_png(gallery, scale=1.25))


if __name__ == "__main__":
    main(sys.argv[1])
