"""What a visual search has found, as HTML for a notebook's widget. Whatever comes from the data is escaped."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from hrlib.explore.cards import BORDERS, CUT, SHEET, SMALL
from hrlib.explore.photo_sheet import jpeg
from hrlib.explore.theme import MUTED, VERDICTS

if TYPE_CHECKING:
    import pandas as pd

    from hrlib.search import Found

GRID = (
    "display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:10px;margin-top:6px;align-items:start"
)
GUESSES = 3  # of the query's category that are told


def results(
    name: str,
    found: Found,
    photo: Callable[[int | str], np.ndarray | None],
    verdicts: Mapping[int | str, tuple[str, str]],
) -> str:
    """The results of one model: what it takes the query for, a card a result, and the time in parts.

    Args:
        name: of the model.
        photo: id -> (H, W, 3) uint8; None where it is lost.
        verdicts: id -> (key of VERDICTS, its words) where it is known how right a result is.
    """
    cards = [_card(rank, row, photo, verdicts.get(row.id)) for rank, row in enumerate(found.table.itertuples(), 1)]
    grid = f'<div style="{GRID}">{"".join(cards)}</div>' if cards else "<p>nothing matches the filters</p>"
    return (
        f'<section aria-label="results of {html.escape(name, quote=True)}" style="{SHEET}">'
        f'<h3 style="margin:0;font-size:16px">{html.escape(name)}</h3>'
        f'<div style="{SMALL}">{guesses(found)}</div>{grid}<div style="{SMALL};margin-top:8px;opacity:.85">{times(found)}</div></section>'
    )


def guesses(found: Found) -> str:
    """The categories that the query is taken for, with their probabilities."""
    shown = [f"{html.escape(str(name))} {share:.0%}" for name, share in _pairs(found.category)[:GUESSES]]
    return f"looks like {', '.join(shown)}" if shown else "no category is predicted"


def times(found: Found) -> str:
    """The time of a query in parts, in milliseconds."""
    parts = [f"{part} {1000 * spent:.1f}" for part, spent in found.seconds.items() if part != "total"]
    return f"{1000 * found.seconds['total']:.1f} ms = {' + '.join(parts)}"


def _pairs(category: pd.DataFrame) -> list[tuple[str, float]]:
    return list(zip(category["category"], category["probability"], strict=True))


def _card(rank: int, row, photo: Callable[[int | str], np.ndarray | None], verdict: tuple[str, str] | None) -> str:
    colour, dash, mark = VERDICTS[verdict[0]] if verdict else (MUTED, "solid", "")
    said = f"<b>{mark}</b> {html.escape(verdict[1])}<br>" if verdict else ""
    path, why, id = (html.escape(str(text), quote=True) for text in (row.path, row.why, row.id))
    frame = f"border:{3 if verdict else 1}px {BORDERS[dash]} {colour};box-sizing:border-box;width:100%;max-width:160px;margin:0"
    pixels, alike = photo(row.id), len(row.others)
    picture = (
        "<p>(its photo is lost)</p>"
        if pixels is None
        else f'<img src="{jpeg(pixels)}" alt="{id}, {path}" style="{frame}">'
    )
    others = f"<br>and {alike} more like it" if alike else ""
    return (
        f'<figure data-id="{id}" style="margin:0;min-width:0">{picture}'
        f'<figcaption style="{SMALL}">{said}{rank}. at {row.distance:.3f}{others}<b style="{CUT}">{id}</b>'
        f'<span style="overflow-wrap:anywhere">{path}</span><details style="overflow-wrap:anywhere;opacity:.85">'
        f"<summary>why</summary>{why}</details></figcaption></figure>"
    )
