"""A PNG beside plotly's own output in notebooks. Loaded where a notebook asks for it: plotly's renderers load nbformat."""

from __future__ import annotations

import base64
import warnings

from plotly.io._base_renderers import MimetypeRenderer

from hrlib.explore.static.png import drawn


class PngRenderer(MimetypeRenderer):
    """Adds image/png to what plotly's own renderer writes: seen on GitHub, in nbviewer and nbconvert, which run no script.

    The figure itself is never lost: a PNG that cannot be drawn is left out, and a warning says why.
    """

    def to_mimebundle(self, fig_dict: dict) -> dict[str, str]:
        try:
            return {"image/png": base64.b64encode(drawn(fig_dict)).decode()}
        except Exception as failure:
            warnings.warn(f"this figure has no PNG: {failure}", stacklevel=2)
            return {}
