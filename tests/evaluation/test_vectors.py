"""Embeddings as they are taken: the errors of bad ones, other float types, and one dimension for all."""

import numpy as np
import pytest
import torch

from hrlib.errors import HrlibError
from hrlib.evaluation.vectors import repeated_rows, same_dimensions, unit_vectors


def random_units(n, seed=0, dim=16):
    x = np.random.default_rng(seed).standard_normal((n, dim))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def broken(rows, value):
    x = random_units(20)
    x[rows] = value
    return x


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        (broken([3, 8], np.nan), r"2 of 20 rows hold NaN or infinity \(row 3, 8\)"),
        (broken([0], np.inf), r"1 of 20 rows hold NaN or infinity \(row 0\)"),
        (
            broken(list(range(2, 9)), 1.0),
            r"7 of 20 rows are not of unit length \(row 2, 3, 4, 5, 6, \.\.\.; the norm of row 2 is 4\).*normalize",
        ),
        (broken([5], 0.0), r"norm of row 5 is 0\)"),
        (random_units(20) * 1.01, "20 of 20 rows"),
        (random_units(20)[0], r"shape \(16,\) of float32, expected \(N, D\) floats"),
        (np.eye(4, dtype=int), "of int64, expected"),
        (torch.eye(4, dtype=torch.int32), "of torch.int32, expected"),
        (np.zeros((0, 4), np.float32), r"shape \(0, 4\)"),
    ],
)
def test_bad_embeddings(embeddings, message):
    with pytest.raises(HrlibError, match=message):
        unit_vectors(embeddings)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type_is_taken_and_becomes_float32(dtype):
    x = torch.nn.functional.normalize(torch.from_numpy(random_units(200, dim=8)), dim=1).to(dtype)
    taken = unit_vectors(x)
    assert taken.dtype == torch.float32 and torch.equal(taken, x.float())


def test_norms_within_the_tolerance_are_taken_as_they_are():
    x = random_units(20) * np.float32(1.0005)
    np.testing.assert_array_equal(unit_vectors(x).numpy(), x)


def test_the_name_is_that_of_the_argument():
    with pytest.raises(HrlibError, match="gallery: 5 of 5 rows are not of unit length"):
        unit_vectors(random_units(5) * 2, "gallery")


def test_dimensions_that_differ():
    queries = torch.zeros(3, 16)
    gallery = torch.zeros(5, 16)
    assert same_dimensions(queries, gallery) is gallery
    with pytest.raises(HrlibError, match="the gallery has 8 dimensions and the queries 16: expected the same"):
        same_dimensions(queries, gallery[:, :8])


@pytest.mark.parametrize("dim", [1, 3, 100])
def test_repeated_rows_and_the_first_of_each(dim):
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((301, dim)).astype(np.float32))
    order = torch.randperm(301, generator=torch.Generator().manual_seed(0)).repeat(2)[:400]
    order[17], order[390] = order[3], order[3]
    rows, first = repeated_rows(x[order])
    seen = {}
    expected = [(i, seen[g]) for i, g in enumerate(order.tolist()) if seen.setdefault(g, i) != i]
    assert list(zip(rows.tolist(), first.tolist(), strict=True)) == expected
    assert not len(repeated_rows(x)[0])
