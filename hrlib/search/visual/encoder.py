"""Photos and texts to the vectors that a store is searched with."""

from __future__ import annotations

import numpy as np
from PIL import Image
from torch import nn

from hrlib.catalogue import ImageStore
from hrlib.catalogue.images import resize
from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import unit_vectors
from hrlib.search.visual.queries import Crop, cropped
from hrlib.training.embed import embed_photos

GREY = 200


class QueryEncoder:
    """Prepares photos as those of a catalogue were, and embeds them for a store of `dim` dimensions."""

    def __init__(self, model: nn.Module, images: ImageStore, dim: int):
        self.model, self.images, self.dim = model, images, dim

    def prepared(self, image: Image.Image | np.ndarray | None, crop: Crop | None = None) -> np.ndarray:
        """An upright RGB image, or a part of it, at the catalogue's size: (H, W, 3) uint8. None, an unknown photo, is plain grey."""
        if image is None:
            if crop is not None:
                raise HrlibError("a crop of an item whose photo is not known: search for the item without it")
            return np.full((*self.images.size, 3), GREY, np.uint8)
        image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
        return np.array(resize(cropped(image, crop), self.images.size, self.images.fit))

    def photos(self, pixels: np.ndarray) -> np.ndarray:
        """The embeddings (B, D) of prepared photos (B, H, W, 3) uint8."""
        return self._checked(embed_photos(self.model, pixels), "the photos' embeddings")

    @property
    def takes_texts(self) -> bool:
        """Whether the model embeds texts too."""
        return hasattr(self.model, "encode_texts")

    def text(self, text: str) -> np.ndarray:
        """The embedding (1, D) of a text, where the model has `encode_texts`."""
        if not self.takes_texts:
            raise HrlibError(
                f"text: a {type(self.model).__name__} embeds photos only: expected a model with encode_texts, or no text"
            )
        return self._checked(self.model.encode_texts([text]), "the text's embedding")

    def _checked(self, vectors: np.ndarray, name: str) -> np.ndarray:
        found = unit_vectors(vectors, name).cpu().numpy()
        if found.shape[1] != self.dim:
            raise HrlibError(
                f"{name} have {found.shape[1]} dimensions and the store has {self.dim}: expected the same; use the model that the store "
                "was filled with, or fill one with VisualSearch.index(model, catalogue)"
            )
        return found
