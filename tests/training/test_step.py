"""What a step gathers beside the photos."""

import numpy as np
import pytest
import torch

import hrlib as hr
from hrlib.training.step import check_targets, on_device, taken


def test_a_batch_is_rows_or_a_dictionary():
    rows = np.array([3, 1])
    assert taken(rows)["rows"] is rows
    assert taken({"rows": rows, "triplets": rows}).keys() == {"rows", "triplets"}


def test_targets_have_a_row_an_item():
    assert check_targets({"a": [1, 2, 3]}, 3)["a"].tolist() == [1, 2, 3]
    for values in ([1, 2], 5):
        with pytest.raises(hr.HrlibError, match="expected 3 rows, one an item"):
            check_targets({"a": values}, 3)


def test_arrays_become_tensors():
    assert torch.equal(on_device({"a": np.arange(3)}, torch.device("cpu"))["a"], torch.arange(3))
