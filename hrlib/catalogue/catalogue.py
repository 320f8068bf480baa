"""A catalogue: the table of its items, a photo of each, and their hierarchy."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hrlib.catalogue.checks import as_rows, require_columns
from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.catalogue.splits import divide, official_parts, sample_rows
from hrlib.catalogue.store import ImageStore
from hrlib.errors import HrlibError

if TYPE_CHECKING:
    from hrlib.catalogue.reporting.report import Report


def no_skipped() -> pd.DataFrame:
    """The empty table of skipped rows: row (in the source), id, reason."""
    return pd.DataFrame({"row": np.zeros(0, np.int64), "id": [], "reason": []})


@dataclass(frozen=True, eq=False, repr=False)
class Catalogue:
    """N items: row i of the table, photo i of the store and row i of the hierarchy belong together.

    Attributes:
        name: what it is called in figures and reports.
        items: N rows numbered 0..N-1, with a column "id", the levels, the attributes and the caption.
        images: N photos, each (H, W, 3) uint8.
        hierarchy: the N items' classes on every level.
        attributes: the columns that describe an item; a missing value is NaN or None.
        caption: the column with an item's text, or its list of texts (see `Captions`), or None.
        skipped: the rows of the source that on_bad="skip" left out: row, id, reason.

    Raises:
        HrlibError: no items, parts of different lengths, or a column that the table does not have.
    """

    name: str
    items: pd.DataFrame
    images: ImageStore
    hierarchy: Hierarchy
    attributes: tuple[str, ...] = ()
    caption: str | None = None
    skipped: pd.DataFrame = field(default_factory=no_skipped)

    def __post_init__(self) -> None:
        sizes = {"items": len(self.items), "images": len(self.images), "hierarchy": len(self.hierarchy)}
        if len(set(sizes.values())) > 1:
            got = ", ".join(f"{count} {part}" for part, count in sizes.items())
            raise HrlibError(f"catalogue {self.name!r}: {got} rows: expected as many of each")
        if not len(self.items):
            raise HrlibError(f"catalogue {self.name!r} has no items: expected at least one")
        require_columns(self.items, ["id"], "the items' ids")
        require_columns(self.items, self.attributes, "an attribute")
        require_columns(self.items, [] if self.caption is None else [self.caption], "the caption")
        object.__setattr__(self, "items", self.items.reset_index(drop=True))
        object.__setattr__(self, "attributes", tuple(self.attributes))

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        height, width = self.images.size
        parts = [f"{len(self):,} photos of {height} x {width}", repr(self.hierarchy).split(": ", 1)[1].rstrip(")")]
        parts += [f"attributes {', '.join(self.attributes)}"] if self.attributes else []
        parts += [f"{len(self.skipped):,} skipped"] if len(self.skipped) else []
        return f"Catalogue({self.name!r}: {'; '.join(parts)})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>{self.summary().to_html(border=0)}"

    def summary(self) -> pd.DataFrame:
        """A row a level, fine to coarse: how many classes, and the fewest, median and most items a class."""
        rows = []
        for level in self.hierarchy.levels:
            counts = np.bincount(self.hierarchy.column(level))
            rows.append((len(counts), counts.min(), int(np.median(counts)), counts.max()))
        columns = ["classes", "fewest items", "median items", "most items"]
        return pd.DataFrame(rows, columns=columns, index=pd.Index(self.hierarchy.levels, name="level"))

    def report(self, split: str | Mapping[str, Catalogue] | None = None, *, alike: float | None = None) -> Report:
        """What is wrong with the catalogue, or limits what can be done with it, each with advice: photos that are broken, empty, there twice or on both
        sides of a split, labels that are no tree, classes of one photo, what is missing of attributes and texts.

        Args:
            split: the column that names each item's part, or the parts: {"train": train, "test": test}, whose items are known by their ids.
                None takes the column "split" if there is one.
            alike: the similarity from which on two photos count as nearly the same; None: `reporting.duplicates.ALIKE`, chosen there.

        Raises:
            HrlibError: no such column, an item in two parts, or a similarity that is none.
        """
        from hrlib.catalogue.reporting.report import report  # only now: most catalogues do without

        return report(self, split, alike)

    def subset(self, rows: Any) -> Catalogue:
        """Some items (integers, a slice or a mask), in the given order; classes without an item are gone."""
        rows = as_rows(rows, len(self)).reshape(-1)
        return replace(
            self,
            items=self.items.iloc[rows],
            images=self.images.subset(rows),
            hierarchy=self.hierarchy.subset(rows),
        )

    def at_level(self, level: str | int) -> Catalogue:
        """The same items with `level` as the finest one, as if the levels below were not known."""
        return replace(self, hierarchy=self.hierarchy.select(self.hierarchy.levels[self.hierarchy.index(level) :]))

    def split_classes(self, fractions: Sequence[float] = (0.5, 0.5), seed: int = 0) -> tuple[Catalogue, ...]:
        """Parts with disjoint finest classes, as retrieval is measured: test classes are never seen in training.

        The finest classes are divided at random within each class of the levels above, so that the parts share the
        superclasses that have enough classes, and each superclass is divided about as `fractions` say.

        Args:
            fractions: the shares of the classes, one a part, which sum to 1. (0.4, 0.1, 0.5) sets validation classes
                apart.
            seed: the same seed gives the same parts.

        Raises:
            HrlibError: fractions that do not sum to 1, or a part that would be empty.
        """
        parts = divide(self.hierarchy.ancestors[:, 1:], fractions, seed)
        hint = "take fewer or larger parts, or divide the photos within the classes with split_items"
        return self._parts(parts[self.hierarchy.column(0)], fractions, f"{len(parts)} classes", hint)

    def split_items(self, fractions: Sequence[float] = (0.5, 0.5), seed: int = 0) -> tuple[Catalogue, ...]:
        """Parts with disjoint items; each finest class is divided at random about as `fractions` say.

        Args:
            fractions: the shares of the items, one a part, which sum to 1.
            seed: the same seed gives the same parts.

        Raises:
            HrlibError: fractions that do not sum to 1, or a part that would be empty.
        """
        parts = divide(self.hierarchy.labels, fractions, seed)
        return self._parts(parts, fractions, f"{len(self)} items", "take fewer or larger parts")

    def official_split(self, column: str = "split") -> tuple[Catalogue, ...]:
        """The parts that the data set's authors made, in the order train, val, test, query, gallery (those that there are).

        train, test = hr.load("cub", size="full").official_split()
        train, query, gallery = hr.load("in-shop", size="full").official_split()

        Args:
            column: of the items, with the part that each belongs to. Some sources hold a second one, see their `load`.

        Raises:
            HrlibError: no such column (the authors made no split, or it was not given), or a row without a part.
        """
        if column not in self.items:
            raise HrlibError(
                f"catalogue {self.name!r} has no column {column!r}: no official split came with it. Divide it with "
                "split_classes (other classes in each part, as retrieval is measured) or split_items"
            )
        return tuple(self.subset(rows) for rows in official_parts(self.items[column]).values())

    def sample_classes(self, n: int, seed: int = 0) -> Catalogue:
        """All items of n random finest classes, spread over the superclasses in proportion to their classes.

        Where the items have a column "split" whose parts have classes of their own, each part gives its share.
        """
        return self.subset(sample_rows(self.hierarchy, n, seed, self.items.get("split")))

    def _parts(self, part: np.ndarray, fractions: Sequence[float], what: str, hint: str) -> tuple[Catalogue, ...]:
        rows = [np.flatnonzero(part == number) for number in range(len(fractions))]
        for number, found in enumerate(rows):
            if not len(found):
                raise HrlibError(f"fractions {tuple(fractions)} of {what} leave part {number} empty: {hint}")
        return tuple(self.subset(found) for found in rows)
