"""The look of every figure: colours that the colour-blind tell apart, one font, nothing that calls home."""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping

import plotly.graph_objects as go

from hrlib import progress

# Okabe and Ito's palette, but for its yellow, too pale for lines on white, and its black, which is not seen on a dark page
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#767676")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")

# how good a neighbour is: colour, dash and mark, so that nothing is told by colour alone
VERDICTS = {"same": ("#009E73", "solid", "✓"), "near": ("#E69F00", "dash", "≈"), "other": ("#D55E00", "dot", "✗")}

MUTED = "#808080"  # thin lines and what is of no matter: seen on white and on dark
_dark = False  # what `use_theme` chose


@functools.cache  # made when it is first asked for: it loads all of plotly's layout
def template(dark: bool) -> go.layout.Template:
    """The look of a figure on a dark or on a white page."""
    if dark:
        return _template(paper="#1B1D21", ink="#E6E6E6", grid="#3A3D42", axis="#5F6368", button="#33363B")
    return _template(paper="#FFFFFF", ink="#222222", grid="#E5E5E5", axis="#BBBBBB", button="#F4F4F4")


def _template(paper: str, ink: str, grid: str, axis: str, button: str) -> go.layout.Template:
    """A look by its colours. What is not named here (text, the edges of marks, lines between) takes `ink` where a figure sets no other."""
    line, edge = {"gridcolor": grid, "zerolinecolor": axis, "automargin": True}, {"marker": {"line": {"color": ink}}}
    return go.layout.Template(
        layout={
            "colorway": PALETTE,
            "font": {"family": "system-ui, sans-serif", "size": 13, "color": ink},
            "margin": {"l": 60, "r": 20, "t": 60, "b": 50},
            "plot_bgcolor": paper,
            "paper_bgcolor": paper,
            "xaxis": line,
            "yaxis": line,
            "title": {"x": 0, "xref": "paper", "font": {"size": 16}},
            "shapedefaults": {"line": {"color": ink}},
            "sliderdefaults": {"bgcolor": axis, "bordercolor": axis, "activebgcolor": ink, "tickcolor": axis},
            "updatemenudefaults": {"bgcolor": button, "bordercolor": axis},
        },
        data={"scatter": [edge], "scattergl": [edge]},
    )


def literal(text: object) -> str:
    """Text of the data for a figure, with markup shown as text: plotly reads tags, and &lt; &gt; &amp;, but not the &quot; of `html.escape`."""
    return html.escape(str(text), quote=False)


def figure(**layout) -> go.Figure:
    """An empty figure in the kit's look."""
    return go.Figure(layout={"template": template(_dark), **layout})


def verdict_of(same: bool, near: bool) -> str:
    """How good a neighbour is: "same" where it is right, "near" where it is nearly, else "other"; see `VERDICTS`."""
    return "same" if same else "near" if near else "other"


def verdict_names(fine: str, coarse: str) -> dict[str, str]:
    """What each verdict says where "same" is of one class of the level `fine`, and "near" of one of the level `coarse`."""
    return {"same": f"same {fine}", "near": f"same {coarse}", "other": f"other {coarse}"}


def verdict_key(names: Mapping[str, str]) -> list[str]:
    """What the marks in a figure mean: each verdict's mark and its name."""
    return [f"{VERDICTS[verdict][2]} {name}" for verdict, name in names.items()]


def use_theme(dark: bool) -> None:
    """The figures that are drawn from now on are for a dark or for a white page."""
    global _dark
    _dark = dark


def use_in_notebook(png: bool | None = None, dark: bool = False) -> None:
    """Show figures in notebooks as plotly's own MIME type, without the button that uploads them, with or without a PNG beside it.

    GitHub, nbviewer and nbconvert show the PNG, VS Code and the HTML report plotly's figure. JupyterLab shows a PNG, where there is one,
    until the mouse comes over it: that is how plotly's extension for it treats the two together.

    Args:
        png: whether there are PNGs. None: where nobody watches (`hrlib.progress.shown`: papermill, CI, `hrlib notebooks`), so that a
            notebook that was run for readers has them, and whoever works in one sees plotly's figures at once.
        dark: draw them for a dark page (`use_theme`).
    """
    import plotly.io as pio  # only now: figures are drawn without it

    from hrlib.explore.static.renderer import PngRenderer  # which has colours from here

    use_theme(dark)
    renderer = pio.renderers["plotly_mimetype"]
    # not "responsive": JupyterLab fits a figure's width by itself, and plotly's own way gives it no height once the window's has changed
    renderer.config = {"displaylogo": False, "showSendToCloud": False}
    pio.renderers["hrlib_png"] = PngRenderer()
    beside = not progress.shown() if png is None else png
    pio.renderers.default = "plotly_mimetype+hrlib_png" if beside else "plotly_mimetype"
