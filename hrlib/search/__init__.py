"""Search over a catalogue that changes: stores of vectors with metadata, and the choice of an index by measurement."""

from hrlib.search.candidates import Candidate
from hrlib.search.choice import Choice
from hrlib.search.choose import choose_index
from hrlib.search.faiss_store import FaissStore
from hrlib.search.store import Hits, Store

__all__ = ["Candidate", "Choice", "FaissStore", "Hits", "Store", "choose_index"]
