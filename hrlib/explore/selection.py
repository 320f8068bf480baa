"""What an embedding space answers for the items that are chosen: their neighbours, as a table. No browser is needed for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hrlib.catalogue.captions import first_texts, texts_of
from hrlib.catalogue.checks import as_rows
from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import Embeddings, unit_vectors
from hrlib.explore.theme import verdict_of
from hrlib.settings import nearest as nearest_name
from hrlib.settings import whole_number

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue

COLUMNS = ["role", "rank", "row", "id", "title", "path", "distance"]
MISSING = "(missing)"  # how an attribute that nobody filled in is called in a filter


class Finder:
    """The items of a catalogue and their vectors in one or several spaces, ready to be asked.

    Args:
        catalogue: of the N items.
        embeddings: name of a space -> (N, D) unit vectors; D may differ from space to space.

    Raises:
        HrlibError: no space, or vectors that are not N finite unit vectors.
    """

    def __init__(self, catalogue: Catalogue, embeddings: Mapping[str, Embeddings]):
        if not embeddings:
            raise HrlibError('no embeddings: expected at least one space, such as {"flat": hr.embed(model, catalogue)}')
        self.catalogue, self.hierarchy = catalogue, catalogue.hierarchy
        self.vectors = {name: unit_vectors(x, name).cpu().numpy() for name, x in embeddings.items()}
        for name, vectors in self.vectors.items():
            if len(vectors) != len(catalogue):
                raise HrlibError(
                    f"{name}: {len(vectors)} embeddings for a catalogue of {len(catalogue)}: expected one row an item"
                )
        self.ids = catalogue.items["id"].astype(str).to_numpy(dtype=object)
        fine = self.hierarchy.column(0)
        self.titles = np.array(self.hierarchy.names[0], dtype=object)[fine]
        said = [""] * len(catalogue)
        if catalogue.caption is not None:
            cells = catalogue.items[catalogue.caption]
            shown = zip(first_texts(cells), self.titles, strict=True)
            self.titles = np.array([text or name for text, name in shown], dtype=object)
            said = ["\n".join(texts_of(cell)) for cell in cells]
        columns = zip(self.hierarchy.names, self.hierarchy.ancestors.T, strict=True)
        steps = [np.array(names, dtype=object)[labels] for names, labels in columns]
        self.paths = np.array([" › ".join(path[::-1]) for path in zip(*steps, strict=True)], dtype=object)[fine]
        self._texts = [f"{name}\n{texts}".casefold() for name, texts in zip(self.ids, said, strict=True)]

    @property
    def columns(self) -> tuple[str, ...]:
        """What items can be filtered by: the levels, coarse to fine, then the attributes."""
        return tuple(dict.fromkeys([*self.hierarchy.levels[::-1], *self.catalogue.attributes]))

    def values(self, column: str) -> np.ndarray:
        """(N,) text: each item's class of a level, or its value of an attribute (`MISSING` where there is none)."""
        if column in self.hierarchy.levels:
            level = self.hierarchy.index(column)
            return np.array(self.hierarchy.names[level], dtype=object)[self.hierarchy.labels[:, level]]
        if column not in self.catalogue.attributes:
            raise HrlibError(f"no level or attribute {column!r} to filter by; {nearest_name(column, self.columns)}")
        values = self.catalogue.items[column]
        return np.where(values.isna(), MISSING, values.astype(str)).astype(object)

    def matching(self, filters: Mapping[str, Any] | None = None) -> np.ndarray:
        """(N,) bool: the items that have, in every column of `filters`, its value, or one of its values where they are a list.

        Values are compared as text; None and NaN stand for a missing one.
        """
        mask = np.ones(len(self.catalogue), bool)
        for column, wanted in (filters or {}).items():
            wanted = list(wanted) if isinstance(wanted, (list, tuple, set, np.ndarray)) else [wanted]
            mask &= pd.Series(self.values(column)).isin([MISSING if pd.isna(w) else str(w) for w in wanted]).to_numpy()
        return mask

    def find(self, text: str) -> np.ndarray:
        """Rows whose id, a text of their caption or the name of a class of any level contains the text, in any case; of a blank text, none.

        The text is taken literally: no sign in it has a meaning.
        """
        text = text.strip().casefold()
        if not text:
            return np.zeros(0, np.int64)
        found = np.array([text in own for own in self._texts])
        for level, names in enumerate(self.hierarchy.names):
            found |= np.array([text in name.casefold() for name in names])[self.hierarchy.labels[:, level]]
        return np.flatnonzero(found)

    def nearest(
        self, rows: Iterable[int], space: str, k: int, filters: Mapping[str, Any] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k items nearest to the chosen ones in the original space, and their distances to `centre(rows)`.

        The chosen ones are left out. Where fewer than k others match the filters, there are fewer. Equal ones are in row order.
        """
        whole_number("k", k, what="the number of results")
        allowed = self.matching(filters)
        allowed[as_rows(rows, len(allowed))] = False
        candidates = np.flatnonzero(allowed)
        scores = (self._of(space) @ self.centre(rows, space))[candidates]  # (N,): one query, whatever is chosen
        if k < len(candidates):
            line = np.partition(scores, len(scores) - k)[len(scores) - k]
            candidates, scores = candidates[scores >= line], scores[scores >= line]
        order = np.argsort(-scores, kind="stable")[:k]
        return candidates[order], _distance(scores[order])

    def centre(self, rows: Iterable[int], space: str) -> np.ndarray:
        """(D,) the unit vector that is asked with: of one item its own, of several their mean, brought to length 1.

        Raises:
            HrlibError: no rows, rows that do not exist, or vectors that cancel out, so that they have no direction.
        """
        rows = as_rows(rows, len(self.catalogue)).reshape(-1)
        if not len(rows):
            raise HrlibError("nothing is chosen: expected at least one item")
        mean = self._of(space)[rows].mean(axis=0, dtype=np.float64)
        length = np.linalg.norm(mean)
        if length < 1e-6:
            raise HrlibError(
                f"the vectors of the {len(rows)} chosen items cancel out: choose fewer, or items that are more alike"
            )
        return (mean / length).astype(np.float32)

    def select(self, rows: Iterable[int], space: str, k: int, filters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The chosen items, then their neighbours: role ("chosen" or "neighbour"), rank, row, id, title, path and distance.

        The distance is the cosine distance, 1 - cos, to `centre(rows)` in the original space, from 0 to 2; ranks of neighbours begin
        with 1, chosen items have 0 and are in row order.
        """
        chosen = np.unique(as_rows(rows, len(self.catalogue)))
        found, distances = self.nearest(chosen, space, k, filters)
        own = _distance(self._of(space)[chosen] @ self.centre(chosen, space))
        every = np.concatenate([chosen, found])
        return pd.DataFrame(
            {
                "role": ["chosen"] * len(chosen) + ["neighbour"] * len(found),
                "rank": np.concatenate([np.zeros(len(chosen), np.int64), np.arange(1, len(found) + 1)]),
                "row": every,
                "id": self.ids[every],
                "title": self.titles[every],
                "path": self.paths[every],
                "distance": np.concatenate([own, distances]),
            }
        )

    def summary(self, rows: Iterable[int], level: str | int) -> dict[str, int]:
        """How many of some items each class of a level has, most first."""
        names = self.hierarchy.names[self.hierarchy.index(level)]
        counts = np.bincount(self.hierarchy.column(level)[as_rows(rows, len(self.catalogue))], minlength=len(names))
        return {names[label]: int(counts[label]) for label in np.argsort(-counts, kind="stable") if counts[label]}

    def verdicts(self, chosen: Iterable[int], items: Iterable[int], level: str | int) -> list[str]:
        """How right each item is: "same" where a chosen one has its finest class, "near" where one has its class of `level`, else "other"."""
        rows, items, index = as_rows(chosen, len(self.catalogue)), np.asarray(items), self.hierarchy.index(level)
        same, near = (np.isin(self.hierarchy.labels[items, at], self.hierarchy.labels[rows, at]) for at in (0, index))
        return list(map(verdict_of, same, near))

    def _of(self, space: str) -> np.ndarray:
        if space not in self.vectors:
            raise HrlibError(f"no space {space!r}; {nearest_name(space, self.vectors)}")
        return self.vectors[space]


def _distance(scores: np.ndarray) -> np.ndarray:
    return np.clip(1 - scores.astype(np.float64), 0, 2)
