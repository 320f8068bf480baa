"""COCO Captions (Chen et al., 2015, arXiv 1504.00325): 123,287 photos of everyday scenes, five captions each."""

from __future__ import annotations

import os
from typing import Any

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.karpathy import URL, captioned, lists_of
from hrlib.catalogue.sources.parts import Part

PUBLISHED = "http://images.cocodataset.org/zips/"
WHERE = (
    f"Get train2014.zip (13 GB) and val2014.zip (6 GB) from {PUBLISHED} and caption_datasets.zip from {URL}, and put them there, packed or "
    "unpacked (train2014/, val2014/, dataset_coco.json)."
)
PHOTOS = tuple(Part(f"{year}.zip", year, url=f"{PUBLISHED}{year}.zip") for year in ("train2014", "val2014"))
LISTS = lists_of("coco")
EXPECTED = {"photos": 123_287, "train": 113_287, "val": 5_000, "test": 5_000}


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
    """The catalogue of photos with a list of five captions (of some photos more) each, in Karpathy's splits.

    Official split: `train, val, test = catalogue.official_split()`: 113,287 (82,783 of train2014 and the 30,504 called restval), 5,000 and 5,000
    photos. There are no classes (see `karpathy.captioned`). Terms: captions CC BY 4.0; photos from Flickr's users, under Flickr's terms.

    Args:
        size: "full", or "small": 1,000 photos of all parts, drawn with `seed`.
        data_dir: the folder with train2014.zip, val2014.zip and caption_datasets.zip, packed or unpacked, or with a folder "coco" that holds them;
            None takes HRLIB_DATA.
        download: fetch what is missing, 19 GB; no checksums are published.
        partial: photos that are missing are left out, and the counts are not checked.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: files or photos are missing or another number than expected, or a list that is not in the published form.
    """
    settings: dict[str, Any] = {"download": download, "cache_dir": photos.get("cache_dir")}
    lists, *images = (Archive.find("coco", part, WHERE, data_dir, **settings) for part in (LISTS, *PHOTOS))
    folders = {part.marker: (archive, part.marker) for part, archive in zip(PHOTOS, images, strict=True)}
    common: dict[str, Any] = {"size": size, "seed": seed, "expected": EXPECTED, "partial": partial}
    return captioned("coco", lists, folders, image_size=image_size, **common, **photos)
