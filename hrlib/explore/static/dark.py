"""A figure for a dark page."""

from __future__ import annotations

from collections.abc import Mapping

from hrlib.explore.static.colours import rgba
from hrlib.explore.static.spec import merged


def in_the_dark(traces: list[dict], layout: dict) -> tuple[list[dict], dict]:
    """Greys, black and white of the layout and of lines and marks change places; hues, photos and bars with their text stay."""
    lines = [merged(trace, _inverted(trace)) if trace["type"].startswith("scatter") else trace for trace in traces]
    return lines, _inverted(layout)


def _inverted(spec, key: str = ""):
    if isinstance(spec, Mapping):
        return {name: _inverted(value, name) for name, value in spec.items() if name != "template"}
    if isinstance(spec, list) and spec and isinstance(spec[0], Mapping | str):
        return [_inverted(item, key) for item in spec]
    if isinstance(spec, str) and "color" in key:
        try:
            red, green, blue, alpha = rgba(spec)
        except ValueError:  # "Cividis": the name of a scale
            return spec
        if max(red, green, blue) - min(red, green, blue) < 0.03:
            # 17/255 on white's place: a page of JupyterLab's dark theme, not a hole in it
            grey = round(17 + (242 - 17) * (1 - red))
            return f"rgba({grey},{grey},{grey},{alpha})"
    return spec
