"""Flickr8k (Hodosh, Young and Hockenmaier, JAIR 2013): 8,000 photos of people and animals, five captions each."""

from __future__ import annotations

import os
from typing import Any

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.karpathy import URL, captioned, lists_of
from hrlib.catalogue.sources.parts import Part

WHERE = (
    "Get Flickr8k_Dataset.zip (1 GB) from its authors, by their form at https://forms.illinois.edu/sec/1713398, and caption_datasets.zip from "
    f"{URL}, and put them there, packed or unpacked (Flicker8k_Dataset/, dataset_flickr8k.json)."
)
PHOTOS = Part("Flickr8k_Dataset.zip", "Flicker8k_Dataset")  # the folder's name is the publisher's
LISTS = lists_of("flickr8k")
EXPECTED = {"photos": 8_000, "train": 6_000, "val": 1_000, "test": 1_000}


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
    """The catalogue of photos with a list of five captions each, in Karpathy's splits. Terms: research and teaching only; photos from Flickr's users.

    Official split: `train, val, test = catalogue.official_split()`: 6,000, 1,000 and 1,000 photos. There are no classes (see `karpathy.captioned`).

    Args:
        size: "full", or "small": 1,000 photos of all parts, drawn with `seed`.
        data_dir: the folder with Flickr8k_Dataset.zip and caption_datasets.zip, packed or unpacked, or with a folder "flickr8k" that holds them; None
            takes HRLIB_DATA.
        download: the publisher asks for a form: an error that says where to get the photos; the captions are fetched.
        partial: photos that are missing are left out, and the counts are not checked.
        photos: fit, on_bad, cache_dir, workers, as in `hrlib.from_folder`.

    Raises:
        HrlibError: files or photos are missing or another number than expected, or a list that is not in the published form.
    """
    settings: dict[str, Any] = {"download": download, "cache_dir": photos.get("cache_dir")}
    images, lists = (Archive.find("flickr8k", part, WHERE, data_dir, **settings) for part in (PHOTOS, LISTS))
    common: dict[str, Any] = {"size": size, "seed": seed, "expected": EXPECTED, "partial": partial}
    return captioned("flickr8k", lists, {"": (images, PHOTOS.marker)}, image_size=image_size, **common, **photos)
