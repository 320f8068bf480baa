"""The look of every figure: colours that the colour-blind tell apart, one font, nothing that calls home."""

from __future__ import annotations

import plotly.graph_objects as go
import plotly.io as pio

# Okabe and Ito's palette, but for its yellow, which is too pale for lines on white
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")

# how good a neighbour is: colour, dash and mark, so that nothing is told by colour alone
VERDICTS = {"same": ("#009E73", "solid", "✓"), "near": ("#E69F00", "dash", "≈"), "other": ("#D55E00", "dot", "✗")}

TEMPLATE = go.layout.Template(
    layout={
        "colorway": PALETTE,
        "font": {"family": "system-ui, sans-serif", "size": 13},
        "margin": {"l": 60, "r": 20, "t": 60, "b": 50},
        "plot_bgcolor": "white",
        "paper_bgcolor": "white",
        "xaxis": {"gridcolor": "#E5E5E5", "zerolinecolor": "#BBBBBB", "automargin": True},
        "yaxis": {"gridcolor": "#E5E5E5", "zerolinecolor": "#BBBBBB", "automargin": True},
        "title": {"x": 0, "xref": "paper", "font": {"size": 16}},
    }
)


def figure(**layout) -> go.Figure:
    """An empty figure in the kit's look."""
    return go.Figure(layout={"template": TEMPLATE, **layout})


def use_in_notebook(png: bool = True) -> None:
    """Show figures in notebooks as plotly's own MIME type, without the button that uploads them, and with `png` as a PNG beside it.

    GitHub, nbviewer and nbconvert show the PNG. VS Code and the HTML report show plotly's figure. JupyterLab shows the PNG until the mouse
    comes over it and plotly's figure from then on: that is how plotly's extension for it treats the two together.
    """
    from hrlib.explore.static import PngRenderer  # matplotlib is loaded only here

    renderer = pio.renderers["plotly_mimetype"]
    renderer.config = {"displaylogo": False, "showSendToCloud": False, "responsive": True}
    pio.renderers["hrlib_png"] = PngRenderer()
    pio.renderers.default = "plotly_mimetype+hrlib_png" if png else "plotly_mimetype"
