"""What the search demo asks with: a photo, and what was done with it by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hrlib.catalogue.images import decode
from hrlib.errors import HrlibError
from hrlib.explore.search_canvas import Stroke, scribbled

if TYPE_CHECKING:
    from hrlib.search import Item, VisualSearch


@dataclass(frozen=True)
class PhotoQuery:
    """A photo, a crop box and strokes on it.

    Attributes:
        pixels: (H, W, 3) uint8, the whole photo. name: what it is called.
        data: the file that it came in. item: the id, where it is an item's.
        crop: (left, top, right, bottom) in its pixels, None for all of it. strokes: see `scribbled`.
    """

    pixels: np.ndarray
    name: str
    data: bytes | None = None
    item: int | str | None = None
    crop: tuple[int, int, int, int] | None = None
    strokes: tuple[Stroke, ...] = ()

    @classmethod
    def of_file(cls, name: str, data: bytes) -> PhotoQuery:
        """Of an uploaded file; one that is refused is a BadImage."""
        return cls(np.asarray(decode(data, name=name)), name, data=data)

    @classmethod
    def of_item(cls, visual: VisualSearch, id: int | str) -> PhotoQuery:
        """Of an item of the store."""
        return cls(visual.photo(id), f"item {id}", item=id)

    def with_marks(self, crop: Sequence[int], strokes: Sequence[Stroke]) -> PhotoQuery:
        """The same photo with this box, [] for none, and these strokes; an HrlibError where they are none."""
        try:
            box = None
            if len(crop):
                left, top, right, bottom = (int(edge) for edge in crop)
                box = (left, top, right, bottom)
        except (TypeError, ValueError, OverflowError) as error:
            raise HrlibError(f"the box is {crop!r:.100}: expected left, top, right, bottom; draw it anew") from error
        return replace(self, crop=box, strokes=tuple(strokes))

    @property
    def asked(self) -> bytes | Item | np.ndarray:
        """What is searched with: the file itself, so that its decoding is timed, or the item; where it is scribbled on, that."""
        from hrlib.search import Item  # only now: it loads faiss

        if self.strokes:
            return scribbled(self.pixels, self.strokes)
        if self.item is not None:
            return Item(self.item)
        return self.pixels if self.data is None else self.data

    @property
    def seen(self) -> np.ndarray:
        """What is left of the photo after scribbling and cutting, (h, w, 3) uint8."""
        left, top, right, bottom = self.crop or (0, 0, *self.pixels.shape[1::-1])
        return scribbled(self.pixels, self.strokes)[top:bottom, left:right]
