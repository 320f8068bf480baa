"""Folders of photos: what lies in them, how deep, and the classes that the folders stand for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hrlib.catalogue.checks import is_text
from hrlib.errors import HrlibError

# What counts as a photo. Formats that cannot be read are here too, so that they are refused and not overlooked.
PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".svg", ".avif", ".heic", ".heif"}


def photos_below(folder: Path) -> list[str]:
    """The photos below a folder, sorted, as paths relative to it with forward slashes; links are followed.

    Raises:
        HrlibError: no such folder, one that cannot be listed, one that links reach twice, a name that is no UTF-8, or no photos.
    """
    if not folder.is_dir():
        raise HrlibError(f"{folder} is no folder: expected one with a sub-folder a class")
    paths, seen = [], {}
    for here, folders, names in os.walk(folder, followlinks=True, onerror=_unlisted):
        true = os.path.realpath(here)
        if true in seen:
            raise HrlibError(f"{here} and {seen[true]} are one folder through a link: expected a folder a class")
        seen[true] = here
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(here).relative_to(folder)
        for name in names:
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in PHOTOS:
                paths.append((inside / name).as_posix())
    odd = [path for path in paths if not is_text(path)]
    if odd:
        raise HrlibError(
            f"{len(odd)} paths below {folder} are no UTF-8, the first: {odd[0]!a}; names are text in tables and reports: rename them"
        )
    if not paths:
        raise HrlibError(f"no photos (.jpg, .jpeg, .png, .webp) below {folder}: expected a sub-folder a class")
    return sorted(paths)


def _unlisted(error: OSError) -> None:
    raise HrlibError(f"{error.filename} cannot be listed: {error.strerror}") from error


def depth_of(paths: Sequence[str], folder: Path) -> int:
    """How many folders below `folder` every photo lies; HrlibError where they differ or where it is none."""
    depths = {path.count("/"): path for path in reversed(paths)}
    if 0 in depths:
        raise HrlibError(
            f"the photo {depths[0]} lies directly in {folder}: expected a sub-folder a class: move it into one"
        )
    if len(depths) > 1:
        examples = ", ".join(f"{depth} folders for {depths[depth]}" for depth in sorted(depths))
        raise HrlibError(f"photos below {folder} lie at different depths ({examples}): expected one depth for all")
    return next(iter(depths))


def class_names(paths: Sequence[str], levels: Sequence[str]) -> dict[str, list[str]]:
    """The class of every photo on each level: the folder's name, or its path where the name is not unique."""
    columns = {}
    for level, name in enumerate(levels):
        folders = [path.rsplit("/", level + 1)[0] for path in paths]
        uses = Counter(folder.rpartition("/")[2] for folder in set(folders))
        columns[name] = [folder if uses[last := folder.rpartition("/")[2]] > 1 else last for folder in folders]
    return columns
