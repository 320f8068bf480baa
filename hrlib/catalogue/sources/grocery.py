"""Grocery Store Dataset (Klasson, Zhang and Kjellström, WACV 2019): 5,421 natural photos of groceries, 81 classes."""

from __future__ import annotations

import io
import os
from typing import Any

import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.parts import Part, is_number, rows_of
from hrlib.errors import HrlibError

WHERE = "Get the Grocery Store Dataset from its authors' repository (classes.csv, train/, val/, test/) and put it there as grocery_store.zip or unpacked."
LEVELS = ("class", "coarse", "folder")
ARCHIVE = Part("grocery_store.zip", "classes.csv")
SMALL = (24, None)  # classes, photos a class


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    partial: bool = False,
    image_size: tuple[int, int] = (64, 64),
    **photos: Any,
) -> Catalogue:
    """The catalogue of groceries: class < coarse < folder (Fruit, Packages, Vegetables); captions are the classes' descriptions.

    Official split, by photos: `train, val, test = catalogue.official_split()`; val covers some of the classes only.

    Args:
        size: "full", or "small" for 24 classes drawn with `seed`.
        data_dir: the folder with grocery_store.zip or the unpacked files; None takes the environment's HRLIB_DATA.
        download: there is no plain file to fetch: an error that says where to get it.
        partial: photos that are missing are left out.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.
    """
    archive = Archive.find("grocery", ARCHIVE, WHERE, data_dir, download=download, cache_dir=photos.get("cache_dir"))
    classes = _classes(archive)
    items = pd.concat([_part(archive, part) for part in ("train", "val", "test")], ignore_index=True)
    unknown = sorted(set(items["number"]) - set(classes.index))
    if unknown:
        raise HrlibError(
            f"{archive.path}: class ids {unknown[:5]} of the lists are not in classes.csv; is this the whole data set?"
        )
    items = items.join(classes, on="number").drop(columns="number")
    items["folder"] = items["id"].str.split("/").str[1]
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "partial": partial, "image_size": image_size}
    return build("grocery", items, LEVELS, archive.members(items["id"]), caption="description", **common, **photos)


def _classes(archive: Archive) -> pd.DataFrame:
    """Name, coarse name and description of each class id."""
    try:
        table = pd.read_csv(io.StringIO(archive.text("classes.csv")), dtype=str, keep_default_na=False, index_col=False)
    except ValueError as error:  # pandas' errors of parsing
        raise HrlibError(f"{archive.path}: classes.csv cannot be read as a table: {error}") from error
    columns = ["Class Name (str)", "Class ID (int)", "Coarse Class Name (str)", "Product Description Path (str)"]
    missing = [column for column in columns if column not in table]
    if missing:
        raise HrlibError(f"classes.csv has no column {missing[0]!r}; it has {', '.join(table.columns)}")
    table = table[columns].set_axis(["class", "number", "coarse", "description"], axis=1)
    if not table["number"].map(is_number).all() or table["number"].astype(int).duplicated().any():
        raise HrlibError(f"{archive.path}: classes.csv has class ids that are no numbers, or the same one twice")
    table = table.set_index(table.pop("number").astype(int))
    table["description"] = [" ".join(archive.text(path.lstrip("/")).split()) for path in table["description"]]
    return table


def _part(archive: Archive, part: str) -> pd.DataFrame:
    rows = rows_of(archive.text(f"{part}.txt"), f"{archive.path}: {part}.txt", skipinitialspace=True)
    if any(len(row) != 3 or not is_number(row[1].strip()) for row in rows):
        raise HrlibError(f"{archive.path}: {part}.txt has lines that are not 'path, class id, coarse class id'")
    return pd.DataFrame({"id": [row[0] for row in rows], "number": [int(row[1]) for row in rows], "split": part})
