"""What a notebook stores of a figure: plotly's description and a PNG beside it."""

import base64

import plotly.graph_objects as go
import plotly.io as pio
import pytest

from hrlib.explore import contact_sheet, to_png, use_in_notebook


@pytest.fixture
def renderers():
    before = pio.renderers.default
    yield pio.renderers
    pio.renderers.default = before


def test_notebooks_get_the_figure_and_its_png(renderers, shop):
    use_in_notebook(png=True)
    drawn = contact_sheet(shop)
    bundle = drawn._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.plotly.v1+json", "image/png"}
    assert base64.b64decode(bundle["image/png"]) == to_png(drawn)


def test_a_figure_is_shown_though_its_png_cannot_be_drawn(renderers):
    use_in_notebook(png=True)
    with pytest.warns(UserWarning, match="has no PNG: a trace of type 'pie'"):
        bundle = go.Figure(go.Pie(values=[1, 2]))._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.plotly.v1+json"}
