"""In-Shop Clothes Retrieval of DeepFashion (Liu et al., CVPR 2016): 52,712 photos of 7,982 items of clothing."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.parts import Part
from hrlib.errors import HrlibError

WHERE = (
    "Get img.zip and list_eval_partition.txt of the In-shop Clothes Retrieval Benchmark from "
    "https://mmlab.ie.cuhk.edu.hk/projects/DeepFashion/InShopRetrieval.html, whose agreement gives the password, and put them there "
    "(img.zip packed or unpacked, also below Img/ and Eval/)."
)
TOP = "In-shop Clothes Retrieval Benchmark"
PHOTOS = Part("img.zip", "img/WOMEN", folders=("", "Img", f"{TOP}/Img"))
LIST = Part("list_eval_partition.txt", "list_eval_partition.txt", folders=("", "Eval", f"{TOP}/Eval"))
COLUMNS = ["image_name", "item_id", "evaluation_status"]
PARTS = ("train", "query", "gallery")
EXPECTED = {"photos": 52_712, "item": 7_982, "train": 25_882, "query": 14_218, "gallery": 12_612}
SMALL = (240, None)  # classes, photos a class


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
    """The catalogue of clothes: item < category < department (MEN, WOMEN), with the view as an attribute.

    Official split: `train, query, gallery = catalogue.official_split()`: 3,997 items train; each of the other 3,985 has photos
    in the query and in the gallery. An item listed under two categories gets that of the majority (`hierarchy.conflicts`).
    Terms: non-commercial research only, by an agreement with the publisher; do not redistribute a photo.

    Args:
        size: "full", or "small": 240 items, half of them for training, drawn with `seed`.
        data_dir: the folder with img.zip, packed or unpacked, and list_eval_partition.txt, or with a folder "in-shop" that holds them;
            None takes HRLIB_DATA.
        download: the publisher asks for an agreement: an error that says where to get it.
        partial: photos that are missing are left out, and the counts are not checked.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: files or photos are missing or another number than expected, or a list that is not in the published form.
    """
    settings: dict[str, Any] = {"download": download, "cache_dir": photos.get("cache_dir")}
    images, lists = (Archive.find("in-shop", part, WHERE, data_dir, **settings) for part in (PHOTOS, LIST))
    items = _list(lists)
    folders = items["id"].str.split("/")
    items["department"] = folders.str[1]
    items["category"] = items["department"] + " " + folders.str[2]
    items["view"] = folders.str[-1].str.rpartition("_")[2].str.rpartition(".")[0]
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "expected": EXPECTED, "partial": partial}
    common |= {"on_conflict": "majority", "attributes": ("view",), "image_size": image_size}
    return build("in-shop", items, ("item", "category", "department"), images.members(items["id"]), **common, **photos)


def _list(archive: Archive) -> pd.DataFrame:
    """list_eval_partition.txt: how many photos, the columns' names, then a photo a line."""
    rows = [line.split() for line in archive.text(LIST.file).splitlines() if line.strip()]
    photos = rows[2:]
    good = all(len(row) == 3 and row[0].count("/") >= 3 and row[2] in PARTS for row in photos)
    if len(rows) < 3 or rows[1] != COLUMNS or not good:
        raise HrlibError(
            f"{archive.path}: {LIST.file} has lines that are not 'img/DEPARTMENT/CATEGORY/ITEM/PHOTO.jpg ITEM PART', "
            f"where PART is {', '.join(PARTS)}, below a line '{' '.join(COLUMNS)}'"
        )
    return pd.DataFrame(photos, columns=["id", "item", "split"])
