"""Searching a catalogue: choosing an index."""

from hrlib.search.candidates import Candidate
from hrlib.search.choose import Choice, choose_index

__all__ = ["Candidate", "Choice", "choose_index"]
