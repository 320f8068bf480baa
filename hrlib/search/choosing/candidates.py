"""The indexes that are tried, each as a short description that faiss' index factory builds from."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field

import faiss
import numpy as np

from hrlib.errors import HrlibError

FAMILIES = {  # in plain words, for the sentence that says what was chosen
    "flat": "exact search",
    "scalar": "every vector compared, each number stored in 8 or 16 bits",
    "ivf-flat": "lists around centroids, exact vectors",
    "ivf-scalar": "lists around centroids, each number stored in 8 bits",
    "ivf-pq": "lists around centroids, short codes, the best of them ranked again",
    "hnsw": "a graph of near neighbours",
    "hnsw-coded": "a graph of near neighbours over compressed vectors",
}
SMALL = 1_000  # vectors; below, exact search takes microseconds and lists or a graph have nothing to save
WIDE = 256  # dimensions from which on a projection to a quarter of them, 500 at most, is tried as well
PROJECTED = 20_000  # vectors that a projection is learnt from, at most
PER_LIST = 39  # vectors a list at least: faiss warns below that many a centroid
FACTORS = (1, 2, 4, 8, 16, 32)  # k_factor_rf: how many times k are ranked again


@dataclass(frozen=True)
class Candidate:
    """An index before it is built: what it is, how it is built and how it is searched.

    Attributes:
        kind: its family, one of `FAMILIES`.
        factory: faiss' own description, for `faiss.index_factory` with inner products.
        settings: set before building, by the names of `faiss.ParameterSpace` (efConstruction).
        search: set before searching, likewise (nprobe, efSearch, k_factor_rf); empty: faiss' defaults.
    """

    kind: str
    factory: str
    settings: dict[str, int] = field(default_factory=dict)
    search: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        if self.kind not in FAMILIES:
            raise HrlibError(f"{self.kind!r} is no kind of index: expected one of {', '.join(FAMILIES)}")

    @property
    def name(self) -> str:
        """The factory's description with the settings: what tables and figures call it."""
        return " ".join([self.factory, *(f"{key}={value}" for key, value in self.settings.items())])

    @property
    def reranks(self) -> bool:
        """Whether the best k_factor_rf x k are ranked again by finer vectors."""
        return "Refine" in self.factory or "RFlat" in self.factory

    @property
    def effort(self) -> str | None:
        """The setting that trades time for recall, or None where every vector is compared."""
        return "nprobe" if "IVF" in self.factory else "efSearch" if "HNSW" in self.factory else None


def candidates(n: int, d: int, families: Collection[str] | None = None) -> list[Candidate]:
    """What suits n vectors of d dimensions: exact search, then one of each family, then their variants. As many for every n from 2,000 up.

    Of `families` only and exact search; None: of all.

    About sqrt(n) and 4 sqrt(n) lists, as powers of 2 (faiss' guidelines); product codes of 4 bits in blocks for SIMD ("4fsr": fast scan of
    residuals) with 2 or 4 dimensions a code; graphs of 16 and 32 links. Which of these are tried is chosen here.
    """
    return [each for each in _all(n, d) if families is None or each.kind in ("flat", *families)]


def _all(n: int, d: int) -> list[Candidate]:
    plain = [Candidate("flat", "Flat"), Candidate("scalar", "SQ8"), Candidate("scalar", "SQfp16")]
    if n < SMALL:
        return plain
    fine, *coarse = (d // 2, d // 4) if d % 4 == 0 else (d // 2,) if d % 2 == 0 else (d,)
    few, *many = lists = _lists(n)
    graph = {"efConstruction": 100}
    found = [
        *plain[:2],
        Candidate("hnsw", "HNSW32,Flat", graph),
        *(Candidate("ivf-pq", f"IVF{n_lists},PQ{fine}x4fsr,RFlat") for n_lists in lists),
        Candidate("ivf-flat", f"IVF{few},Flat"),
        Candidate("hnsw-coded", "HNSW32_SQ8", graph),
        *(Candidate("ivf-flat", f"IVF{n_lists},Flat") for n_lists in many),
        *(Candidate("ivf-pq", f"IVF{n_lists},PQ{codes}x4fsr,RFlat") for n_lists in lists for codes in coarse),
        Candidate("hnsw", "HNSW16,Flat", graph),
        Candidate("ivf-scalar", f"IVF{few},SQ8"),
        Candidate("ivf-pq", f"IVF{few},PQ{fine}x4fsr,Refine(SQ8)"),  # ranked again by 8 bits: a third of the memory
        plain[2],
        Candidate("hnsw", "HNSW32,Flat", {"efConstruction": 200}),
    ]
    if d >= WIDE:
        fewer = min(d // 4, SMALL // 2) // 8 * 8
        found.insert(3, Candidate("hnsw-coded", f"PCA{fewer},HNSW32,RFlat", {"efConstruction": 200}))
        found.insert(5, Candidate("ivf-pq", f"PCA{fewer},IVF{lists[-1]},PQ{fewer // 2}x4fsr,RFlat"))
    return found


def _lists(n: int) -> list[int]:
    root = 2 ** round(math.log2(math.sqrt(n)))
    return sorted({min(root, n // PER_LIST), min(4 * root, n // PER_LIST)})


def ladder(candidate: Candidate, n: int, wanted: int) -> list[int]:
    """Values of `candidate.effort`, each twice the one before: up to all lists; or from `wanted` neighbours to 1,024. [] without effort."""
    if candidate.effort is None:
        return []
    graph = candidate.effort == "efSearch"
    first, last = (wanted, max(wanted, min(1024, n))) if graph else (1, lists_of(candidate))
    return [first << step for step in range((last // first).bit_length()) if first << step < last] + [last]


def lists_of(candidate: Candidate) -> int:
    """How many lists an IVF candidate has."""
    return int(candidate.factory.split("IVF")[1].split(",")[0])


def links_of(candidate: Candidate) -> int:
    """How many links a node of an HNSW candidate has (faiss' M)."""
    return int(re.search(r"HNSW(\d+)", candidate.factory)[1])


def build(
    candidate: Candidate, vectors: np.ndarray, *, seed: int = 0, centroids: np.ndarray | None = None
) -> faiss.Index:
    """The index trained on and filled with `vectors` (N, D) float32, its search settings set; positions are the ids.

    On more than one thread a graph comes out a little different each time; on one (`measure.one_core`) it does not.

    Args:
        seed: of the k-means that makes lists; a graph's levels are drawn by faiss with a seed of its own.
        centroids: from `kmeans` on these vectors, as many as there are `shared_lists`; None: it is run.
    """
    index = faiss.index_factory(vectors.shape[1], candidate.factory, faiss.METRIC_INNER_PRODUCT)
    set_parameters(index, candidate.settings)
    if candidate.effort == "nprobe":
        lists = faiss.extract_index_ivf(index)
        lists.cp.seed = seed
        if centroids is not None:
            lists.quantizer.add(centroids)  # a filled quantizer is not trained again
    if candidate.factory.startswith("PCA"):
        _train_projection(index, vectors, seed)
    index.train(vectors)
    index.add(vectors)
    set_parameters(index, candidate.search)
    return index


def _train_projection(index: faiss.IndexRefine, vectors: np.ndarray, seed: int) -> None:
    """Without its mean: faiss' PCA subtracts it, which leaves distances as they are, but not inner products; of x and -x it is zero."""
    drawn = np.random.default_rng(seed).permutation(len(vectors))[:PROJECTED]
    projection = faiss.downcast_index(index.base_index).chain.at(0)
    projection.train(np.concatenate([vectors[drawn], -vectors[drawn]]))


def shared_lists(candidate: Candidate) -> int:
    """How many lists it has that are those of every other candidate with as many; 0 without lists, or where they follow a projection."""
    return lists_of(candidate) if candidate.factory.startswith("IVF") else 0


def kmeans(vectors: np.ndarray, lists: int, seed: int = 0) -> np.ndarray:
    """The centroids (lists, D) that faiss' IVF indexes make of `vectors`: spherical k-means."""
    trained = faiss.index_factory(vectors.shape[1], f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
    trained.cp.seed = seed
    trained.train(vectors)
    return trained.quantizer.reconstruct_n(0, lists)


def set_parameters(index: faiss.Index, values: dict[str, int]) -> None:
    """Set parameters by name, through whatever wraps the index that has them."""
    for name, value in values.items():
        faiss.ParameterSpace().set_index_parameter(index, name, value)
