"""Exact neighbours: against a full sort in plain Python, ties by row order, and the errors of bad embeddings."""

import numpy as np
import pytest
import torch

from hrlib.errors import HrlibError
from hrlib.evaluation import neighbours
from hrlib.evaluation.ranking import ranked_chunks
from hrlib.evaluation.vectors import unit_vectors
from tests.evaluation.made_up import dyadic, random_units


def slow_ranking(queries, gallery, itself):
    """Gallery rows of each query, by falling similarity and then by row."""
    rankings = []
    for q, query in enumerate(queries.tolist()):
        similarity = [sum(a * b for a, b in zip(query, other, strict=True)) for other in gallery.tolist()]
        rankings.append(
            sorted((g for g in range(len(gallery)) if not (itself and g == q)), key=lambda g: (-similarity[g], g))
        )
    return rankings


@pytest.mark.parametrize("make", [dyadic, random_units])
@pytest.mark.parametrize("k", [1, 2, 7, 38, 39])  # a partition or a full sort, up to all the others
def test_neighbours_are_those_of_a_full_sort_with_ties_in_row_order(make, k):
    x = make(40)
    indices, similarities = neighbours(x, k)
    assert indices.tolist() == [ranking[:k] for ranking in slow_ranking(x, x, itself=True)]
    assert indices.dtype == np.int64 and similarities.dtype == np.float32
    np.testing.assert_allclose(similarities, np.take_along_axis(x @ x.T, indices, axis=1), atol=1e-6)


def test_ties_at_the_boundary_of_the_top_k_go_to_the_lower_rows():
    gallery = np.tile(np.eye(4, dtype=np.float32)[0], (500, 1))  # all the same
    gallery[7] = np.eye(4)[1]
    indices, _ = neighbours(np.eye(4, dtype=np.float32)[:1], 9, gallery)
    assert indices.tolist() == [[0, 1, 2, 3, 4, 5, 6, 8, 9]]


def test_a_separate_gallery_and_chosen_rows():
    x, gallery = dyadic(30), dyadic(50, seed=1)
    assert neighbours(x, 5, gallery)[0].tolist() == [ranking[:5] for ranking in slow_ranking(x, gallery, itself=False)]
    everyone, _ = neighbours(x, 5)
    some, _ = neighbours(x, 5, rows=np.array([29, 3, 3]))
    assert some.tolist() == everyone[[29, 3, 3]].tolist()


@pytest.mark.parametrize("chunk", [1, 2, 7, 39, 40, 1000])
def test_chunks_change_nothing_and_are_no_larger_than_asked(chunk):
    x = torch.from_numpy(dyadic(40))
    indices, similarities = neighbours(x, 10, chunk=chunk)
    expected = neighbours(x, 10)
    np.testing.assert_array_equal(indices, expected[0])
    np.testing.assert_array_equal(similarities, expected[1])
    for rows, keys in ranked_chunks(x, x, own=torch.arange(40), top=10, chunk=chunk):
        assert keys.shape == (rows.stop - rows.start, 10) and len(keys) <= chunk


@pytest.mark.parametrize("chunk", [1, 64, None])
@pytest.mark.parametrize("dim", [3, 100, 512])
def test_duplicates_are_ties_also_where_products_are_rounded(chunk, dim):
    base = random_units(67, dim=dim)
    gallery = np.concatenate([base, base, base])  # rows g, g + 67 and g + 134 are the same vector
    indices, _ = neighbours(random_units(65, seed=1, dim=dim), len(gallery), gallery, chunk=chunk)
    triples = indices.reshape(65, 67, 3)
    np.testing.assert_array_equal(triples, triples[:, :, :1] + np.array([0, 67, 134]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_float_types_are_scored_in_float32(dtype):
    x = torch.from_numpy(dyadic(30))  # exact in every type
    np.testing.assert_array_equal(neighbours(x.to(dtype), 5)[0], neighbours(x, 5)[0])
    assert neighbours(x.to(dtype), 5)[1].dtype == np.float32
    assert unit_vectors(torch.nn.functional.normalize(torch.randn(200, 8), dim=1).to(dtype)).dtype == torch.float32


def test_arrays_that_are_read_only_float64_or_not_contiguous_are_taken_and_left_alone():
    x = random_units(20)
    x.setflags(write=False)
    expected = neighbours(x, 3)[0]
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], torch.from_numpy(x.copy()).requires_grad_()):
        np.testing.assert_array_equal(neighbours(other, 3)[0], expected)
    np.testing.assert_array_equal(neighbours(x.astype(np.float16), 3)[0].shape, expected.shape)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": 20}, "k is 20: expected an integer from 1 to 19"),
        ({"k": 0}, "k is 0: expected"),
        ({"k": 2.0}, "k is 2.0: expected"),
        ({"k": 3, "gallery": random_units(2)}, "from 1 to 2"),
        ({"k": 1, "gallery": random_units(5, dim=8)}, "the gallery has 8 dimensions and the queries 16"),
        ({"k": 1, "gallery": random_units(5) * 2}, "gallery: 5 of 5 rows are not of unit length"),
        ({"k": 1, "rows": np.array([20])}, "integers from 0 to 19"),
        ({"k": 1, "rows": np.array([True])}, "integers from 0 to 19"),
        ({"k": 1, "chunk": 0}, "chunk is 0"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(HrlibError, match=message):
        neighbours(random_units(20), **settings)
