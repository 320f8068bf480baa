"""A shop as it comes from the world: photos in a folder and a table beside them, with the faults that such tables have."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance

from hrlib.catalogue.catalogue import Catalogue
from hrlib.errors import HrlibError

LEAST = 40  # items beside those of the classes that keep one photo, so that there is a row for each fault
SINGLE = 3  # such classes
# how a photo comes a second time: saved small, made brighter, cut by 3% a side
CHANGES = {
    "resaved": lambda photo: photo,
    "brightened": lambda photo: ImageEnhance.Brightness(photo).enhance(1.15),
    "cut": lambda photo: photo.resize(photo.size, Image.Resampling.LANCZOS, _within(photo.size, 0.03)),
}


def write_faulty_shop(folder: str | os.PathLike[str], catalogue: Catalogue, seed: int = 0) -> dict[str, list[str]]:
    """Write `items.csv` and its photos (JPEG files in `photos`) to a folder, with faults that the seed draws.

    Args:
        folder: made anew; what it holds is removed.
        catalogue: of two levels or more, of at least 40 items beside those of three classes, with text ids and a caption column of one text an item.

    Returns:
        The ids of the items with each fault, by the name that `Catalogue.report` gives it.

    Raises:
        HrlibError: a catalogue of fewer items or one level, or without a caption.
    """
    levels, caption = catalogue.hierarchy.levels, catalogue.caption
    folder, rng, fine = Path(folder), np.random.default_rng(seed), catalogue.hierarchy.column(0)
    alone = rng.permutation(catalogue.hierarchy.n_classes[0])[:SINGLE]
    others = np.flatnonzero(~np.isin(fine, alone))
    if len(others) < LEAST or len(levels) < 2 or caption is None:
        raise HrlibError(
            f"{catalogue}: expected {LEAST} items or more beside those of {SINGLE} classes, two levels or more, and a caption column"
        )
    single = np.array([int(np.flatnonzero(fine == label)[0]) for label in alone])
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "photos").mkdir(parents=True)
    items = catalogue.items.assign(image=[f"photos/{id}.jpg" for id in catalogue.items["id"]])
    for path, photo in zip(items["image"], catalogue.images[:], strict=True):
        Image.fromarray(photo).save(folder / path, quality=92)
    drawn = iter(rng.permutation(others))

    def some(count: int) -> list[int]:
        return list(itertools.islice(drawn, count))

    broken, plain, labels, texts = some(3), some(2), some(4), some(4)
    for row in broken[:2]:
        file = folder / items["image"][row]
        file.write_bytes(file.read_bytes()[:-300])
    (folder / items["image"][broken[2]]).unlink()
    for row in plain:
        Image.new("RGB", catalogue.images.size[::-1], (235, 235, 235)).save(folder / items["image"][row])
    names = catalogue.hierarchy.names[-1]
    for row in labels:  # a shelf that is not the one of its category
        items.loc[row, levels[-1]] = names[(names.index(items[levels[-1]][row]) + 1) % len(names)]
    items.loc[texts, caption] = None

    def copy(change: str | None, wrong: bool) -> dict[str, object]:
        row = next(drawn)
        labels = next(other for other in drawn if fine[other] != fine[row]) if wrong else row
        return _copy(folder, items, row, change, items.loc[labels, [*levels, *catalogue.attributes]].to_dict())

    same = [copy(None, wrong) for wrong in (True, False, False, False)]
    changed = [copy(change, wrong) for wrong in (True, False) for change in CHANGES]
    faults = {
        "broken photos": broken,
        "plain photos": plain,
        "conflicts": labels,
        "missing texts": texts,
        "single photos": single,
    }
    planted = {name: items["id"][rows].tolist() for name, rows in faults.items()}
    planted |= {"repeated photos": [row["id"] for row in same], "similar photos": [row["id"] for row in changed]}
    kept = np.sort(np.concatenate([others, single]))
    pd.concat([items.loc[kept], pd.DataFrame([*same, *changed])]).to_csv(folder / "items.csv", index=False)
    return planted


def _copy(
    folder: Path, items: pd.DataFrame, row: int, change: str | None, labels: dict[str, object]
) -> dict[str, object]:
    """A row more with the photo of another: the same file, or the photo changed."""
    record = items.loc[row].to_dict()
    id = f"{record['id']} {change or 'twice'}"
    path = f"photos/{id}.jpg"
    if change is None:
        shutil.copyfile(folder / record["image"], folder / path)
    else:
        with Image.open(folder / record["image"]) as photo:
            CHANGES[change](photo).save(folder / path, quality=50)
    return record | labels | {"id": id, "image": path}


def _within(size: tuple[int, int], share: float) -> tuple[float, float, float, float]:
    """The box (left, top, right, bottom) that is left where a share is cut off on each side."""
    width, height = size
    return (share * width, share * height, (1 - share) * width, (1 - share) * height)
