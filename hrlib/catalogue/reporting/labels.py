"""Findings about what is said of the items: the tree, the sizes of its classes, attributes and texts."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hrlib.catalogue.attributes import MISSING, Attributes
from hrlib.catalogue.captions import plain, texts_of
from hrlib.catalogue.reporting.finding import Finding, counted, item_table

if TYPE_CHECKING:
    from hrlib.catalogue.catalogue import Catalogue


def conflicts(catalogue: Catalogue) -> Finding | None:
    """Rows that break the tree."""
    changed = catalogue.hierarchy.conflicts
    if not len(changed):
        return None
    return Finding(
        f"No tree: {counted(len(changed), 'label')} in {counted(changed['row'].nunique(), 'row')}, changed to the parent that most rows of the class have.",
        'Correct the table; where two things only share a name, give each a name of its own. Until then on_conflict="majority" decides.',
        changed.assign(id=catalogue.items["id"].to_numpy()[changed["row"]])[["row", "id", "level", "was", "became"]],
    )


def levels(catalogue: Catalogue) -> Finding | None:
    """Levels that tell nothing apart, and a hierarchy of one level."""
    tree = catalogue.hierarchy
    sized = list(zip(tree.levels, tree.n_classes, strict=True))
    said = [f"level {name!r} has a single class" for name, count in sized if count == 1]
    for (below, fine), (above, coarse) in itertools.pairwise(sized):
        said += [f"level {above!r} has a class for each of {below!r}"] if fine == coarse > 1 else []
    said += [f"{tree.levels[0]!r} is the only level"] if tree.depth == 1 and tree.n_classes[0] > 1 else []
    if not said:
        return None
    return Finding(
        f"No use as a hierarchy: {'; '.join(said)}.",
        "Name classes that belong together in a further column or layer of folders, or let them be found in training (notebook 04); a level that says "
        "nothing can be left out."
        if tree.n_classes[0] > 1
        else "Give labels that tell the photos apart: from one class nothing can be learned.",
        pd.DataFrame(sized, columns=["level", "classes"]),
    )


def singletons(catalogue: Catalogue) -> Finding | None:
    """Classes of the finest level with one photo."""
    tree = catalogue.hierarchy
    single = np.flatnonzero(np.bincount(tree.column(0))[tree.column(0)] == 1)
    if not len(single):
        return None
    above = tree.column(1) if tree.depth > 1 else tree.column(0)
    helps = np.bincount(above)[above[single]].max() > 1
    coarser = f", or work at a coarser level, catalogue.at_level({tree.levels[1]!r})" if helps else ""
    return Finding(
        f"One photo and no more: {len(single):,} of {tree.n_classes[0]:,} classes of {tree.levels[0]!r}.",
        f"Add photos of them{coarser}: asked with its only photo, a class has nothing that could be found.",
        item_table(catalogue, single),
    )


def attributes(catalogue: Catalogue) -> Finding | None:
    """Attributes that are missing in some rows."""
    if not catalogue.attributes:
        return None
    known = Attributes.from_frame(catalogue.items, catalogue.attributes)
    gone = (known.codes == MISSING).sum(axis=0)
    table = pd.DataFrame(
        {"attribute": known.columns, "values": known.n_values, "missing": gone, "share": gone / len(known)}
    )
    table = table[table["missing"] > 0].sort_values("missing", ascending=False, kind="stable", ignore_index=True)
    if not len(table):
        return None
    shares = ", ".join(f"{row.attribute} in {row.share:.0%}" for row in table.itertuples())
    return Finding(
        f"Attributes that nobody filled in: {shares} of the rows.",
        "Fill in what is known, and leave out a column that is mostly empty: no filter finds a missing value, and no loss learns from it.",
        table,
    )


def missing_texts(catalogue: Catalogue) -> Finding | None:
    """Items without a text, where the catalogue has a caption column."""
    gone = np.array([not texts for texts in _texts(catalogue)])
    if not gone.any():
        return None
    return Finding(
        f"Without a text: {counted(gone.sum(), 'item')} of {len(catalogue):,}.",
        'Write one, or leave such items out where texts are learned, hr.Captions.of(catalogue, on_bad="skip").',
        item_table(catalogue, np.flatnonzero(gone)),
    )


def shared_texts(catalogue: Catalogue) -> Finding | None:
    """Items whose text, or set of texts, is another item's too."""
    texts = _texts(catalogue)
    codes, known = pd.factorize(pd.Series(texts, dtype=object))[0], np.array([bool(own) for own in texts], dtype=bool)
    shared = (np.bincount(codes)[codes] > 1) & known if len(codes) else known
    if not shared.any():
        return None
    rows = np.flatnonzero(shared)
    first = [texts_of(cell)[0] for cell in catalogue.items[catalogue.caption].to_numpy()[rows]]
    return Finding(
        f"The text of another item: {counted(len(rows), 'item')} of {len(catalogue):,}, which have {counted(len(np.unique(codes[rows])), 'text')}.",
        "Say in the text what tells them apart, or count all items of a text as right (Captions.titles): it can find none of them alone.",
        item_table(catalogue, rows).assign(text=first),
    )


def _texts(catalogue: Catalogue) -> list[frozenset[str]]:
    """The texts of each item, in a form in which equal ones are known; nothing where there is no caption column."""
    cells = [] if catalogue.caption is None else catalogue.items[catalogue.caption]
    return [frozenset(map(plain, texts_of(cell))) for cell in cells]
