"""A row of photos to choose one from, by pointer or keys. The browser's part is photo_strip.js."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from hrlib.explore.photo_sheet import jpeg


class PhotoStrip(anywidget.AnyWidget):
    """Photos, each a button with a text for those who do not see it."""

    _esm = Path(__file__).with_suffix(".js")
    _css = """
    .hrlib-strip { display: flex; flex-wrap: wrap; gap: 4px }
    .hrlib-strip button { padding: 0; border: 2px solid transparent; background: none; cursor: pointer; line-height: 0 }
    .hrlib-strip button:hover { border-color: #808080 }
    .hrlib-strip button:focus-visible { outline: 3px solid #0072B2 }
    .hrlib-strip img { height: 52px }
    """
    label = traitlets.Unicode("photos").tag(sync=True)
    ids: tuple[int | str, ...] = ()  # of the photos; they stay here, because a browser rounds integers beyond 2^53
    photos = traitlets.List([]).tag(sync=True)

    def show(self, photos: Iterable[tuple[int | str, np.ndarray, str]]) -> None:
        """Fill the row with photos: of each its id, its pixels (H, W, 3) uint8 and its text."""
        photos = list(photos)
        self.ids = tuple(id for id, _, _ in photos)
        self.photos = [{"source": jpeg(pixels), "alt": text} for _, pixels, text in photos]

    def on_choice(self, callback: Callable[[int | str], None]) -> None:
        """Have callback(id) called for a photo that is chosen."""

        def chosen(_, message, __) -> None:
            place = message.get("place") if isinstance(message, dict) else None
            if isinstance(place, int) and 0 <= place < len(self.ids):  # the row may have changed meanwhile
                callback(self.ids[place])

        self.on_msg(chosen)
