"""A figure as a PNG: by kaleido and its browser where these are, else by matplotlib."""

from __future__ import annotations

import importlib.util
import io
import warnings

import plotly.graph_objects as go
from PIL import Image

from hrlib.errors import HrlibError
from hrlib.explore.static.spec import get, read
from hrlib.explore.theme import template

_without_kaleido = False  # set by its first failure: a browser that is missing is not looked for a figure


def to_png(figure: go.Figure, width: int = 900, scale: float = 1.0, dark: bool = False) -> bytes:
    """Draw a figure where there is no browser: with kaleido if it is installed and works, else with matplotlib.

    Args:
        figure: as the functions of this kit make them: traces of type scatter, scattergl, bar, heatmap, sankey or treemap. Of an
            animation the last frame is drawn.
        width: in CSS pixels, of a figure that has none of its own; its height is its own, or 450.
        scale: pixels of the PNG a CSS pixel.
        dark: in the kit's look for a dark page; else in the figure's own.

    Returns:
        A PNG with a palette of at most 256 colours.

    Raises:
        HrlibError: a trace or shape of a type that cannot be drawn, or a size that is none.
    """
    if not 50 <= width <= 10_000 or not 0.1 <= scale <= 10:
        raise HrlibError(f"a width of {width} at a scale of {scale}: expected 50 to 10000 pixels and 0.1 to 10")
    return drawn(figure, width, scale, dark)


def drawn(figure: go.Figure | dict, width: int = 900, scale: float = 1.0, dark: bool = False) -> bytes:
    """`to_png` of a figure or of its dictionary."""
    picture = _by_kaleido(figure, width, scale, dark)
    if picture is None:
        import matplotlib.style  # only now: a notebook that draws no PNG needs no matplotlib

        from hrlib.explore.static.sheet import Sheet
        from hrlib.explore.static.style import rc

        traces, layout = read(figure, dark)
        with matplotlib.style.context(["default", rc(layout)]), warnings.catch_warnings():
            # a sign that the font has not is a box in the picture: no reason for a warning a glyph
            warnings.filterwarnings("ignore", message=".*[Gg]lyph .* missing")
            picture = Sheet(traces, layout, width, scale).picture()
    data = io.BytesIO()
    # with a palette: a third as large or less, and no difference that one sees
    palette = picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette.save(data, "PNG", optimize=True)
    return data.getvalue()


def _by_kaleido(figure: go.Figure | dict, width: int, scale: float, dark: bool) -> Image.Image | None:
    global _without_kaleido
    if _without_kaleido or importlib.util.find_spec("kaleido") is None:
        return None
    spec = figure.to_dict() if isinstance(figure, go.Figure) else figure
    layout = spec.get("layout", {}) | ({"template": template(True).to_plotly_json()} if dark else {})
    size = {"width": get(layout, "width", width), "height": get(layout, "height", 450), "scale": scale}
    import plotly.io  # only now: figures are drawn without it

    try:
        data = plotly.io.to_image(spec | {"layout": layout}, format="png", validate=False, **size)
    except Exception as failure:  # no Chrome, an old kaleido, a sandbox: whatever it is, there is another way
        _without_kaleido = True
        told = f"kaleido failed, matplotlib draws instead: {str(failure).strip().splitlines()[:1]}"
        warnings.warn(told, stacklevel=4)
        return None
    return Image.open(io.BytesIO(data)).convert("RGB")
