"""What faiss does for a store: exact nearest rows of an array, and indexes that are built once and then only read.

Row i of an index is row i of the store: an index gets its vectors in order and nothing is ever removed from it (IDMap over
IVF corrupts ids after a removal, HNSW cannot remove). What is gone is kept out of results by a selector.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import faiss
import numpy as np

from hrlib.errors import HrlibError
from hrlib.settings import strict

Kind = Literal["exact", "ivf", "hnsw"]
EXACT_BELOW = 20_000  # items: index="auto" scans them all, below; at 128 dimensions 1-3 ms a query on one core
IVF_FROM = 2_000_000  # items: index="auto" takes IVF from here on; a graph would take an hour to build on one core
CHUNK = 4096  # vectors added at a time, between which a build can be given up
SHARE = 0.02  # of the rows: a filter that chooses less is scanned exactly (HNSW loses recall below about 1%)


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
            return index
        return "exact" if items < EXACT_BELOW else "hnsw" if items < IVF_FROM else "ivf"


@dataclass(frozen=True)
class Index:
    """A faiss index over the first rows of a store. Never changed: `extended` gives another.

    Attributes:
        vectors: (B, D) float32 what it holds: of HNSW the index's own memory, of IVF an array beside it.
        trained: how many vectors IVF's cells were found with.
    """

    kind: Kind
    faiss_index: Any
    vectors: np.ndarray
    settings: IndexSettings
    trained: int = 0

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def nbytes(self) -> int:
        """The memory that it holds, without small parts: vectors, and HNSW's links or the lists of IVF."""
        if self.kind == "hnsw":
            return self.vectors.nbytes + 4 * self.faiss_index.hnsw.neighbors.size()
        return 2 * self.vectors.nbytes + 8 * len(self)

    @property
    def effort(self) -> int:
        """What is turned up for more recall: HNSW's candidates, IVF's cells a query."""
        return self.settings.ef_search if self.kind == "hnsw" else _probes(self.settings, self.faiss_index.nlist)

    def scan_is_better(self, matches: int, k: int) -> bool:
        """Whether scanning the `matches` rows that a filter leaves beats searching the index: quicker, or of more recall.

        To find k among a share s of the rows, an index must look at 1/s as many. HNSW then computes about 10 effort / s
        similarities and a scan s B of them; IVF looks into effort / s of its cells. (Both chosen here.)
        """
        share = matches / len(self)
        if share < SHARE or 10 * k > matches:
            return True
        if self.kind == "hnsw":
            return share * share * len(self) < 10 * self.effort
        return share < 2 * self.effort / self.faiss_index.nlist

    def search(
        self, queries: np.ndarray, k: int, bits: np.ndarray | None, share: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Scores (Q, k) and rows (Q, k), best first; -1 where nothing was found.

        Args:
            bits: which rows may be found, packed (little-endian); None: all. share: how many of them, 0 to 1.
        """
        if bits is None:
            return self.faiss_index.search(queries, k)
        selector, effort = faiss.IDSelectorBitmap(bits), math.ceil(self.effort / share)
        if self.kind == "hnsw":
            params = faiss.SearchParametersHNSW(sel=selector, efSearch=min(effort, len(self)))
        else:
            params = faiss.SearchParametersIVF(sel=selector, nprobe=min(effort, self.faiss_index.nlist))
        # pytorch-metric-learning imports faiss.contrib.torch_utils, which puts a method without params over faiss' own for the
        # whole process, and keeps that one as search_numpy
        search = getattr(self.faiss_index, "search_numpy", self.faiss_index.search)
        return search(queries, k, params=params)

    def extended(self, vectors: np.ndarray, give_up: Callable[[], bool]) -> Index:
        """A copy with (n, D) more vectors at its end."""
        copied = faiss.clone_index(self.faiss_index)
        _add(copied, (vectors[start : start + CHUNK] for start in range(0, len(vectors), CHUNK)), give_up)
        beside = None if self.kind == "hnsw" else np.concatenate([self.vectors, vectors])
        return wrapped(self.kind, copied, beside, self.settings, self.trained)


class GivenUp(Exception):
    """The program ends, and nobody waits for this index any more."""


def build(kind: Kind, vectors: np.ndarray, settings: IndexSettings, give_up: Callable[[], bool] = bool) -> Index:
    """An index of (N, D) vectors. `give_up` is asked between chunks whether to stop (GivenUp)."""
    n, dim = vectors.shape
    if kind == "hnsw":
        made = faiss.IndexHNSWFlat(dim, settings.m, faiss.METRIC_INNER_PRODUCT)
        made.hnsw.efConstruction, made.hnsw.efSearch = settings.ef_construction, settings.ef_search
    else:
        lists = max(1, min(settings.lists or int(4 * math.sqrt(n)), n // 39))
        made = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
        made.nprobe = _probes(settings, lists)
        made.cp.spherical = True  # centres of unit length, as the vectors are; faiss's k-means is seeded by itself
        made.train(vectors)
    _add(made, (vectors[start : start + CHUNK] for start in range(0, n, CHUNK)), give_up)
    return wrapped(kind, made, vectors, settings, n)


def wrapped(kind: Kind, made: Any, vectors: np.ndarray | None, settings: IndexSettings, trained: int) -> Index:
    """An Index around faiss's; HNSW's vectors are looked at where they lie in it."""
    if kind == "hnsw":
        storage = faiss.downcast_index(made.storage)
        vectors = faiss.rev_swig_ptr(storage.get_xb(), made.ntotal * made.d).reshape(made.ntotal, made.d)
    return Index(kind, made, vectors, settings, trained)


def nearest_rows(
    queries: np.ndarray, vectors: np.ndarray, k: int, bits: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Exactly: scores (Q, k) and rows (Q, k) of (N, D) vectors, best first, -1 where there are no more.

    It is what IndexFlatIP calls, on an array that can grow while it is read.
    """
    scores, rows = np.empty((len(queries), k), np.float32), np.empty((len(queries), k), np.int64)
    pointers = [faiss.swig_ptr(array) for array in (queries, vectors, scores, rows)]
    selector = None if bits is None else faiss.IDSelectorBitmap(bits)
    sizes = queries.shape[1], len(queries), len(vectors), k
    faiss.knn_inner_product(pointers[0], pointers[1], *sizes, pointers[2], pointers[3], selector)
    return scores, rows


def _probes(settings: IndexSettings, lists: int) -> int:
    return min(lists, settings.probes or max(8, lists // 16))


def _add(made: Any, chunks: Iterable[np.ndarray], give_up: Callable[[], bool]) -> None:
    for chunk in chunks:
        if give_up():
            raise GivenUp
        made.add(chunk)
