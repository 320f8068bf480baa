"""Search over a catalogue that changes: stores of vectors with metadata, the choice of an index by measurement, search by photos."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from hrlib.search.choosing.candidates import Candidate
from hrlib.search.choosing.choice import Choice
from hrlib.search.choosing.choose import choose_index
from hrlib.search.copy import copy_to
from hrlib.search.faiss_store import FaissStore
from hrlib.search.milvus_store import MilvusStore
from hrlib.search.store import Hits, Store

# looked up when they are first used: searching by photos needs models, searching by vectors does not
_LATER = {
    "Found": "hrlib.search.visual.found",
    "Item": "hrlib.search.visual.queries",
    "VisualSearch": "hrlib.search.visual.search",
}

__all__ = [
    "Candidate",
    "Choice",
    "FaissStore",
    "Found",
    "Hits",
    "Item",
    "MilvusStore",
    "Store",
    "VisualSearch",
    "choose_index",
    "copy_to",
]

if TYPE_CHECKING:
    from hrlib.search.visual.found import Found
    from hrlib.search.visual.queries import Item
    from hrlib.search.visual.search import VisualSearch


def __getattr__(name: str):
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module 'hrlib.search' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
