"""A plotly figure as plain dictionaries: arrays unpacked, the template merged in, the last frame of an animation applied."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

COLORWAY = (
    "#1f77b4",
    "#ff7f0e",
    "#2ca02c",
    "#d62728",
    "#9467bd",
    "#8c564b",
    "#e377c2",
    "#7f7f7f",
    "#bcbd22",
    "#17becf",
)
DEFAULTS = {
    "height": 450,
    "font": {"size": 12, "color": "#444444"},
    "margin": {"l": 80, "r": 80, "t": 100, "b": 80},
    "paper_bgcolor": "white",
    "plot_bgcolor": "white",
    "colorway": COLORWAY,
}
LISTS = {"annotations": "annotationdefaults", "shapes": "shapedefaults", "images": "imagedefaults"}


def get(spec: object, path: str, default=None):
    """`get(trace, "marker.line.width", 0)`: a value deep in dictionaries, or the default where it or a step to it is missing or None."""
    for key in path.split("."):
        spec = spec.get(key) if isinstance(spec, Mapping) else None
        if spec is None:
            return default
    return spec


def read(figure: go.Figure | dict) -> tuple[list[dict], dict]:
    """The traces and the layout that are drawn. A figure or its dictionary is not changed."""
    spec = _unpacked(figure.to_dict() if isinstance(figure, go.Figure) else figure)
    traces, layout = spec.get("data") or [], spec.get("layout") or {}
    if frames := spec.get("frames"):
        traces, layout = _with_frame(traces, layout, frames[-1])
    template = layout.get("template") or {}
    layout = merged(merged(DEFAULTS, get(template, "layout", {})), layout)
    for name, defaults in LISTS.items():
        shared = get(template, f"layout.{defaults}", {})
        layout[name] = [merged(shared, item) for item in layout.get(name) or [] if item.get("visible", True)]
    for name in [key for key in layout if re.fullmatch(r"[xy]axis\d+", key)]:
        layout[name] = merged(get(template, f"layout.{name[:5]}", {}), layout[name])
    counts: dict[str, int] = {}
    full = []
    for trace in traces:
        kind = trace.get("type", "scatter")
        defaults = get(template, f"data.{kind}") or [{}]
        full.append(merged(defaults[counts.get(kind, 0) % len(defaults)], {**trace, "type": kind}))
        counts[kind] = counts.get(kind, 0) + 1
    return full, layout


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


def _with_frame(traces: list[dict], layout: dict, frame: dict) -> tuple[list[dict], dict]:
    """The moment that an animation ends with; its name is told where the slider would."""
    traces = list(traces)
    changed = frame.get("data") or []
    places = frame.get("traces")
    for place, change in zip(range(len(changed)) if places is None else places, changed, strict=True):
        if place < len(traces):
            traces[place] = merged(traces[place], change)
        else:
            traces.append(change)
    layout = merged(layout, frame.get("layout") or {})
    if frame.get("name"):
        prefix = get((layout.get("sliders") or [{}])[0], "currentvalue.prefix", "")
        note = {"text": f"{prefix}{frame['name']}", "showarrow": False, "xref": "paper", "yref": "container"}
        note |= {"x": 0, "y": 0, "xanchor": "left", "yanchor": "bottom", "yshift": 4}
        layout["annotations"] = [*(layout.get("annotations") or []), note]
    return traces, layout
