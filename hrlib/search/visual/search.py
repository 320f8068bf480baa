"""Visual search, end to end: a photo in, the items of a store that look like it out, with the reasons."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from torch import nn

from hrlib.catalogue import Catalogue
from hrlib.errors import HrlibError
from hrlib.search.checks import Id, check_ids
from hrlib.search.faiss_store import FaissStore
from hrlib.search.store import Store, Where
from hrlib.search.visual.added import COLUMN, AddedPhotos
from hrlib.search.visual.encoder import QueryEncoder
from hrlib.search.visual.explain import Aim, category_table, result_table
from hrlib.search.visual.found import Clock, Found
from hrlib.search.visual.queries import Crop, Item, Photo, as_list, check_query, mean_direction, opened
from hrlib.search.visual.ranked import VisualSettings, category_votes, pool, ranked
from hrlib.search.visual.saved import read_settings, write_facts
from hrlib.search.visual.stock import Near, Stock
from hrlib.search.visual.votes import classifier_votes
from hrlib.settings import nearest, strict
from hrlib.training.embed import embed, embed_photos

SAME = 0.99  # cosine of the embedding of a catalogue's photo with the stored one, below which they are not of one model


class VisualSearch:
    """Finds the items of a store that look like a photo.

    Photos are brought to the catalogue's size as its own were, embedded by the model, and searched for among the store's vectors.

    Searches may run in many threads at once, and beside `add`, `remove` and `save`, of which one runs at a time. The model is put into
    evaluation mode; do not train it meanwhile. Change the store by other ways only if the photos of what is added need not be shown.

    Args:
        model: photos (B, 3, H, W) in 0..1 to unit vectors (B, D).
        store: holds items under the catalogue's ids, with the classes of all levels and the attributes as metadata, as `index` fills it.
            Items that are in only one of the two are no error: what is not in the store is not found, and of what is not in the catalogue
            that is shown which the store knows.
        catalogue: what is shown of the items, and their hierarchy.
        classifier: called with photos (B, H, W, 3) uint8 for the probabilities (B, C) of the classes of `level`; None: neighbours vote.
        settings: those of `ranked.VisualSettings`: near_duplicate, group_by, level, voters, temperature, weight.

    Raises:
        HrlibError: parts that do not fit each other, an unknown setting, or a model whose embeddings are not finite unit vectors.
    """

    def __init__(
        self,
        model: nn.Module,
        store: Store,
        catalogue: Catalogue,
        *,
        classifier: Callable[[np.ndarray], np.ndarray] | None = None,
        **settings: float | str | None,
    ):
        if not (isinstance(model, nn.Module) and isinstance(store, Store) and isinstance(catalogue, Catalogue)):
            got = ", ".join(type(part).__name__ for part in (model, store, catalogue))
            raise HrlibError(f"VisualSearch({got}): expected a torch model, a store and a catalogue, in this order")
        self.settings = strict(VisualSettings, settings)
        self.model, self.store, self.catalogue, self.classifier = model.eval(), store, catalogue, classifier
        self._level, by = catalogue.hierarchy.index(self.settings.level), self.settings.group_by
        columns = dict.fromkeys([*catalogue.hierarchy.levels, *catalogue.items.columns, *store.stats()["columns"]])
        if by is not None and by not in columns:
            raise HrlibError(f"group_by: {by!r} is no column of the catalogue or the store; {nearest(by, columns)}")
        if by in catalogue.items and not catalogue.items[by].map(pd.api.types.is_scalar).all():
            raise HrlibError(f"group_by: {by!r} holds lists: expected a column with one value an item")
        self._stock = Stock(store, catalogue, AddedPhotos(), [by] if by in catalogue.items else [])
        self._encoder = QueryEncoder(self.model, catalogue.images, store.dim)
        self._check_model()

    @classmethod
    def index(cls, model: nn.Module, catalogue: Catalogue, store: Store | None = None, **settings: Any) -> VisualSearch:
        """A search over a catalogue: its photos are embedded and put into a store (an empty `FaissStore` where none is given)."""
        if store is None:
            store = FaissStore(embed_photos(model, catalogue.images[:1]).shape[1])
        search = cls(model, store, catalogue, **settings)
        search._stock.fill(embed(model, catalogue))
        return search

    def search(
        self,
        query: Photo | Sequence[Photo] | None = None,
        k: int = 12,
        *,
        crop: Crop | None = None,
        where: Where | None = None,
        rerank: bool = False,
        group: bool = True,
        text: str | None = None,
    ) -> Found:
        """The k items that look most like a photo, with the reasons.

        Args:
            query: a photo, an Item(id) of the store, or a list of them: then the mean of their embeddings is searched for.
            k: results, or groups of near-duplicates; all are given, where there are fewer.
            crop: the part (left, top, right, bottom) of the photo that is meant, in its pixels, as it is seen upright.
            where: chooses items by their metadata, see `Store`.
            rerank: results are ranked by their similarity and by how well their classes fit the photo's, see `votes.agreement`.
            group: near-duplicates are one result.
            text: what is looked for in words, alone or with photos (again the mean); for models with `encode_texts`.

        Raises:
            BadImage: a photo that cannot be decoded, or is refused.
            HrlibError: nothing to search for, an unknown id or column, a crop without a pixel.
        """
        clock, asked = Clock(), as_list(query)
        text = check_query(asked, k, crop, text)
        images = [self._image(one) for one in asked]
        clock.lap("decode")
        photos = [self._encoder.prepared(image, crop) for image in images]
        clock.lap("prepare")
        vector = self._vector(asked, photos, crop, text)
        clock.lap("embed")
        items = [one.id for one in asked if isinstance(one, Item)]
        near = self._stock.near(vector, pool(self.settings, k), where)
        voters = self._stock.near(vector, self.settings.voters + len(items)) if where or items else near
        shares = self._shares([] if any(image is None for image in images) else photos, voters, items)
        results = ranked(self._stock, self.settings, vector, near, k, where, shares if rerank else None, group)
        clock.lap("search")
        records = [self._stock.get(one)[1] for one in items]
        aim = Aim.of(self._stock.classes, self._level, shares, records if len(asked) == 1 and text is None else [])
        table = result_table(results, self._stock, self._level, aim, records, where)
        category = category_table(self._stock.classes, self._level, shares)
        clock.lap("explain")
        return Found(table, category, clock.seconds(), np.concatenate(photos, axis=1) if photos else None)

    def add(self, id: Id, photo: Photo, metadata: Mapping[str, Any] | None = None) -> None:
        """Put an item in, found at once and shown like the others; one that has the id is replaced.

        Args:
            photo: kept at the catalogue's size; of an Item(id), the photo of that item.
            metadata: classes by their level's name, of which the finest is enough, and attributes. None: nothing is known.

        Raises:
            BadImage: a photo that cannot be decoded, or is refused.
            HrlibError: a class or a column that the catalogue does not have; nothing is changed then.
        """
        (id,), record = check_ids([id]), self._stock.checked(metadata)
        if (image := self._image(photo)) is None:
            raise HrlibError(f"the photo of {photo.id!r} is not known: give the photo itself")  # type: ignore[union-attr]
        pixels = self._encoder.prepared(image)
        self._stock.put(id, self._encoder.photos(pixels[None])[0], pixels, record)

    def remove(self, ids: Sequence[Id]) -> int:
        """Take items out; returns how many of the ids were there. They are not found any more."""
        return self._stock.remove(ids)

    def photo(self, id: Id) -> np.ndarray:
        """The photo (H, W, 3) uint8 of an item of the store or the catalogue; plain grey where the store has it and no photo is known."""
        return self._encoder.prepared(self._stock.photo(*check_ids([id])))

    def known(self, ids: Sequence[Id]) -> list[dict[str, Any]]:
        """What is known of items of the store or the catalogue: of each its classes and attributes by their names, without those missing."""
        records = [self._stock.get(one)[1] for one in check_ids(ids)]
        return [{name: value for name, value in record.items() if name != COLUMN} for record in records]

    @property
    def takes_texts(self) -> bool:
        """Whether `search` can be asked with a text: whether the model has `encode_texts`."""
        return self._encoder.takes_texts

    def save(self, folder: str | Path) -> Path:
        """Write the store, the added photos and the settings to a folder, so that a crash leaves what was saved there before or this.

        The model and the catalogue are not in it. Of several processes only one may save to a folder.
        """
        folder = Path(folder)
        self._stock.save(folder / "store", folder / "photos")
        write_facts(folder, self.catalogue.images.size, self.settings)
        return folder

    @classmethod
    def open(
        cls,
        folder: str | Path,
        model: nn.Module,
        catalogue: Catalogue,
        *,
        store: type[Store] = FaissStore,
        **settings: Any,
    ) -> VisualSearch:
        """The search that was saved in a folder, with the model and the catalogue that it had.

        Args:
            store: the class that opens what its store has saved.
            settings: where they are to be others than those that were saved; the classifier is never saved.
        """
        folder = Path(folder)
        kept = read_settings(folder, catalogue.images.size)
        search = cls(model, store.open(folder / "store"), catalogue, **kept | settings)
        search._stock.added = AddedPhotos(folder / "photos")
        return search

    def _image(self, photo: Photo) -> Image.Image | np.ndarray | None:
        """A photo in whatever form it came; None for an item whose photo is not known."""
        return self._stock.photo(photo.id) if isinstance(photo, Item) else opened(photo)

    def _vector(self, asked: list, photos: list[np.ndarray], crop: Crop | None, text: str | None) -> np.ndarray:
        """What is searched for, (D,): an item as it is stored, everything else embedded; of several the mean."""
        stored = [self._stock.get(one.id)[0] if isinstance(one, Item) and crop is None else None for one in asked]
        fresh = [pixels for pixels, vector in zip(photos, stored, strict=True) if vector is None]
        parts = [vector[None] for vector in stored if vector is not None]
        if fresh:
            parts.append(self._encoder.photos(np.stack(fresh)))
        if text is not None:
            parts.append(self._encoder.text(text))
        return mean_direction(np.concatenate(parts))

    def _shares(self, photos: list[np.ndarray], near: Near, items: list[Id]) -> list[np.ndarray]:
        """Of the classes on each level: as the classifier says, if there is one and photos that it can be asked about, else the neighbours."""
        if self.classifier is None or not photos:
            return category_votes(self._stock, self.settings, near, items)
        return classifier_votes(self.classifier(np.stack(photos)), self.catalogue.hierarchy, self._level)

    def _check_model(self) -> None:
        """A model whose vectors do not fit the store is refused, by the catalogue's first photo; one with others than the store's is warned of."""
        first = self._stock.ids[0]
        vector, (stored, record) = self._encoder.photos(self.catalogue.images[:1])[0], self._stock.get(first)
        if stored is not None and COLUMN not in record and (cosine := float(vector @ stored)) < SAME:
            warnings.warn(
                f"the catalogue's photo of {first!r} and its vector in the store have a cosine of {cosine:.3f}, where 1 is expected: the "
                "store seems to have been filled by another model, or from photos prepared otherwise",
                RuntimeWarning,
                stacklevel=3,
            )
