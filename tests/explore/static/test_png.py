"""A figure as a PNG: its size, its bytes, what cannot be drawn, and a kaleido that does not work."""

import io

import matplotlib
import plotly.graph_objects as go
import pytest
from matplotlib import pyplot as plt
from PIL import Image

import hrlib as hr
from hrlib.explore import neighbour_gallery, to_png
from hrlib.explore.static import png
from hrlib.explore.theme import figure


@pytest.mark.parametrize(("width", "scale"), [(333, 1.0), (900, 2.0), (481, 1.5), (899, 0.7)])
def test_size_in_pixels(width, scale):
    picture = Image.open(io.BytesIO(to_png(figure(title="a", height=211), width=width, scale=scale)))
    assert picture.size == (int(width * scale + 1e-3), int(211 * scale + 1e-3))


def test_the_same_figure_gives_the_same_bytes_and_is_not_changed(shop, spaces):
    drawn = neighbour_gallery(shop, spaces, [1, 5], k=4)
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


def test_a_kaleido_that_does_not_work_is_told_once(monkeypatch, tmp_path):
    (tmp_path / "kaleido.py").write_text("raise ImportError('no Chrome')")
    monkeypatch.setattr(png, "_without_kaleido", True)
    expected = to_png(figure(title="a"))
    monkeypatch.setattr(png, "_without_kaleido", False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(UserWarning, match="kaleido failed, matplotlib draws instead") as told:
        assert to_png(figure(title="a")) == to_png(figure(title="a")) == expected
    assert len(told) == 1
