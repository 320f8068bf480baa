"""Search over a catalogue that changes: stores of vectors with metadata, and the choice of an index by measurement."""

from hrlib.search.candidates import Candidate
from hrlib.search.choose import Choice, choose_index
from hrlib.search.copy import copy_to
from hrlib.search.faiss_store import FaissStore
from hrlib.search.milvus_store import MilvusStore
from hrlib.search.store import Hits, Store

__all__ = ["Candidate", "Choice", "FaissStore", "Hits", "MilvusStore", "Store", "choose_index", "copy_to"]
