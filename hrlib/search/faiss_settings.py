"""How the index of a faiss store is built and searched, and which kind it is by the number of items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from hrlib.errors import HrlibError
from hrlib.settings import strict

Kind = Literal["exact", "ivf", "hnsw"]
EXACT_BELOW = 20_000  # items: index="auto" scans them all, below; at 128 dimensions 1-3 ms a query on one core
IVF_FROM = 2_000_000  # items: index="auto" takes IVF from here on; a graph would take an hour to build on one core


@dataclass(frozen=True)
class IndexSettings:
    """How an index is built and searched. The defaults are chosen here; `choose_index` measures for your vectors.

    Attributes:
        m: HNSW: links a node. ef_construction, ef_search: HNSW: candidates kept while building, while searching.
        lists: IVF: cells; None: 4 sqrt(N). There are fewer where a cell would have less than the 39 vectors that faiss asks for.
        probes: IVF: cells searched a query; None: a sixteenth of them, at least 8.
        delta: new vectors that are scanned beside an index, before they are built into it in the background; a fiftieth
            of the index where that is more.
    """

    m: int = 32
    ef_construction: int = 80
    ef_search: int = 64
    lists: int | None = None
    probes: int | None = None
    delta: int = 2_000

    @classmethod
    def of(cls, values: dict[str, Any]) -> IndexSettings:
        """Settings from keyword values, checked."""
        settings = strict(cls, values)
        for name, value in vars(settings).items():
            if value is not None and value < (least := {"m": 2, "delta": 0}.get(name, 1)):
                raise HrlibError(f"FaissStore: {name} is {value}: expected an integer of {least} or more")
        return settings

    def kind(self, index: str, items: int) -> Kind:
        """What `index` means for a number of items: itself, or by size where it is "auto"."""
        if index != "auto":
            return cast(Kind, index)
        return "exact" if items < EXACT_BELOW else "hnsw" if items < IVF_FROM else "ivf"
