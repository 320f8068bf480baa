import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.errors import HrlibError
from hrlib.search.choosing.candidates import PER_LIST, Candidate, build, candidates, kmeans, ladder, links_of, lists_of
from hrlib.search.choosing.measure import one_core

SOME = {each.name: each for each in candidates(2000, 16)}


@pytest.mark.parametrize("name", SOME)
def test_each_is_built_and_finds_the_vectors_themselves(name, clustered):
    x, candidate = clustered[0][:1500], SOME[name]
    most = {candidate.effort: ladder(candidate, len(x), 10)[-1]} if candidate.effort else {}
    more = {"k_factor_rf": 8} if candidate.reranks else {}
    chosen = Candidate(candidate.kind, candidate.factory, candidate.settings, most | more)
    with one_core():
        index = build(chosen, x)
        found = index.search(x[:50], 10)[1]
    assert index.ntotal == len(x) and index.metric_type == faiss.METRIC_INNER_PRODUCT
    assert (found == np.arange(50)[:, None]).any(axis=1).mean() >= 0.98
    if candidate.effort == "nprobe":
        assert faiss.extract_index_ivf(index).nprobe == lists_of(candidate)
    if candidate.reranks:
        assert index.k_factor == 8


@given(st.integers(2000, 2_000_000), st.integers(2, 1024))
def test_a_sample_has_a_twin_for_each(n, d):
    whole, sample = candidates(n, d), candidates(2000, d)
    assert [each.kind for each in whole] == [each.kind for each in sample]
    assert [each.settings for each in whole] == [each.settings for each in sample]
    assert whole[0] == Candidate("flat", "Flat") and len({each.name for each in whole}) == len(whole)
    assert all(n // lists_of(each) >= PER_LIST for each in whole if each.effort == "nprobe")  # else faiss warns


@pytest.mark.parametrize("d", [1, 2, 7, 12, 97, 260, 784])
def test_faiss_understands_each_for_any_dimension(d):
    for each in candidates(100_000, d):
        assert faiss.index_factory(d, each.factory, faiss.METRIC_INNER_PRODUCT).d == d


def test_of_some_families_only_and_exact_search():
    some = candidates(100_000, 784, ("hnsw", "ivf-flat"))
    assert [each for each in candidates(100_000, 784) if each.kind in ("flat", "hnsw", "ivf-flat")] == some
    assert {each.kind for each in some} == {"flat", "hnsw", "ivf-flat"} and some[0].kind == "flat"
    assert {links_of(each) for each in some if each.kind == "hnsw"} == {16, 32}
    assert not any(each.reranks or "SQ" in each.factory for each in some), "a graph over codes is another family"
    assert [each.kind for each in candidates(100, 16, ())] == ["flat"]


def test_few_vectors_are_only_scanned():
    assert {each.effort for n in (1, 5, 50, 999) for each in candidates(n, 16)} == {None}


def test_ladders_double_to_the_end():
    lists, graph = Candidate("ivf-flat", "IVF100,Flat"), SOME["HNSW32,Flat efConstruction=100"]
    assert ladder(lists, 10_000, 10) == [1, 2, 4, 8, 16, 32, 64, 100]
    assert ladder(graph, 10_000, 10) == [10, 20, 40, 80, 160, 320, 640, 1024]
    assert ladder(graph, 30, 10) == [10, 20, 30] and ladder(graph, 5, 10) == [10]
    assert ladder(graph, 10_000, 2000) == [2000] and ladder(SOME["Flat"], 10_000, 10) == []


def test_shared_centroids_are_those_that_the_index_makes_itself(clustered):
    candidate = Candidate("ivf-flat", "IVF20,Flat")
    with one_core():
        alone = build(candidate, clustered[0], seed=3)
        shared = build(candidate, clustered[0], centroids=kmeans(clustered[0], 20, seed=3))
    assert np.array_equal(faiss.serialize_index(alone), faiss.serialize_index(shared))
    assert np.allclose(np.linalg.norm(kmeans(clustered[0], 20, seed=3), axis=1), 1)  # spherical, for inner products


@pytest.mark.parametrize("name", ["HNSW16,Flat efConstruction=100", "IVF32,PQ8x4fsr,RFlat", "SQ8"])
def test_the_same_seed_gives_the_same_index_on_one_core(name, clustered):
    with one_core():
        first, second = (faiss.serialize_index(build(SOME[name], clustered[0][:1500], seed=1)) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_projection_keeps_inner_products_where_the_mean_is_far_from_zero():
    rng = np.random.default_rng(0)
    x = (np.abs(rng.standard_normal((600, 12))) + np.linspace(0, 4, 12)).astype(np.float32)
    faiss.normalize_L2(x)
    index = build(Candidate("hnsw", "PCA4,HNSW16,RFlat"), x)
    products, found = faiss.downcast_index(index.base_index).search(x[:20], 5)
    axes = np.linalg.svd(x, full_matrices=False)[2][:4]  # without subtracting the mean
    np.testing.assert_allclose(products, ((x @ axes.T)[:20, None] * (x @ axes.T)[found]).sum(-1), atol=1e-5)


def test_an_unknown_kind_is_refused():
    with pytest.raises(HrlibError, match="'tree' is no kind of index: expected one of flat, scalar"):
        Candidate("tree", "Flat")
