"""Every figure of the kit as a PNG: its size, that something is on it, what is around it in notebooks."""

import base64
import io

import matplotlib
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image

import hrlib as hr
from hrlib import explore
from hrlib.explore import to_png, use_in_notebook
from hrlib.explore.static import png
from hrlib.explore.theme import figure
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


@pytest.mark.parametrize(("width", "scale"), [(333, 1.0), (900, 2.0), (481, 1.5), (899, 0.7)])
def test_size_in_pixels(width, scale):
    picture = opened(to_png(figure(title="a", height=211), width=width, scale=scale))
    assert picture.size == (int(width * scale + 1e-3), int(211 * scale + 1e-3))


def test_the_same_figure_gives_the_same_bytes_and_is_not_changed(shop, spaces):
    drawn = KIT["neighbour_gallery"](shop, spaces)
    before = drawn.to_json()
    assert to_png(drawn) == to_png(drawn)
    assert drawn.to_json() == before


def test_matplotlibs_global_state_is_left_alone():
    before = dict(matplotlib.rcParams)
    to_png(figure(title="a"))
    assert plt.get_fignums() == [] and dict(matplotlib.rcParams) == before


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(hr.HrlibError, match="type 'pie'.*scatter.*install kaleido"):
        to_png(go.Figure(go.Pie(values=[1, 2])))
    with pytest.raises(hr.HrlibError, match="type 'path'.*rect and line"):
        to_png(figure(shapes=[{"type": "path", "path": "M0,0L1,1"}]))
    two = go.Figure(go.Scatter(x=[1], y=[1], xaxis="x2"))
    with pytest.raises(hr.HrlibError, match="axes x2 and y: a PNG has panels of axes with the same number"):
        to_png(two)
    with pytest.raises(hr.HrlibError, match="width of 7 .*expected 50 to 10000"):
        to_png(figure(), width=7)


@pytest.fixture
def renderers():
    before = pio.renderers.default
    yield pio.renderers
    pio.renderers.default = before


def test_notebooks_get_the_figure_and_its_png(renderers, shop):
    use_in_notebook(png=True)
    drawn = KIT["contact_sheet"](shop, None)
    bundle = drawn._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.plotly.v1+json", "image/png"}
    assert base64.b64decode(bundle["image/png"]) == to_png(drawn)


def test_a_figure_is_shown_though_its_png_cannot_be_drawn(renderers):
    use_in_notebook(png=True)
    with pytest.warns(UserWarning, match="has no PNG: a trace of type 'pie'"):
        bundle = go.Figure(go.Pie(values=[1, 2]))._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.plotly.v1+json"}


def test_a_kaleido_that_does_not_work_is_told_once(monkeypatch, tmp_path):
    (tmp_path / "kaleido.py").write_text("raise ImportError('no Chrome')")
    monkeypatch.setattr(png, "_without_kaleido", True)
    expected = to_png(figure(title="a"))
    monkeypatch.setattr(png, "_without_kaleido", False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(UserWarning, match="kaleido failed, matplotlib draws instead") as told:
        assert to_png(figure(title="a")) == to_png(figure(title="a")) == expected
    assert len(told) == 1
