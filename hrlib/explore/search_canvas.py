"""The canvas of the search demo: a photo is uploaded or shown on it, cut with a box and scribbled on. The browser's part is search_canvas.js."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from PIL import Image, ImageColor, ImageDraw

from hrlib.errors import BadImage, HrlibError
from hrlib.explore.theme import PALETTE

# a server of Jupyter takes messages of up to 10 MiB (tornado's default), and ends the connection at a larger one
MOST_BYTES = 9_000_000
SHOWN_SIDE = 720  # pixels that are sent to the browser of a photo's longer side: it is drawn at half of that

Stroke = Mapping[str, Any]  # {"points": [[x, y], ...], "colour": "#rrggbb", "width": w}, in pixels of the photo


class Canvas(anywidget.AnyWidget):
    """A photo with a crop box and strokes, drawn by hand or, the box, by keys.

    Attributes:
        photo: a JPEG to be shown; size: (width, height) of the photo that it stands for, (0, 0) without one. alt: what it shows, in words.
        tool: what the pointer does, "crop" or "pen". colour, pen: of the pen; its width in hundredths of the photo's longer side.
        crop: [left, top, right, bottom] in pixels of the photo, [] without a box. strokes: see `scribbled`.
        status: the line below the photo, which screen readers read out.
        most_bytes: of a file that is taken; its message (`on_msg`) holds its name, and its bytes unless it is larger: see `uploaded`.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = """
    .hrlib-canvas { display: grid; gap: 6px; justify-items: start; font: 13px/1.4 system-ui, sans-serif; max-width: 100% }
    .hrlib-canvas canvas { max-width: 100%; touch-action: none; cursor: crosshair; border: 1px solid #808080 }
    .hrlib-canvas canvas[hidden] { display: none }
    .hrlib-canvas canvas:focus-visible { outline: 3px solid #0072B2; outline-offset: 2px }
    .hrlib-canvas [role=status] { min-height: 1.4em; overflow-wrap: anywhere }
    """
    photo = traitlets.Bytes(b"").tag(sync=True)
    size = traitlets.Tuple((0, 0)).tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    tool = traitlets.Enum(["crop", "pen"], "crop").tag(sync=True)
    colour = traitlets.Unicode(PALETTE[1]).tag(sync=True)
    pen = traitlets.Int(5).tag(sync=True)
    crop = traitlets.List([]).tag(sync=True)
    strokes = traitlets.List([]).tag(sync=True)
    status = traitlets.Unicode("").tag(sync=True)
    most_bytes = traitlets.Int(MOST_BYTES).tag(sync=True)

    def show(self, pixels: np.ndarray | None, alt: str) -> None:
        """Another photo, (H, W, 3) uint8, without box and strokes; None for no photo."""
        with self.hold_sync():
            self.crop, self.strokes = [], []
            self.photo, self.alt = b"" if pixels is None else _jpeg(pixels), alt
            self.size = (0, 0) if pixels is None else pixels.shape[1::-1]


def uploaded(facts: Mapping[str, Any], buffers: Sequence[memoryview]) -> tuple[str, bytes]:
    """The name and the bytes of a file in a message of the canvas; one that is too large, or was too large to be sent, is a BadImage."""
    facts = facts if isinstance(facts, Mapping) else {}
    name, got = str(facts.get("name", "file"))[:300], facts.get("bytes", 0)
    got = memoryview(buffers[0]).nbytes if buffers else got
    if not buffers or got > MOST_BYTES:
        size = f"{got / 1e6:,.1f} MB, " if isinstance(got, int | float) and abs(got) < 1e15 else ""
        most = MOST_BYTES / 1e6
        raise BadImage(f"{name}: {size}more than the {most:g} MB that can be uploaded; make the photo smaller")
    return name, bytes(buffers[0])


def scribbled(pixels: np.ndarray, strokes: Sequence[Stroke]) -> np.ndarray:
    """The photo with strokes drawn on it, as the canvas shows them: (H, W, 3) uint8, a copy.

    Args:
        strokes: each {"points": [[x, y], ...], "colour": "#rrggbb", "width": w}, in pixels of the photo.

    Raises:
        HrlibError: a colour that is none (a browser knows more of them by name), or a stroke without points or a width that are numbers.
    """
    image = Image.fromarray(pixels)  # which copies
    brush, side = ImageDraw.Draw(image), float(max(image.size))
    for stroke in strokes:
        try:
            points = [(_within(x, side), _within(y, side)) for x, y in stroke["points"]]
            width, colour = max(1.0, _within(stroke["width"], side)), _colour(stroke["colour"])
        except HrlibError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise HrlibError(
                f"a stroke is {stroke!r:.100}: expected points, a colour and a width; take it back"
            ) from error
        if points:
            brush.line(points, fill=colour, width=round(width))
        for x, y in points:  # round ends and corners
            r = width / 2
            brush.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    return np.asarray(image)


def _within(number: Any, side: float) -> float:
    """A number of pixels, at most so far outside of the photo as its longer side."""
    if not math.isfinite(number := float(number)):
        raise ValueError("no finite number")
    return min(max(number, -side), 2 * side)


def _colour(text: str) -> tuple[int, ...]:
    try:
        return ImageColor.getrgb(text)[:3]
    except (ValueError, TypeError, AttributeError) as error:
        raise HrlibError(
            f"a stroke's colour is {text!r:.80}: expected #rrggbb; take the stroke back, choose another"
        ) from error


def _jpeg(pixels: np.ndarray) -> bytes:
    image, data = Image.fromarray(pixels), io.BytesIO()
    image.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    image.save(data, "JPEG", quality=88)
    return data.getvalue()
