"""What faiss is asked to do: the exact scan against numpy, when an index is searched, and how well."""

import faiss
import faiss.contrib.torch_utils  # as pytorch-metric-learning does: it changes faiss' methods for the whole process
import numpy as np
import pytest

from hrlib.search import faiss_index
from hrlib.search.faiss_index import GivenUp, build, nearest_rows
from hrlib.search.faiss_settings import IndexSettings
from tests.search.conformance import unit

KINDS = ["hnsw", "ivf"]
SETTINGS = IndexSettings(m=16, ef_construction=40, ef_search=32, lists=32, probes=8)


def clustered(n, seed=0, dim=16, spread=0.4):
    """(n, dim) unit vectors around 20 centres."""
    x = unit(20, 99, dim)[np.random.default_rng(seed).integers(20, size=n)] + spread * unit(n, seed, dim)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def bits_of(mask):
    return np.packbits(mask, bitorder="little")


def brute(queries, vectors, k, mask=None):
    scores = queries @ vectors.T
    if mask is not None:
        scores[:, ~mask] = -np.inf
    return np.argsort(-scores, axis=1)[:, :k]


def recall(found, expected):
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found.tolist(), expected.tolist(), strict=True)])


@pytest.fixture(scope="module")
def indexes():
    return {kind: build(kind, clustered(2000), SETTINGS) for kind in KINDS}


@pytest.mark.parametrize("queries", [1, 30])
@pytest.mark.parametrize("share", [None, 0.0, 0.01, 0.5, 1.0])
def test_the_scan_is_exact(queries, share):
    x, q, rng = unit(300), unit(queries, 1), np.random.default_rng(0)
    mask = np.ones(300, bool) if share is None else rng.random(300) < share
    scores, rows = nearest_rows(q, x, 5, None if share is None else bits_of(mask))
    found = min(5, mask.sum())
    assert (rows[:, found:] == -1).all()
    np.testing.assert_allclose(scores[:, :found], np.sort(np.where(mask, q @ x.T, -9))[:, ::-1][:, :found], atol=1e-6)
    np.testing.assert_allclose(scores[:, :found], np.einsum("qd,qkd->qk", q, x[rows[:, :found]]), atol=1e-6)


def test_the_scan_is_faisss_own():
    flat = faiss.IndexFlatIP(8)
    flat.add(unit(500))
    for ours, theirs in zip(nearest_rows(unit(7, 1), unit(500), 9, None), flat.search(unit(7, 1), 9), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [1.0, 0.9, 0.3, 0.1])
def test_recall_holds_under_filters(indexes, kind, share):
    index, q = indexes[kind], clustered(100, 5)
    mask = np.random.default_rng(1).random(2000) < share
    scores, rows = index.search(q, 10, bits_of(mask), mask.sum())
    assert mask[rows].all()
    assert recall(rows, brute(q, clustered(2000), 10, mask)) >= 0.95
    np.testing.assert_allclose(scores, np.einsum("qd,qkd->qk", q, clustered(2000)[rows]), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_an_extended_index_finds_old_and_new_and_the_first_one_stays(indexes, kind):
    more, q = clustered(500, 7), clustered(50, 5)
    both = np.concatenate([clustered(2000), more])
    before = indexes[kind].search(q, 10, None, len(q))
    longer = indexes[kind].extended(more, bool)
    assert (len(indexes[kind]), len(longer)) == (2000, 2500)
    np.testing.assert_array_equal(longer.taken(np.arange(2500)), both)
    np.testing.assert_array_equal(longer.taken(np.array([2499, 3, 3])), both[[2499, 3, 3]])
    np.testing.assert_array_equal(longer.taken(slice(1990, 2010)), both[1990:2010])
    assert recall(longer.search(q, 10, None, len(q))[1], brute(q, both, 10)) >= 0.95
    for now, then in zip(indexes[kind].search(q, 10, None, len(q)), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [None, 0.0, 0.003, 0.5])
@pytest.mark.parametrize("gathered", [0, 100, 1 << 20])
def test_an_index_can_be_scanned_exactly(indexes, kind, share, gathered, monkeypatch):
    monkeypatch.setattr(faiss_index, "GATHERED", gathered)
    mask = np.ones(2000, bool) if share is None else np.random.default_rng(1).random(2000) < share
    q = clustered(40, 5)
    _, rows = indexes[kind].scan(q, 10, None if share is None else bits_of(mask))
    found = min(10, mask.sum())
    np.testing.assert_array_equal(rows[:, :found], brute(q, clustered(2000), found, mask))
    assert (rows[:, found:] == -1).all()


def test_what_is_scanned_and_what_is_searched(indexes):
    largest = {kind: index.largest_k for kind, index in indexes.items()}
    for kind in KINDS:
        assert largest[kind](2000) == 200, "an index without a filter is searched, but for a tenth of all"
        assert largest[kind](39) == 0, "below 2% a scan is better"
    # share^2 n < 10 effort: 0.4^2 x 2000 = 320
    assert largest["hnsw"](790) == 0 and largest["hnsw"](810) == 81
    # share < 2 probes / lists = 0.5
    assert largest["ivf"](990) == 0 and largest["ivf"](1010) == 101


def test_vectors_are_not_held_twice(indexes):
    index = indexes["hnsw"]
    assert not index.vectors.flags.owndata
    links = index.nbytes - index.vectors.nbytes
    assert indexes["ivf"].vectors is None and indexes["ivf"].nbytes == 2000 * (16 * 4 + 16)
    assert 2000 * 2 * 16 * 4 <= links <= 2000 * 2.5 * 16 * 4


def test_ivfs_cells_are_as_many_as_there_are_vectors_for():
    for n, lists in ((1, 1), (100, 2), (2000, 51)):
        assert build("ivf", clustered(n), IndexSettings(lists=100)).faiss_index.nlist == lists
    assert build("ivf", clustered(2000), IndexSettings()).faiss_index.nlist == 51
    assert build("ivf", clustered(2000), IndexSettings(lists=7)).faiss_index.nlist == 7


@pytest.mark.parametrize("kind", KINDS)
def test_a_build_can_be_given_up(kind, indexes):
    with pytest.raises(GivenUp):
        build(kind, clustered(100), SETTINGS, lambda: True)
    with pytest.raises(GivenUp):
        indexes[kind].extended(clustered(10), lambda: True)
