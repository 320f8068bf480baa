"""Catalogues from one's own photos: a folder of folders, or a table with image paths."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from hrlib.catalogue.assemble import assemble
from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.checks import require_columns, require_text, rows_text
from hrlib.catalogue.folders import class_names, depth_of, photos_below
from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.catalogue.originals import files_fingerprint, read_file
from hrlib.catalogue.tables import photo_files, read_table, with_ids
from hrlib.errors import HrlibError

OnBad = Literal["raise", "skip"]


def from_folder(
    folder: str | os.PathLike[str],
    levels: str | Sequence[str] | None = None,
    *,
    image_size: tuple[int, int] = (64, 64),
    fit: str = "pad",
    on_bad: OnBad = "raise",
    cache_dir: str | os.PathLike[str] | None = None,
    workers: int | None = None,
) -> Catalogue:
    """The catalogue in a folder whose sub-folders are the classes: `shop/apparel/hoodie/17/front.jpg` has three levels.

    All photos must lie equally deep. A class is called by its folder's name, or by its path where another class of the
    level has that name. Hidden files, and files that are no images by their suffix, are left aside.

    Args:
        folder: the folder above the coarsest level.
        levels: the levels' names, fine to coarse; None calls them "class", "superclass", "level 3", ...
        image_size: (height, width) in pixels.
        fit: how a photo is brought to that size: "pad", "crop" or "stretch".
        on_bad: a photo that cannot be read is an error ("raise"), or is left out and listed in `skipped` ("skip").
        cache_dir: where the decoded photos are kept; None takes HRLIB_CACHE or the user's cache folder.
        workers: how many processes decode; None takes one a core.

    Raises:
        HrlibError: no such folder, no photos in it, photos at different depths, or another number of levels than that.
        BadImage: photos that cannot be read, if on_bad is "raise".
    """
    folder = Path(folder)
    paths = photos_below(folder)
    levels = _level_names(levels, depth=depth_of(paths, folder))
    items = pd.DataFrame({"id": paths, **class_names(paths, levels)})
    files = [str(folder / path) for path in paths]
    hierarchy = Hierarchy.from_frame(items, levels)
    photos = {"image_size": image_size, "fit": fit, "cache_dir": cache_dir, "workers": workers}
    return _from_files(folder.resolve().name, items, files, hierarchy, on_bad=on_bad, **photos)


def from_table(
    table: pd.DataFrame | str | os.PathLike[str],
    image: str = "image",
    levels: str | Sequence[str] = ("class",),
    attributes: str | Sequence[str] = (),
    caption: str | None = None,
    id: str | None = None,
    *,
    root: str | os.PathLike[str] | None = None,
    on_conflict: Literal["raise", "majority"] = "raise",
    on_bad: OnBad = "raise",
    image_size: tuple[int, int] = (64, 64),
    fit: str = "pad",
    cache_dir: str | os.PathLike[str] | None = None,
    workers: int | None = None,
) -> Catalogue:
    """The catalogue in a table with a row an item: a DataFrame, or the path of a CSV or parquet file.

    In a CSV file only an empty cell is missing (a pattern may be called "None"), and the image, level, caption and id
    columns are read as text (so "007" stays itself). All columns stay in `items`, where the levels' columns hold the
    names of the hierarchy, also where on_conflict="majority" changed them.

    Args:
        table: a row an item.
        image: the column with the photos' paths, relative to `root`.
        levels: the columns with the classes, fine to coarse.
        attributes: columns that describe an item.
        caption: the column with an item's text; in a DataFrame or a parquet file it may be a list of texts.
        id: the column with an item's unique id; None takes "id" if there is one, else the row's number.
        root: the folder of the photos; None takes the table's folder, or for a DataFrame the working directory. A path
            out of it is refused, but for a DataFrame without a root.
        on_conflict: what to do about a class with several parents, see `Hierarchy.from_frame`.
        on_bad: a photo that is missing or cannot be read is an error ("raise"), or its row is left out and listed in
            `skipped` ("skip").
        image_size, fit, cache_dir, workers: as in `from_folder`.

    Raises:
        HrlibError: no such file, another format, no rows, no such column, ids that repeat or are missing, a level's
            value that is missing, text with half of a surrogate pair, a path out of the root, or a missing photo if on_bad is "raise".
        HierarchyConflict: a class has several parents, and on_conflict is "raise".
        BadImage: photos that cannot be read, if on_bad is "raise".
    """
    levels, attributes = _tuple(levels), _tuple(attributes)
    if isinstance(table, pd.DataFrame):
        name, items, confined = "table", table.reset_index(drop=True), root is not None
        root = Path("." if root is None else root)
    else:
        path = Path(table)
        text = [column for column in (image, *levels, caption, id, "id") if column is not None]
        name, items, confined = path.stem, read_table(path, text), True
        root = path.parent if root is None else Path(root)
    if not len(items):
        raise HrlibError(f"{name} has no rows: expected a row an item")
    require_columns(items, [image], "the photos' paths")
    require_columns(items, levels, "a level")
    require_columns(items, attributes, "an attribute")
    require_columns(items, [] if caption is None else [caption], "the caption")
    items = with_ids(items, id)
    for column in ("id", image, *attributes, *([] if caption is None else [caption])):
        require_text(items[column], column)
    files = photo_files(items[image], root.absolute(), confined)
    hierarchy = Hierarchy.from_frame(items, levels, on_conflict)
    items = items.assign(**dict(hierarchy.frame()))
    photos = {"image_size": image_size, "fit": fit, "cache_dir": cache_dir, "workers": workers}
    told = {"attributes": attributes, "caption": caption}
    return _from_files(name, items, files, hierarchy, on_bad=on_bad, **told, **photos)


def _from_files(
    name: str, items: pd.DataFrame, files: Sequence[str], hierarchy: Hierarchy, *, on_bad: OnBad, **settings: Any
) -> Catalogue:
    """The catalogue of items whose photos lie in files ("" where an item has none)."""
    absent = {row: _absence(file) for row, file in enumerate(files) if not os.path.isfile(file)}
    if absent and on_bad == "raise":
        raise HrlibError(
            f"{name}: no photo for {rows_text(list(absent))}, the first: {next(iter(absent.values()))}. Put the "
            "files there, pass their folder as root, or leave such rows out with on_bad='skip'"
        )
    if len(absent) == len(files):
        raise HrlibError(f"{name}: none of {len(files)} photos is there, the first: {absent[0]}. Is root right?")
    there = [file for row, file in enumerate(files) if row not in absent]
    fingerprint = files_fingerprint(there)
    return assemble(name, items, there, read_file, fingerprint, hierarchy, absent=absent, on_bad=on_bad, **settings)


def _absence(file: str) -> str:
    return f"no file {file:.300}" if file else "no path in the table"


def _tuple(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _level_names(levels: str | Sequence[str] | None, depth: int) -> tuple[str, ...]:
    """The names given for `depth` levels, or those that they get without."""
    if levels is None:
        return ("class", "superclass", *(f"level {number}" for number in range(3, depth + 1)))[:depth]
    levels = _tuple(levels)
    if len(levels) != depth or len({"id", *levels}) <= depth:
        raise HrlibError(f"levels {levels} for photos {depth} folders deep: expected {depth} different names, not 'id'")
    return levels
