"""iNaturalist 2018 (Van Horn et al., CVPR 2018): 461,939 photos of 8,142 species, with the taxonomy up to the kingdom."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.parts import Part, is_number
from hrlib.errors import HrlibError
from hrlib.files import from_json

PAGE = "https://github.com/visipedia/inat_comp/tree/master/2018"
WHERE = (
    f"Get train_val2018.tar.gz (120 GB) and categories.json.tar.gz from {PAGE} and put them there, packed or unpacked; also "
    "Inat_dataset_splits (two lists, linked from https://github.com/elias-ramzi/HAPPIER) for protocol='smooth-ap', or "
    "train2018.json.tar.gz and val2018.json.tar.gz for protocol='competition'."
)
SITE = "https://ml-inat-competition-datasets.s3.amazonaws.com/2018/"


def _part(file: str, marker: str, md5: str | None) -> Part:
    return Part(file, marker, SITE + file, md5 and f"md5:{md5}")


PHOTOS = _part("train_val2018.tar.gz", "train_val2018", "b1c6952ce38f31868cc50ea72d066cc3")
CATEGORIES = _part("categories.json.tar.gz", "categories.json", None)
ANNOTATIONS = {
    "train": _part("train2018.json.tar.gz", "train2018.json", "bfa29d89d629cbf04d826a720c0a68b0"),
    "val": _part("val2018.json.tar.gz", "val2018.json", "f2ed8bfe3e9901cdefceb4e53cd3775d"),
}
LISTS = Part("Inat_dataset_splits.zip", "Inaturalist_train_set1.txt")
LEVELS = ("species", "genus", "family", "order", "class", "phylum", "kingdom")
COUNTS = {"photos": 461_939, "species": 8_142}
EXPECTED = {
    "smooth-ap": COUNTS | {"train": 325_846, "test": 136_093},
    "competition": COUNTS | {"train": 437_513, "val": 24_426},
}
SMALL = (160, 10)  # classes, photos a class

Find = Callable[[Part], Archive]


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    partial: bool = False,
    protocol: str = "smooth-ap",
    image_size: tuple[int, int] = (64, 64),
    **photos: Any,
) -> Catalogue:
    """The catalogue of living things: species < genus < family < order < class < phylum < kingdom.

    A name that two taxa share is followed by the one above; a blank one is called after the one above. The data set's own 14
    superclasses (Plantae, Insecta, Aves, ...) are the attribute "supercategory".
    Terms: non-commercial research and education only; the photos belong to their photographers, do not redistribute them.

    Args:
        size: "full", or "small": 160 species of both parts, up to 10 photos each, drawn with `seed`.
        data_dir: the folder with the files, packed or unpacked, or with a folder "inaturalist" that holds them; None takes HRLIB_DATA.
            Unpack train_val2018.tar.gz yourself: packed, it is first written to the cache once more, all 120 GB of it.
        download: fetch what is missing to data_dir/inaturalist, 120 GB with the photos; not the lists of "smooth-ap".
        partial: photos that are missing are left out, and the counts are not checked.
        protocol: what `catalogue.official_split()` is. "smooth-ap": train, test with disjoint species (5,690 and 2,452) as in Brown
            et al., "Smooth-AP", ECCV 2020; needs Inaturalist_train_set1.txt and Inaturalist_test_set1.txt.
            "competition": train, val of the 2018 competition, by photos; needs train2018.json and val2018.json.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: files or photos are missing or another number than expected, or a file that is not in the published form.
    """
    if protocol not in EXPECTED:
        raise HrlibError(f"protocol is {protocol!r}: expected {' or '.join(map(repr, EXPECTED))}")

    def find(part: Part) -> Archive:
        settings = {"download": download, "cache_dir": photos.get("cache_dir")}
        return Archive.find("inaturalist", part, WHERE, data_dir, **settings)

    items = _listed(find) if protocol == "smooth-ap" else _annotated(find)
    taxa = _taxa(find(CATEGORIES))
    unknown = ~items["number"].isin(taxa.index)
    if unknown.any():
        raise HrlibError(f"categories.json has no species {items.loc[unknown, 'number'].iloc[0]}, which the lists name")
    items = items.join(taxa, on="number").drop(columns="number")
    common: dict[str, Any] = {
        "size": size,
        "seed": seed,
        "small": SMALL,
        "expected": EXPECTED[protocol],
        "partial": partial,
    }
    common |= {"attributes": ("supercategory",), "image_size": image_size}
    return build("inaturalist", items, LEVELS, find(PHOTOS).members(items["id"]), **common, **photos)


def _listed(find: Find) -> pd.DataFrame:
    """The photos of Smooth-AP's lists, a path a line that ends in SUPERCATEGORY/NUMBER/PHOTO.jpg."""
    archive, tables = find(LISTS), []
    for part in ("train", "test"):
        name = f"Inaturalist_{part}_set1.txt"
        rows = [line.strip().split("/")[-3:] for line in archive.text(name).splitlines() if line.strip()]
        if any(len(row) != 3 or not is_number(row[1]) for row in rows):
            raise HrlibError(f"{archive.path}: {name} has lines that do not end in SUPERCATEGORY/NUMBER/PHOTO.jpg")
        ids = ["train_val2018/" + "/".join(row) for row in rows]
        tables.append(pd.DataFrame({"id": ids, "number": [int(row[1]) for row in rows], "split": part}))
    return pd.concat(tables, ignore_index=True)


def _annotated(find: Find) -> pd.DataFrame:
    """The photos of the competition's annotations."""
    tables = []
    for split, part in ANNOTATIONS.items():
        data = _json(find(part), part.marker)
        try:
            images = pd.DataFrame(data["images"])[["id", "file_name"]].set_axis(["image", "id"], axis=1)
            labels = pd.DataFrame(data["annotations"])[["image_id", "category_id"]]
            table = images.merge(labels.set_axis(["image", "number"], axis=1), on="image", validate="one_to_one")
            if table["number"].dtype.kind not in "iu" or not table["id"].map(lambda name: isinstance(name, str)).all():
                raise ValueError("names are texts, and categories numbers")
        except Exception as error:  # pandas raises all kinds on values that are none
            raise HrlibError(f"{part.marker} has no images with an annotation each ({error})") from error
        tables.append(table[["id", "number"]].assign(split=split))
    return pd.concat(tables, ignore_index=True)


def _taxa(archive: Archive) -> pd.DataFrame:
    """The name of each species' number on every level, made a tree, and its supercategory."""
    data = _json(archive, CATEGORIES.marker)
    rows, names = data.get("categories") if isinstance(data, dict) else data, ("name", *LEVELS[1:], "supercategory")
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and type(row.get("id")) is int and all(isinstance(row.get(n), str | None) for n in names)
        for row in rows
    ):
        raise HrlibError(
            f"{archive.path}: the categories are not in the published form: expected an id and names of each"
        )
    missing = set(names).difference(*rows)
    if missing:
        raise HrlibError(f"{archive.path}: the categories have no {', '.join(sorted(missing))}")
    table = pd.DataFrame(rows)[["id", *names]].rename(columns={"name": "species"})
    if not len(table) or table["id"].duplicated().any():
        raise HrlibError(f"{archive.path}: the categories have an id twice, or there are none")
    table = table.set_index("id")[[*LEVELS, "supercategory"]].fillna("")
    for level in reversed(range(len(LEVELS) - 1)):
        fine, coarse = LEVELS[level], LEVELS[level + 1]
        blank = table[fine].str.strip() == ""
        table.loc[blank, fine] = f"no {fine} in " + table.loc[blank, coarse]
        shared = table.groupby(fine)[coarse].transform("nunique") > 1
        table.loc[shared, fine] += " (" + table.loc[shared, coarse] + ")"
    twice = table["species"].duplicated(keep=False)
    table.loc[twice, "species"] += " " + table.index[twice].astype(str)
    return table


def _json(archive: Archive, name: str) -> Any:
    content = archive.read(name)
    try:
        return from_json(content)
    except ValueError as error:
        raise HrlibError(f"{archive.path}: {name} is no whole JSON file ({error}): fetch it again") from error
