"""Photos with several captions each, in Karpathy's splits (Karpathy and Fei-Fei, CVPR 2015): what Flickr8k, Flickr30k and COCO share.

The publisher could not be asked. The layout of the lists and the numbers of Flickr30k's photos are those that other people's loaders have; the
other numbers, the terms of use and some addresses are remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.sources.archive import Archive
from hrlib.catalogue.sources.build import build
from hrlib.catalogue.sources.parts import Part
from hrlib.catalogue.tables import with_ids
from hrlib.errors import HrlibError
from hrlib.files import from_json

URL = "https://cs.stanford.edu/people/karpathy/deepimagesent/caption_datasets.zip"
SPLITS = {"train": "train", "restval": "train", "val": "val", "test": "test"}
SMALL = (1_000, None)  # photos, each a class of its own

Folders = Mapping[
    str, tuple[Archive, str]
]  # a photo's "filepath" in the list, "" without -> its archive, and the folder there


def lists_of(name: str) -> Part:
    """caption_datasets.zip, known by its list of one set; dataset_NAME.json alone will do."""
    return Part("caption_datasets.zip", f"dataset_{name}.json", url=URL)


def captioned(name: str, lists: Archive, folders: Folders, *, size: str, seed: int, **settings: Any) -> Catalogue:
    """The catalogue of the photos in dataset_NAME.json; the column "captions" holds a list of texts a photo, as they were written.

    Such a set has no classes: in the only level, "photo", each is a class of its own, and retrieval by classes says nothing. The photos of the part
    "restval" (in COCO, of those published for validation the ones that are neither in val nor in test) train, by the usual convention.

    Args:
        settings: see `build`.

    Raises:
        HrlibError: a list that is not in the published form, a photo twice, or photos that are missing or another number than expected.
    """
    items, folder = _listed(lists, f"dataset_{name}.json", folders)
    places = [(*folders[each], file) for each, file in zip(folder, items["id"], strict=True)]
    members = [archive.members([f"{inside}/{file}"])[0] for archive, inside, file in places]
    items["photo"] = items["id"]
    common: dict[str, Any] = {"size": size, "seed": seed, "small": SMALL, "caption": "captions"}
    return build(name, items, ("photo",), members, **common, **settings)


def _listed(lists: Archive, file: str, folders: Folders) -> tuple[pd.DataFrame, list[str]]:
    """A row a photo (id, split, captions), and their folders."""
    try:
        images = from_json(lists.text(file))["images"]
        rows = [
            (each["filename"], SPLITS[each["split"]], [text["raw"] for text in each["sentences"]]) for each in images
        ]
        folder = [each.get("filepath", "") for each in images]
        good = set(folder) <= set(folders) and all(
            isinstance(text, str) for name, _, texts in rows for text in (name, *texts)
        )
    except (ValueError, KeyError, TypeError, AttributeError):  # no JSON, or not as it should be
        good, rows = False, []
    if not good or not rows:
        path = f", a filepath ({' or '.join(folders)})" if "" not in folders else ""
        raise HrlibError(
            f"{lists.path}: {file} is not in the published form: expected images, each with a filename{path}, a split ({', '.join(SPLITS)}) and "
            "sentences that have their text as raw"
        )
    return with_ids(pd.DataFrame(rows, columns=["id", "split", "captions"]), None), folder
