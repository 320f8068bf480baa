"""A figure as a PNG: by kaleido and its browser where these are, else by matplotlib; and beside plotly's own output in notebooks."""

from __future__ import annotations

import base64
import importlib.util
import io
import warnings

import plotly.graph_objects as go
import plotly.io
from PIL import Image
from plotly.io._base_renderers import MimetypeRenderer

from hrlib.errors import HrlibError
from hrlib.explore.static.canvas import compressed
from hrlib.explore.static.dark import in_the_dark
from hrlib.explore.static.scene import Scene
from hrlib.explore.static.spec import get, read

_without_kaleido = False  # set by its first failure: a browser that is missing is not looked for a figure


def to_png(figure: go.Figure, width: int = 900, scale: float = 1.0, dark: bool = False) -> bytes:
    """Draw a figure where there is no browser: with kaleido if it is installed and works, else with matplotlib.

    Args:
        figure: with traces of type scatter, scattergl, bar, heatmap, sankey or treemap. Of an animation the last frame is drawn.
        width: in CSS pixels, of a figure that has none of its own; its height is its own, or 450.
        scale: pixels of the PNG a CSS pixel.
        dark: white, black and greys of the layout, lines and marks change places, for a dark page.

    Returns:
        A PNG with a palette of at most 256 colours.

    Raises:
        HrlibError: a trace or shape of a type that cannot be drawn, or a size that is none.
    """
    if not 50 <= width <= 10_000 or not 0.1 <= scale <= 10:
        raise HrlibError(f"a width of {width} at a scale of {scale}: expected 50 to 10000 pixels and 0.1 to 10")
    drawn = _by_kaleido(figure, width, scale, dark)
    return _by_matplotlib(figure, width, scale, dark) if drawn is None else drawn


def _by_matplotlib(figure: go.Figure | dict, width: int, scale: float, dark: bool) -> bytes:
    spec = read(figure)
    scene = Scene(*(in_the_dark(*spec) if dark else spec), width, scale)
    scene.draw()
    return scene.canvas.png()


def _by_kaleido(figure: go.Figure | dict, width: int, scale: float, dark: bool) -> bytes | None:
    global _without_kaleido
    if _without_kaleido or importlib.util.find_spec("kaleido") is None:
        return None
    traces, layout = read(figure)
    shown = figure
    if dark:
        traces, layout = in_the_dark(traces, layout)
        shown = {"data": traces, "layout": layout}
    size = {"width": round(get(layout, "width", width)), "height": round(layout["height"]), "scale": scale}
    try:
        data = plotly.io.to_image(shown, format="png", validate=False, **size)
    except Exception as failure:  # no Chrome, an old kaleido, a sandbox: whatever it is, there is another way
        _without_kaleido = True
        warnings.warn(
            f"kaleido failed, matplotlib draws instead: {str(failure).strip().splitlines()[:1]}", stacklevel=3
        )
        return None
    return compressed(Image.open(io.BytesIO(data)).convert("RGB"))


class PngRenderer(MimetypeRenderer):
    """Adds image/png to what plotly's own renderer writes: seen on GitHub, in nbviewer and nbconvert, which run no script.

    The figure itself is never lost: a PNG that cannot be drawn is left out, and a warning says why.
    """

    def __init__(self, width: int = 900):
        self.width = width

    def to_mimebundle(self, fig_dict: dict) -> dict[str, str]:
        try:
            data = _by_kaleido(fig_dict, self.width, 1.0, False) or _by_matplotlib(fig_dict, self.width, 1.0, False)
        except Exception as failure:
            warnings.warn(f"this figure has no PNG: {failure}", stacklevel=2)
            return {}
        return {"image/png": base64.b64encode(data).decode()}
