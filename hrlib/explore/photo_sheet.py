"""A sheet of photos in cells, with texts among them: what the kit's galleries are laid on."""

from __future__ import annotations

import base64
import io

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from hrlib.explore.theme import VERDICTS, literal

CELL = 66  # pixels of a photo's cell: a query and two times five neighbours fit a notebook's width
PITCH = 1.32  # rows apart, in cells: room for a line of text under each photo


def add_photo(sheet: go.Figure, x: float, y: float, pixels: np.ndarray, verdict: str | None = None) -> None:
    """One photo in the cell whose upper left corner is (x, y), framed and marked with its verdict."""
    sheet.add_layout_image(source=jpeg(pixels), xref="x", yref="y", x=x, y=y, sizex=0.9, sizey=0.9, layer="below")
    if verdict:
        colour, dash, mark = VERDICTS[verdict]
        line = {"color": colour, "width": 3, "dash": dash}
        sheet.add_shape(type="rect", x0=x, x1=x + 0.9, y0=y, y1=y + 0.9, line=line)
        add_text(sheet, x + 0.45, y + 1.05, f"<b>{mark}</b>", colour=colour)


def jpeg(pixels: np.ndarray) -> str:
    """A photo (H, W, 3) uint8 as the address of an image that holds it."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()


def shortened(text: str, length: int) -> str:
    """Text of the data for a label: cut, and with markup shown as text (plotly reads tags in annotations)."""
    return literal(text if len(text) <= length else text[: length - 1] + "…")


def add_text(
    sheet: go.Figure,
    x: float,
    y: float,
    text: str,
    anchor: str = "center",
    size: int = 13,
    colour: str | None = None,
    shift: int = 0,
) -> None:
    """Text at (x, y), in the theme's colour unless there is one, moved by `shift` pixels.

    plotly hides a text whose x lies beyond the axis, but not one that is shifted there.
    """
    font = {"size": size, "color": colour}
    sheet.add_annotation(
        x=x, y=y, text=text, showarrow=False, xanchor=anchor, yanchor="middle", font=font, xshift=shift
    )


def finish(sheet: go.Figure, columns: float, rows: float, left: int, cell: int = CELL) -> go.Figure:
    """Fix the frame so that a cell is `cell` pixels: the text keeps its place beside the photos at any width of the page."""
    top, below = 0.55 * CELL / cell, 0.1  # room for a line of text above
    margin = {"l": left, "r": 10, "t": 44, "b": 10}
    sheet.update_xaxes(visible=False, range=[0, columns], fixedrange=True)
    sheet.update_yaxes(visible=False, range=[rows + below, -top], fixedrange=True)
    height = (rows + top + below) * cell + margin["t"] + margin["b"]
    return sheet.update_layout(height=round(height), width=round(left + columns * cell + 10), margin=margin)
