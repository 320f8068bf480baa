"""Photos with their texts as HTML for a notebook's widget. Whatever comes from the data is escaped: markup in it shows as text."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from hrlib.explore.photo_sheet import jpeg
from hrlib.explore.theme import VERDICTS, verdict_names

if TYPE_CHECKING:
    import pandas as pd

    from hrlib.explore.selection import Finder

BORDERS = {"solid": "solid", "dash": "dashed", "dot": "dotted"}
SMALL = "font-size:12px;line-height:1.35"
CUT = f"{SMALL};display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden;overflow-wrap:anywhere"
SHEET = "padding:8px;font-family:system-ui,sans-serif"  # in the page's own colours, light or dark
SHOWN = 8  # of the chosen items, where they are many


def photo(finder: Finder, row: int, width: int = 96, style: str = "") -> str:
    """An <img> of an item with its title and path as the text for those who do not see it."""
    text = html.escape(f"{finder.titles[row]}, {finder.paths[row]}", quote=True)
    source = jpeg(finder.catalogue.images[int(row)])
    height, across = finder.catalogue.images.size
    size = f"width:{width}px;max-width:100%;aspect-ratio:{across}/{height}"
    return f'<img src="{source}" alt="{text}" title="{text}" style="{size};margin:0;{style}">'


def words(finder: Finder, row: int) -> str:
    """An item's title and its path in the hierarchy."""
    title, path = html.escape(str(finder.titles[row])), html.escape(finder.paths[row])
    return f'<b style="{CUT}">{title}</b><span style="{CUT}">{path}</span>'


def note(text: str) -> str:
    """A line of small text."""
    return f'<div style="{SMALL};max-width:550px">{html.escape(text)}</div>'


def beside(finder: Finder, row: int | None, caption: str, width: int = 96) -> str:
    """One item: its photo, and its words beside it; of a fixed height, so that the page keeps still as the pointer moves."""
    height, across = finder.catalogue.images.size
    room = f"{SHEET};display:flex;gap:10px;min-height:{round(width * height / across)}px;align-items:flex-start"
    shown = "" if row is None else photo(finder, row, width)
    text = (
        html.escape(caption)
        if row is None
        else f'<span style="opacity:0.8">{html.escape(caption)}</span><br>{words(finder, row)}'
    )
    return f'<div style="{room}">{shown}<div style="{SMALL};min-width:0">{text}</div></div>'


def gallery(finder: Finder, selection: pd.DataFrame, space: str, level: str | int, how: str = "") -> str:
    """The chosen items and the neighbours of a selection (`Finder.select`): each neighbour framed and labelled as right as it is.

    Args:
        level: the superclass, whose sharing makes a neighbour "near", and by which many chosen items are counted.
        how: how they were chosen, for the heading.
    """
    chosen, found = (selection[selection["role"] == role] for role in ("chosen", "neighbour"))
    rows, items = chosen["row"].to_numpy(), found["row"].to_numpy()
    verdicts = finder.verdicts(rows, items, level)
    names = verdict_names(finder.hierarchy.levels[0], finder.hierarchy.levels[finder.hierarchy.index(level)])
    cards = [
        _card(finder, row, rank, distance, verdict, names[verdict])
        for row, rank, distance, verdict in zip(items, found["rank"], found["distance"], verdicts, strict=True)
    ]
    grid = "display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:10px;margin-top:6px"
    heading = (
        f"{len(items)} nearest in the space “{html.escape(space)}”, by cosine distance"
        if len(items)
        else "no other item matches the filter"
    )
    return (
        f'<div style="{SHEET}">{_chosen(finder, rows, level, how)}'
        f'<div style="{SMALL};margin-top:8px"><b>{heading}</b></div><div style="{grid}">{"".join(cards)}</div></div>'
    )


def _chosen(finder: Finder, rows: np.ndarray, level: str | int, how: str) -> str:
    if len(rows) == 1:
        return beside(finder, int(rows[0]), f"chosen: row {rows[0]}, by {how}" if how else f"chosen: row {rows[0]}")
    counts = finder.summary(rows, level)
    shown = [f"{html.escape(name)} {count}" for name, count in list(counts.items())[:SHOWN]]
    more = f" and {len(counts) - SHOWN} classes more" if len(counts) > SHOWN else ""
    by = f", by {html.escape(how)}" if how else ""
    photos = "".join(photo(finder, int(row), 44) for row in rows[:SHOWN])
    rest = f'<span style="{SMALL};align-self:center">first {SHOWN} of {len(rows)}</span>' if len(rows) > SHOWN else ""
    return (
        f'<div style="{SMALL};overflow-wrap:anywhere"><b>{len(rows)} chosen{by}</b>: {", ".join(shown)}{more}</div>'
        f'<div style="display:flex;flex-wrap:wrap;gap:4px;margin-top:4px">{photos}{rest}</div>'
    )


def _card(finder: Finder, row: int, rank: int, distance: float, verdict: str, name: str) -> str:
    colour, dash, mark = VERDICTS[verdict]
    frame = f"border:3px {BORDERS[dash]} {colour};box-sizing:border-box"
    title = html.escape(str(finder.titles[row]))
    return (
        f'<figure data-row="{row}" data-verdict="{verdict}" style="margin:0;min-width:0">{photo(finder, int(row), 104, frame)}'
        f'<figcaption style="{SMALL}"><b>{mark}</b> {html.escape(name)}<br>{rank}. at {distance:.3f}'
        f'<span style="{CUT}">{title}</span></figcaption></figure>'
    )
