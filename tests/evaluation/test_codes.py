"""What codes mean, against a plain sort."""

import numpy as np
import pytest
import torch

import hrlib as hr
from hrlib.evaluation import code_counts, nearest_to_codes


def unit(count, seed, dim=5):
    x = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_rows_are_the_nearest_by_a_plain_sort():
    codes, images, texts = unit(4, 0), unit(30, 1), unit(20, 2)
    for found, vectors in zip(nearest_to_codes(codes, images, texts, 7), (images, texts), strict=True):
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, np.argsort(-codes @ vectors.T, axis=1)[:, :7])
    np.testing.assert_array_equal(
        code_counts(codes, images), np.bincount((images @ codes.T).argmax(1), minlength=len(codes))
    )


def test_one_item_and_a_loss_s_own_codes():
    loss = hr.losses.CodebookLoss(3, 5)
    images, texts = nearest_to_codes(loss.codebook(), unit(1, 0), unit(1, 1), 1)
    assert images.tolist() == texts.tolist() == [[0]] * 3
    assert code_counts(loss.codebook(), torch.from_numpy(unit(6, 0))).sum() == 6


def test_bad_input_is_named():
    with pytest.raises(hr.HrlibError, match="expected an integer from 1 to 2"):
        nearest_to_codes(unit(4, 0), unit(5, 1), unit(2, 2), 3)
    with pytest.raises(hr.HrlibError):
        nearest_to_codes(unit(4, 0), unit(5, 1, dim=6), unit(5, 2), 1)
    with pytest.raises(hr.HrlibError, match="NaN"):
        code_counts(unit(4, 0), unit(5, 1) * np.nan)
