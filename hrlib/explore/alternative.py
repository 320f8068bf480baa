"""Figures in words, for those who cannot see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hrlib.explore.static.spec import at_the_end, get, plain

LENGTH = 300  # characters: what a screen reader reads without being asked


def alternative_text(figure: Mapping) -> str:
    """What a figure says in words: its title, its axes, and the names in it, each once; of an animation its end, which its picture shows.

    Args:
        figure: as a dict (`to_plotly_json`, or the output of a notebook).

    Returns:
        One line of at most `LENGTH` characters.
    """
    layout, traces = figure.get("layout", {}), figure.get("data", [])
    if frames := figure.get("frames"):
        traces, layout = at_the_end(traces, layout, frames[-1])
    axes = [_axis(layout, letter, side) for letter, side in (("x", "across"), ("y", "up"))]
    names = dict.fromkeys(_names(traces, layout))
    parts = [_line(get(layout, "title.text", "")), "; ".join(filter(None, axes)), ", ".join(filter(None, names))]
    text = ". ".join(filter(None, parts)) or "a figure without words"
    return text if len(text) <= LENGTH else text[: LENGTH - 1].rstrip(" ,") + "…"


def _axis(layout: Mapping, letter: str, side: str) -> str:
    title = get(layout, f"{letter}axis.title.text")
    return f"{side}: {_line(title)}" if title and get(layout, f"{letter}axis.visible", True) else ""


def _names(traces: Sequence[Mapping], layout: Mapping) -> Iterator[str]:
    """Of the traces that have a legend, then the labels of a tree or a flow, then the texts in the figure."""
    for trace in traces:
        if trace.get("name") and trace.get("showlegend", True):
            yield _line(trace["name"])
    for trace in traces:
        labels = get(trace, "node.label" if trace.get("type") == "sankey" else "labels", [])
        yield from (_line(label) for label in labels if isinstance(label, str))
    yield from (_line(note.get("text", "")) for note in layout.get("annotations", []))


def _line(text: object) -> str:
    return " ".join(plain(text).split())
