"""What a visual search keeps in its folder beside the store and the photos: a JSON file that says what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hrlib.errors import HrlibError
from hrlib.files import from_json, write
from hrlib.search.visual.ranked import VisualSettings
from hrlib.settings import as_dict, strict

FORMAT, FILE = 1, "visual.json"


def write_facts(folder: Path, size: tuple[int, int], settings: VisualSettings) -> None:
    """Say at what size (height, width) photos were embedded, and the settings."""
    facts = {"format": FORMAT, "size": list(size), "settings": as_dict(settings)}
    write(folder / FILE, json.dumps(facts, indent=1).encode())


def read_settings(folder: Path, size: tuple[int, int]) -> dict[str, Any]:
    """The settings that were saved, with photos of that size; anything else is an HrlibError."""
    path = folder / FILE
    try:
        facts = from_json(path.read_bytes())
        form, before, settings = facts["format"], tuple(facts["size"]), dict(facts["settings"])
    except (FileNotFoundError, NotADirectoryError):
        raise HrlibError(
            f"no visual search in {folder}: expected a folder that VisualSearch.save has written"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HrlibError(f"{path} is damaged ({type(error).__name__}: {error}): restore it from a copy") from error
    if form != FORMAT:
        raise HrlibError(f"{path} has format {form!r}; this hrlib reads {FORMAT}: use the version that wrote it")
    if before != size:
        raise HrlibError(
            f"{folder} was saved with photos of {before}, and the catalogue's are {size}: expected the same size"
        )
    return as_dict(strict(VisualSettings, settings))
