import math

import faiss
import numpy as np
import pytest

from hrlib.search.choosing import measure
from hrlib.search.choosing.measure import kth_similarity, recall, search_singly, similarities, sustained


@pytest.fixture(scope="module")
def with_ties(clustered):
    """Vectors, 40 of them each there five times, and the queries."""
    x, queries = clustered
    return np.concatenate([x[:400], np.repeat(x[:40], 4, axis=0)]), queries[:15]


def by_loops(found, vectors, queries, k):
    """Recall by distance, written out."""
    shares = []
    for rows, query in zip(found, queries, strict=True):
        products = [float(np.dot(vector.astype(float), query.astype(float))) for vector in vectors]
        least = sorted(products, reverse=True)[:k][-1]
        right = {row for row in rows if row >= 0 and products[row] >= least - 1e-6}
        shares.append(len(right) / min(k, len(vectors)))
    return np.array(shares)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_recall_against_loops(with_ties, k):
    vectors, queries = with_ties
    rng = np.random.default_rng(k)
    exact = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)[1]
    found = np.where(rng.random(exact.shape) < 0.3, rng.integers(-1, len(vectors), exact.shape), exact)
    got = recall(found, kth_similarity(vectors, queries, k), vectors, queries)
    np.testing.assert_allclose(got, by_loops(found, vectors, queries, k))
    assert 0 < got.mean() < 1


def test_any_of_equally_near_vectors_counts_once(with_ties):
    vectors, _ = with_ties
    query = vectors[:1]  # itself at rows 0 and 400 to 403
    kth = kth_similarity(vectors, query, 3)
    assert kth[0] == pytest.approx(1)
    for rows, share in (([401, 403, 0], 1), ([401, 401, 0], 2 / 3), ([400, -1, -1], 1 / 3), ([-1, -1, -1], 0)):
        assert recall(np.array([rows]), kth, vectors, query)[0] == pytest.approx(share)


def test_more_neighbours_than_vectors(with_ties):
    vectors, queries = with_ties
    kth = kth_similarity(vectors[:3], queries, 10)
    np.testing.assert_allclose(kth, (queries.astype(float) @ vectors[:3].T.astype(float)).min(axis=1))
    found = np.tile([0, 1, 2] + [-1] * 7, (15, 1))
    np.testing.assert_allclose(recall(found[:, :3], kth, vectors[:3], queries), 1)


def test_similarities_in_parts_and_of_missing_rows(with_ties):
    vectors, _ = with_ties
    rows = np.random.default_rng(0).integers(-1, len(vectors), (len(vectors), 4))  # more than one part
    got, all_ = similarities(rows, vectors, vectors), vectors.astype(float) @ vectors.T.astype(float)
    expected = np.where(rows < 0, -np.inf, np.take_along_axis(all_, rows % len(vectors), axis=1))
    np.testing.assert_allclose(got, expected)


def test_searching_singly(with_ties):
    vectors, queries = with_ties
    exact = faiss.IndexFlatIP(16)
    exact.add(vectors)
    found, seconds = search_singly(exact, queries, 5, seconds=1)
    assert np.array_equal(found, np.concatenate([exact.search(query[None], 5)[1] for query in queries]))
    assert seconds.shape == (15,) and (seconds > 0).all()
    many = np.tile(queries, (10, 1))
    found, seconds = search_singly(exact, many, 5, seconds=1e-9)
    assert len(found) == len(seconds) == measure.LEAST  # no time: the least, once
    found, seconds = search_singly(exact, queries[:1], 5, seconds=1e-9)
    assert len(found) == len(seconds) == 1


@pytest.mark.parametrize("factory", ["Flat", "IVF10,Flat", "HNSW8,Flat", "IVF10,PQ8x4fsr,RFlat"])
def test_size_is_what_faiss_writes(factory, clustered):
    index = faiss.index_factory(16, factory, faiss.METRIC_INNER_PRODUCT)
    index.train(clustered[0])
    index.add(clustered[0])
    assert measure.size_in_bytes(index) == len(faiss.serialize_index(index))


def test_updates_add_and_remove(clustered):
    lists = faiss.index_factory(16, "IVF10,Flat", faiss.METRIC_INNER_PRODUCT)
    lists.train(clustered[0])
    lists.add(clustered[0])
    assert measure.additions(lists, clustered[0]) > 0 and lists.ntotal == 2500
    assert measure.removals(lists) > 0 and lists.ntotal == 2000
    graph = faiss.index_factory(16, "HNSW8,Flat", faiss.METRIC_INNER_PRODUCT)
    graph.add(clustered[0][:50])
    assert measure.additions(graph, clustered[0]) > 0 and math.isnan(measure.removals(graph)) and graph.ntotal == 550


def test_tiny_indexes_are_updated_too(clustered):
    one = faiss.IndexFlatIP(16)
    one.add(clustered[0][:1])
    assert measure.additions(one, clustered[0][:1]) > 0 and one.ntotal == 501
    assert measure.removals(one) > 0 and one.ntotal == 251


def test_sustained_updates_by_hand():
    assert sustained(100, 50, 20, 1000) == pytest.approx(1 / (0.01 + 0.02))
    # 200 of 1,000 vectors replaced, then 20 s of building: 200 x 0.01 s + 20 s for 200 updates
    assert sustained(100, math.nan, 20, 1000) == pytest.approx(200 / (2 + 20))


def test_threads_are_put_back():
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(3)
    try:
        with pytest.raises(KeyError), measure.one_core():
            assert faiss.omp_get_max_threads() == 1
            raise KeyError
        assert faiss.omp_get_max_threads() == 3
    finally:
        faiss.omp_set_num_threads(before)
