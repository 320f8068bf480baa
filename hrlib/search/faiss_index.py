"""What faiss does for a store: exact nearest rows of an array, and indexes that are built once and then only read.

Row i of an index is row i of the store: an index gets its vectors in order and nothing is ever removed from it (IDMap over
IVF corrupts ids after a removal, HNSW cannot remove). What is gone is kept out of results by a selector.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from hrlib.search.faiss_settings import IndexSettings, Kind

CHUNK = 4096  # vectors added at a time, between which a build can be given up
GATHERED = (
    16 << 20
)  # numbers of IVF's rows that are copied to be scanned: 64 MB; three times quicker than lists with a selector
SHARE = 0.02  # of the rows: a filter that chooses less is scanned exactly (HNSW loses recall below about 1%)


@dataclass(frozen=True)
class Index:
    """A faiss index over the first rows of a store. Never changed: `extended` gives another.

    Attributes:
        vectors: (B, D) float32 what HNSW holds, looked at where it lies in the index; None of IVF, which gives them row by row (`taken`).
        trained: how many vectors IVF's cells were found with.
    """

    kind: Kind
    faiss_index: Any
    vectors: np.ndarray | None
    settings: IndexSettings
    trained: int = 0

    def __len__(self) -> int:
        return self.faiss_index.ntotal

    @property
    def nbytes(self) -> int:
        """The memory of what it holds, without small parts: vectors, and HNSW's links or for IVF the row of each and its place.

        IVF's lists grow by doubling, so that they may have room for as much again.
        """
        vectors = 4 * self.faiss_index.d * len(self)
        return vectors + (4 * self.faiss_index.hnsw.neighbors.size() if self.kind == "hnsw" else 16 * len(self))

    @property
    def effort(self) -> int:
        """What is turned up for more recall: HNSW's candidates, IVF's cells a query."""
        return self.settings.ef_search if self.kind == "hnsw" else _probes(self.settings, self.faiss_index.nlist)

    def largest_k(self, matches: int) -> int:
        """The k up to which searching the index beats scanning the `matches` rows that a filter leaves; 0: a scan is quicker, or of more recall.

        To find k among a share s of the rows, an index must look at 1/s as many. HNSW then computes about 10 effort / s
        similarities and a scan s B of them; IVF looks into effort / s of its cells. A tenth of the rows is scanned for. (All chosen here.)
        """
        share = matches / len(self)
        hnsw = self.kind == "hnsw"
        pays = (
            share * share * len(self) >= 10 * self.effort if hnsw else share * self.faiss_index.nlist >= 2 * self.effort
        )
        return matches // 10 if pays and share >= SHARE else 0

    def search(
        self, queries: np.ndarray, k: int, bits: np.ndarray | None, matches: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Scores (Q, k) and rows (Q, k), best first; -1 where nothing was found.

        Args:
            bits: which rows may be found, packed (little-endian); None: all. matches: how many of them.
        """
        if bits is None:
            return self.faiss_index.search(queries, k)
        selector, effort = faiss.IDSelectorBitmap(bits), math.ceil(self.effort * len(self) / matches)
        if self.kind == "hnsw":
            params = faiss.SearchParametersHNSW(sel=selector, efSearch=min(effort, len(self)))
        else:
            params = faiss.SearchParametersIVF(sel=selector, nprobe=min(effort, self.faiss_index.nlist))
        return self._search(queries, k, params)

    def scan(self, queries: np.ndarray, k: int, bits: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Exactly: as `search`, of all rows that `bits` leaves. IVF's are put together where they are few, else it looks into all cells."""
        if self.kind == "hnsw":
            return nearest_rows(queries, self.vectors, k, bits)
        if bits is not None:
            rows = np.flatnonzero(np.unpackbits(bits, count=len(self), bitorder="little"))
            if rows.size * self.faiss_index.d <= GATHERED:
                scores, found = nearest_rows(queries, self.taken(rows), k, None)
                return scores, np.where(found < 0, -1, rows[found]) if rows.size else found
        selector = None if bits is None else faiss.IDSelectorBitmap(bits)
        return self._search(queries, k, faiss.SearchParametersIVF(sel=selector, nprobe=self.faiss_index.nlist))

    def taken(self, rows: np.ndarray | slice) -> np.ndarray:
        """The vectors (n, D) of rows (n,) int64, or of a slice with both ends; copied, but for a slice of HNSW's."""
        if self.kind == "hnsw":
            return self.vectors[rows]
        return self.faiss_index.reconstruct_batch(np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows)

    def _search(self, queries: np.ndarray, k: int, params: faiss.SearchParameters) -> tuple[np.ndarray, np.ndarray]:
        # pytorch-metric-learning imports faiss.contrib.torch_utils, which puts a method without params over faiss' own for the
        # whole process, and keeps that one as search_numpy
        search = getattr(self.faiss_index, "search_numpy", self.faiss_index.search)
        return search(queries, k, params=params)

    def extended(self, vectors: np.ndarray, give_up: Callable[[], bool]) -> Index:
        """A copy with (n, D) more vectors at its end."""
        copied = faiss.clone_index(self.faiss_index)
        _add(copied, (vectors[start : start + CHUNK] for start in range(0, len(vectors), CHUNK)), give_up)
        return wrapped(self.kind, copied, self.settings, self.trained)


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
    return wrapped(kind, made, settings, n)


def wrapped(kind: Kind, made: Any, settings: IndexSettings, trained: int) -> Index:
    """An Index around faiss's; HNSW's vectors are looked at where they lie in it, IVF is told where each row lies in its lists."""
    vectors = None
    if kind == "ivf":
        made.make_direct_map(True)
    else:
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
