"""Every figure of the kit as a PNG: its size, and that something is on it, whole."""

import io

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import hrlib as hr
from hrlib import explore
from hrlib.explore import to_png
from hrlib.losses import HierarchicalProxyLoss, proxy_nca
from hrlib.training.live import training_figure


def history(values):
    return pd.DataFrame({"map@r": values}, index=pd.RangeIndex(len(values), name="epoch"))


def clusters(shop, spaces):
    frame = shop.hierarchy.frame()[["product"]]
    frame["cluster"] = [f"cluster {label % 3}" for label in shop.hierarchy.column(0)]
    return explore.cluster_tree(shop, hr.Hierarchy.from_frame(frame), np.eye(3, 8))


def maps(shop, spaces):
    return explore.project_together(spaces, "pca", hierarchy=shop.hierarchy)


def proxies(shop, spaces):
    torch.manual_seed(0)
    return explore.proxy_map(spaces["flat"], shop, HierarchicalProxyLoss(shop.hierarchy, dim=8), "pca")


# a line for each figure function of the kit
KIT = {
    "curves": lambda shop, spaces: explore.curves({"flat": history([0.1, 0.2]), "$x$ <b>": history([0.2, 0.3])}),
    "differences": lambda shop, spaces: explore.differences(
        pd.DataFrame({"mean": [0.1], "low": [0.0], "high": [0.3]}, index=[("product", "map@r")]), "a & b"
    ),
    "mistake_chart": lambda shop, spaces: explore.mistake_chart(explore.mistake_heights(spaces, shop.hierarchy)),
    "tree": lambda shop, spaces: explore.tree(shop.hierarchy, levels=("product", "category")),
    "proxies_on_a_circle": lambda shop, spaces: explore.proxies_on_a_circle(proxy_nca, steps=6),
    "six_classes": lambda shop, spaces: explore.six_classes(steps=6, points=3),
    "cluster_tree": clusters,
    "contact_sheet": lambda shop, spaces: explore.contact_sheet(shop),
    "neighbour_gallery": lambda shop, spaces: explore.neighbour_gallery(shop, spaces, [1, 5], k=4),
    "scatter": lambda shop, spaces: explore.scatter(maps(shop, spaces)["flat"], shop),
    "scatter by product": lambda shop, spaces: explore.scatter(maps(shop, spaces)["flat"], shop, "product"),
    "side_by_side": lambda shop, spaces: explore.side_by_side(maps(shop, spaces), shop, "product"),
    "movie": lambda shop, spaces: explore.movie(maps(shop, spaces), shop),
    "proxy_map": proxies,
    "distance_matrix": lambda shop, spaces: explore.distance_matrix(spaces["flat"], shop.hierarchy),
    "mistake_sankey": lambda shop, spaces: explore.mistake_sankey(spaces["flat"], shop.hierarchy, "product"),
    "snapshot": lambda shop, spaces: explore.Explorer(shop, spaces, maps(shop, spaces)).static(3),
    "training_figure": lambda shop, spaces: training_figure([2.0, 1.0, 0.5], [{"epoch": 0, "map@r": 0.1}]),
    "training_figure at first": lambda shop, spaces: training_figure([], []),
}
# photos of noise are the worst there are
LARGEST = dict.fromkeys(("cluster_tree", "contact_sheet", "neighbour_gallery", "snapshot"), 90_000)


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("name", KIT)
@pytest.mark.parametrize("dark", [False, True])
def test_the_kit(name, dark, shop, spaces):
    drawn = KIT[name](shop, spaces)
    data = to_png(drawn, width=900, dark=dark)
    picture = opened(data)
    assert picture.format == "PNG" and picture.mode == "P"
    assert picture.size == (drawn.layout.width or 900, drawn.layout.height or 450)
    assert len(data) < LARGEST.get(name, 45_000)
    pixels = np.asarray(picture.convert("RGB"))
    ground = pixels[2, -3]
    assert (ground < 40).all() if dark else (ground > 250).all()
    inked = (np.abs(pixels.astype(int) - ground) > 60).any(2)
    assert inked.mean() > 0.01, "nearly blank"
    assert inked[:60].any(), "no title"
    frame = np.concatenate([inked[0], inked[-1], inked[:, 0], inked[:, -1]])
    assert not frame.any(), "something is cut off at the edge"
