"""Search over a catalogue that changes: stores of vectors with metadata, and what chooses among them."""

from hrlib.search.faiss_store import FaissStore
from hrlib.search.store import Hits, Store

__all__ = ["FaissStore", "Hits", "Store"]
