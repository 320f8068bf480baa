"""A figure of which the pixel of each place is known, and where its colours are in the PNG."""

import io

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from hrlib.explore import to_png

BLUE, ORANGE, GREEN, BLACK = (0, 114, 178), (213, 94, 0), (0, 158, 115), (0, 0, 0)
W, H, MARGIN = 600, 400, {"l": 60, "r": 40, "t": 50, "b": 50}
HIDDEN = {"visible": False}


def css(colour):
    return "#%02x%02x%02x" % colour  # noqa: UP031


def chart(*traces, x=(0, 10), y=(0, 10), **layout):
    """A figure of which the pixel of each place is known: see `at`."""
    axes = {"xaxis": {"range": x, **HIDDEN}, "yaxis": {"range": y, **HIDDEN}}
    base = {"template": "none", "margin": MARGIN, "width": W, "height": H, "showlegend": False}
    return go.Figure(list(traces), {**axes, **base, **layout})


def at(x, y, xs=(0, 10), ys=(0, 10)):
    """Column and row of a place in `chart`."""
    wide, high = W - MARGIN["l"] - MARGIN["r"], H - MARGIN["t"] - MARGIN["b"]
    return (
        round(MARGIN["l"] + (x - xs[0]) / (xs[1] - xs[0]) * wide),
        round(H - MARGIN["b"] - (y - ys[0]) / (ys[1] - ys[0]) * high),
    )


def drawn(figure, **settings):
    return np.asarray(Image.open(io.BytesIO(to_png(figure, **settings))).convert("RGB")).astype(int)


def is_near(pixels, colour, tolerance=30):
    return (np.abs(pixels - np.array(colour)) <= tolerance).all(-1)


def extent(pixels, colour):
    """left, top, right, bottom of the pixels of a colour."""
    down, across = np.nonzero(is_near(pixels, colour))
    return across.min(), down.min(), across.max(), down.max()
