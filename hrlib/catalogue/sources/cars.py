"""Cars196 (Krause et al., ICCV workshops 2013): 16,185 photos of 196 car models, with make and body type from their names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive, Member
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.matlab import read_matlab
from hrlib.catalogue.sources.parts import Part, places
from hrlib.errors import HrlibError

WHERE = (
    "Get the Stanford Cars data set (its publisher's page, https://ai.stanford.edu/~jkrause/cars/car_dataset.html, is gone; "
    "https://github.com/pytorch/vision/issues/7545 names mirrors) and put them there: either car_ims.tgz and cars_annos.mat, "
    "or cars_train.tgz, cars_test.tgz, car_devkit.tgz and cars_test_annos_withlabels.mat, packed or unpacked."
)
# as used for retrieval: all photos in one folder
IMAGES, ANNOTATIONS = Part("car_ims.tgz", "000001.jpg"), Part("cars_annos.mat", "cars_annos.mat")
# as used for classification: the photos of each part in a folder of its own
DEVKIT = Part("car_devkit.tgz", "devkit/cars_train_annos.mat")
LABELS = Part("cars_test_annos_withlabels.mat", "cars_test_annos_withlabels.mat", folders=("", "devkit"))
HALVES = {"train": Part("cars_train.tgz", "00001.jpg"), "test": Part("cars_test.tgz", "00001.jpg")}

EXPECTED = {"photos": 16_185, "model": 196, "train": 8_054, "test": 8_131}
TRAIN_CLASSES = 98
SMALL = (40, 30)  # classes, photos a class
PATHS = ("relative_im_path", "fname")  # the fields of the annotations that are no numbers
MAKES_OF_TWO_WORDS = ("AM General", "Aston Martin", "Land Rover")
BODIES = ("SUV", "Sedan", "Coupe", "Convertible", "Hatchback", "Wagon", "Minivan", "Van")

Found = tuple[pd.DataFrame, list[Member | None]]


def load(
    *,
    size: str = "full",
    seed: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    partial: bool = False,
    superclass: str = "make",
    image_size: tuple[int, int] = (64, 64),
    **photos: Any,
) -> Catalogue:
    """The catalogue of cars: model < make or model < body. Terms: for research only; the photos belong to their owners.

    Official split for retrieval, by classes: `train, test = catalogue.official_split()` are the first and the last 98 classes.
    The authors' split for classification, by photos, is `official_split("photo_split")`.

    Args:
        size: "full", or "small": 20 models of each part, up to 30 photos each, drawn with `seed`.
        data_dir: the folder with the files, or with a folder "cars" that holds them; None takes HRLIB_DATA.
        download: the publisher's page is gone: an error that says where to look.
        partial: photos that are missing are left out, and the counts are not checked.
        superclass: "make" (49) or "body" (SUV, Sedan, ..., Pickup for all kinds of cab; "unstated" where the name says none).
            The other one is an attribute, as is the year.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: files or photos are missing or another number than expected, or annotations that cannot be read.
    """
    if superclass not in ("make", "body"):
        raise HrlibError(f"superclass is {superclass!r}: expected 'make' or 'body'")
    roots, cache_dir = places("cars", WHERE, data_dir, download), photos.get("cache_dir")
    annotations, images = (Archive.search(roots, part, cache_dir) for part in (ANNOTATIONS, IMAGES))
    if annotations and images:
        items, members = _one_folder(annotations, images)
    else:
        settings = {"download": download, "cache_dir": cache_dir}
        found = [Archive.find("cars", part, WHERE, data_dir, **settings) for part in (*HALVES.values(), DEVKIT, LABELS)]
        items, members = _two_folders(*found)
    items["split"] = np.where(items["number"] <= TRAIN_CLASSES, "train", "test")
    items["make"], items["body"], items["year"] = zip(*items["model"].map(parse), strict=True)
    (other,) = {"make", "body"} - {superclass}
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "expected": EXPECTED, "partial": partial}
    items, levels = items.drop(columns="number"), ("model", superclass)
    return build("cars", items, levels, members, attributes=(other, "year"), image_size=image_size, **common, **photos)


def parse(model: str) -> tuple[str, str, str]:
    """(make, body type, year) in a model's name: "AM General Hummer SUV 2000" is ("AM General", "SUV", "2000")."""
    words = model.split() or ["unstated"]
    make = next((two for two in MAKES_OF_TWO_WORDS if model.startswith(f"{two} ")), words[0])
    bodies = ["Pickup" if word.endswith("Cab") else word for word in words if word in BODIES or word.endswith("Cab")]
    return make, bodies[-1] if bodies else "unstated", words[-1]  # the last: "E-Series Wagon Van" is a van


def _one_folder(annotations: Archive, images: Archive) -> Found:
    data = _matlab(annotations, "cars_annos.mat", ("relative_im_path", "class", "test"))
    table = _table(data, data, "cars_annos.mat", ("relative_im_path", "class", "test"))
    names = table["relative_im_path"].str.rpartition("/")[2]
    table["photo_split"] = np.where(table["test"].astype(int) == 1, "test", "train")
    table["id"] = "car_ims/" + names
    return table[["id", "number", "model", "photo_split"]], images.members(names)


def _two_folders(trained: Archive, tested: Archive, devkit: Archive, labels: Archive) -> Found:
    meta = _matlab(devkit, "devkit/cars_meta.mat", ())
    halves = {"train": (trained, devkit, DEVKIT.marker), "test": (tested, labels, LABELS.marker)}
    tables, members = [], []
    for part, (images, labelled, name) in halves.items():
        table = _table(_matlab(labelled, name, ("fname", "class")), meta, name, ("fname", "class"))
        members += images.members(table["fname"])
        tables.append(table.assign(id=f"cars_{part}/" + table["fname"], photo_split=part))
    return pd.concat(tables, ignore_index=True)[["id", "number", "model", "photo_split"]], members


def _matlab(archive: Archive, name: str, fields: Sequence[str]) -> dict[str, Any]:
    """The variables of a MATLAB file; its `annotations` must have some fields."""
    data = read_matlab(archive.read(name), f"{archive.path}: {name}")
    own = data.get("annotations") if fields else {}
    missing = [field for field in fields if not isinstance(own, dict) or field not in own]
    if missing:
        raise HrlibError(f"{archive.path}: the annotations of {name} have no field {', '.join(missing)}")
    return data


def _table(data: dict[str, Any], meta: dict[str, Any], name: str, fields: Sequence[str]) -> pd.DataFrame:
    """Fields of the annotations, paths and numbers, a row a photo, with the class's number, from 1, and its name."""
    if not isinstance(names := meta.get("class_names"), list):
        raise HrlibError(f"the annotations of {name} come without class_names: is this the whole data set?")
    kinds = {field: str if field in PATHS else int for field in fields}
    records = data["annotations"]
    if any(type(value) is not kind for field, kind in kinds.items() for value in records[field]):
        raise HrlibError(f"the annotations of {name} have something else than a path and whole numbers each")
    table = pd.DataFrame({field: records[field] for field in fields})
    if not len(table):
        raise HrlibError(f"{name} has no annotations: expected one a photo")
    numbers = table["class"]
    if not numbers.between(1, len(names)).all():
        raise HrlibError(f"{name} has classes from {numbers.min()} to {numbers.max()}: expected 1 to {len(names)}")
    return table.assign(number=numbers, model=[str(names[number - 1]) for number in numbers])
