"""Search over a catalogue that changes: stores of vectors with metadata, the choice of an index by measurement, search by photos."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from hrlib.search.candidates import Candidate
from hrlib.search.choose import Choice, choose_index
from hrlib.search.faiss_store import FaissStore
from hrlib.search.store import Hits, Store

# looked up when they are first used: searching by photos needs models, searching by vectors does not
_LATER = {
    "Found": "hrlib.search.found",
    "Item": "hrlib.search.queries",
    "VisualSearch": "hrlib.search.visual",
}

__all__ = ["Candidate", "Choice", "FaissStore", "Found", "Hits", "Item", "Store", "VisualSearch", "choose_index"]

if TYPE_CHECKING:
    from hrlib.search.found import Found
    from hrlib.search.queries import Item
    from hrlib.search.visual import VisualSearch


def __getattr__(name: str):
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module 'hrlib.search' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
