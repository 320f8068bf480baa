"""CUB-200-2011 (Wah et al., Caltech 2011): 11,788 photos of 200 bird species, with families and orders."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.checks import require_columns
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.cub_families import families
from hrlib.catalogue.sources.parts import Part, is_number
from hrlib.catalogue.tables import read_table
from hrlib.errors import HrlibError

WHERE = "Get CUB_200_2011.tgz (1.1 GB) from https://data.caltech.edu/records/65de6-vp158 and put it there, or unpacked as CUB_200_2011/."
ARCHIVE = Part(
    "CUB_200_2011.tgz",
    "images.txt",
    "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz",
    "md5:97eceeb196236b17998738112f37df78",
)
EXPECTED = {"photos": 11_788, "species": 200, "train": 5_864, "test": 5_924}
TRAIN_CLASSES = 100
SMALL = (40, 30)  # classes, photos a class


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    partial: bool = False,
    taxonomy: str | os.PathLike[str] = "families",
    image_size: tuple[int, int] = (64, 64),
    **photos: Any,
) -> Catalogue:
    """The catalogue of birds. Terms: for non-commercial research and education; the photos belong to their photographers.

    Official split for retrieval, by classes: `train, test = catalogue.official_split()` are the first and the last 100 classes.
    The authors' split for classification, by photos, is `official_split("photo_split")`.

    Args:
        size: "full", or "small": 20 classes of each part, up to 30 photos each, drawn with `seed`.
        data_dir: the folder with CUB_200_2011.tgz, packed or unpacked, or with a folder "cub" that holds it; None takes HRLIB_DATA.
        download: fetch the file (1.1 GB) to data_dir/cub if it is not there.
        partial: photos that are missing are left out, and the counts are not checked.
        taxonomy: "families": levels species < family < order as published (37 families, 13 orders; see `cub_families`);
            "groups": species < group, the last word of the name ("Black footed Albatross" is an Albatross), 70 groups;
            or a CSV file whose columns are the levels, fine to coarse, the first with the species' names as in classes.txt.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: files or photos are missing or another number than expected, or a taxonomy without all species.
    """
    archive = Archive.find("cub", ARCHIVE, WHERE, data_dir, download=download, cache_dir=photos.get("cache_dir"))
    classes = _table(archive, "classes.txt", ["number", "class"])
    items = _table(archive, "images.txt", ["image", "id"])
    for name, column in (("image_class_labels.txt", "number"), ("train_test_split.txt", "training")):
        items = items.merge(_table(archive, name, ["image", column]), on="image", how="left")
    levels, above = _taxonomy(classes, taxonomy)
    items = items.merge(above, on="number", how="left")
    if items[["training", *levels]].isna().any(axis=None):
        raise HrlibError(
            f"{archive.path}: images.txt has photos without a class or a part; is this the whole data set?"
        )
    items["split"] = ["train" if int(number) <= TRAIN_CLASSES else "test" for number in items["number"]]
    items["photo_split"] = ["train" if training == "1" else "test" for training in items["training"]]
    members = archive.members("images/" + items["id"])
    items = items[["id", *levels, "split", "photo_split"]]
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "expected": EXPECTED, "partial": partial}
    return build("cub", items, levels, members, image_size=image_size, **common, **photos)


def _table(archive: Archive, name: str, columns: list[str]) -> pd.DataFrame:
    """A list of CUB: a number and a value a line."""
    rows = [line.split() for line in archive.text(name).splitlines() if line.strip()]
    if not rows or any(len(row) != 2 or not is_number(row[0]) for row in rows):
        raise HrlibError(f"{archive.path}: {name} has lines that are not '{columns[0]} {columns[1]}'")
    if len({row[0] for row in rows}) < len(rows):
        raise HrlibError(f"{archive.path}: {name} has a number twice: expected a line for each {columns[0]}")
    return pd.DataFrame(rows, columns=columns)


def _taxonomy(classes: pd.DataFrame, taxonomy: str | os.PathLike[str]) -> tuple[list[str], pd.DataFrame]:
    """The levels, and a row a class with its number and its name on each level."""
    species = classes["class"].map(_plain)
    above = pd.DataFrame({"number": classes["number"], "species": species})
    if taxonomy == "families":
        known = families()
        pairs = [known.get(int(number), (None, None)) for number in classes["number"]]
        above[["family", "order"]] = pd.DataFrame(pairs, index=above.index)
    elif taxonomy == "groups":
        above["group"] = species.str.split().str[-1]
    elif not Path(taxonomy).is_file():
        raise HrlibError(
            f"taxonomy is {os.fspath(taxonomy)!r}: expected 'families', 'groups' or the path of a CSV file"
        )
    else:
        given = read_table(Path(taxonomy), [])
        require_columns(given, list(given), "a level")
        given = given.rename(columns={given.columns[0]: "species"})
        require_columns(given, ["species"], "the species: the first column is called so here")
        if taken := sorted({"id", "image", "number", "split", "training", "photo_split"} & set(given)):
            raise HrlibError(f"{taxonomy} has a level {taken[0]!r}, a name that other columns have here: rename it")
        given["species"] = given["species"].map(_plain)
        missing = sorted(set(species) - set(given["species"]))
        if missing:
            raise HrlibError(f"{taxonomy}: {len(missing)} species are not in its first column, the first: {missing[0]}")
        above = above.merge(given.drop_duplicates("species"), on="species", how="left")
    return [column for column in above if column != "number"], above


def _plain(name: object) -> str:
    """ "001.Black_footed_Albatross" is the Black footed Albatross."""
    return re.sub(r"^\d+\.", "", str(name)).replace("_", " ").strip()
