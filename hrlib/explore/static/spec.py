"""A plotly figure as plain dictionaries: arrays unpacked, the template merged in, the last frame of an animation applied."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping

import numpy as np
import plotly.colors
import plotly.graph_objects as go

from hrlib.explore import theme

DEFAULTS = {
    "height": 450,
    "font": {"size": 12, "color": "#444444"},
    "margin": {"l": 80, "r": 80, "t": 100, "b": 80},
    "paper_bgcolor": "white",
    "plot_bgcolor": "white",
    "colorway": plotly.colors.DEFAULT_PLOTLY_COLORS,
}
TAGS = re.compile(r"</?(?:b|i|em|strong|sup|sub|span)\b[^>]*>", re.IGNORECASE)


def get(spec: object, path: str, default=None):
    """`get(trace, "marker.line.width", 0)`: a value deep in dictionaries, or the default where it or a step to it is missing or None."""
    for key in path.split("."):
        spec = spec.get(key) if isinstance(spec, Mapping) else None
        if spec is None:
            return default
    return spec


def plain(text: object) -> str:
    """Text without its tags, with line breaks and entities; what is no tag of plotly's stays text."""
    return html.unescape(TAGS.sub("", re.sub(r"<br\s*/?>", "\n", str(text))))


def read(figure: go.Figure | dict, dark: bool = False) -> tuple[list[dict], dict]:
    """The visible traces and the layout that are drawn, `dark` with the kit's template for a dark page. The figure is not changed."""
    spec = _unpacked(figure.to_dict() if isinstance(figure, go.Figure) else figure)
    traces, layout = spec.get("data") or [], spec.get("layout") or {}
    if frames := spec.get("frames"):
        traces, layout = at_the_end(traces, layout, frames[-1])
    template = theme.template(True).to_plotly_json() if dark else layout.get("template") or {}
    # the template's axes are not the figure's: each panel takes what it does not have itself from there
    shared = {key: value for key, value in get(template, "layout", {}).items() if key not in ("xaxis", "yaxis")}
    layout = merged(merged(DEFAULTS, shared), layout) | {"template": template}
    layout["shapes"] = [merged(get(template, "layout.shapedefaults", {}), shape) for shape in layout.get("shapes", [])]
    full = []
    for number, trace in enumerate(traces):
        kind, way = trace.get("type", "scatter"), layout["colorway"]
        defaults = (get(template, f"data.{kind}") or [{}])[0]
        own = {"type": kind, "colour": way[number % len(way)], "name": f"trace {number}"}
        full.append(merged(own, merged(defaults, trace)))
    return [trace for trace in full if trace.get("visible", True) is True], layout


def merged(below: Mapping, above: Mapping) -> dict:
    """Two specifications in one, dictionaries merged key by key; `above` wins."""
    both = dict(below)
    for key, value in above.items():
        deep = isinstance(value, Mapping) and isinstance(both.get(key), Mapping)
        if value is not None:
            both[key] = merged(both[key], value) if deep else value
    return both


def _unpacked(spec):
    if isinstance(spec, Mapping):
        if "bdata" in spec and "dtype" in spec:
            array = np.frombuffer(base64.b64decode(spec["bdata"]), dtype=np.dtype(spec["dtype"]).newbyteorder("<"))
            return array.reshape([int(n) for n in str(spec["shape"]).split(",")]) if "shape" in spec else array
        return {key: _unpacked(value) for key, value in spec.items()}
    if isinstance(spec, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in spec):
        return [_unpacked(item) for item in spec]
    return spec


def at_the_end(traces: list[dict], layout: dict, frame: dict) -> tuple[list[dict], dict]:
    """The moment that an animation ends with; its name stands below the axes, where the slider would be."""
    traces, changed = list(traces), frame.get("data") or []
    places = frame.get("traces")
    for place, change in zip(range(len(changed)) if places is None else places, changed, strict=True):
        traces[place] = merged(traces[place], change)
    layout = merged(layout, frame.get("layout") or {})
    name = {"text": f"<b>{frame.get('name') or ''}</b>", "xref": "paper", "yref": "paper", "x": 0, "y": 0}
    name |= {"xanchor": "left", "yanchor": "top", "yshift": -24}
    return traces, layout | {"annotations": [*(layout.get("annotations") or []), name]}
