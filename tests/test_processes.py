"""Alone everything is as it was; how rows are divided. What several processes make of it: tests/training/test_several_processes.py."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hrlib import processes


def test_alone_everything_is_as_it_was():
    x = torch.rand(3, 2, requires_grad=True)
    assert processes.gathered(x, [3]) is x and processes.array(x.detach().numpy(), [3]) is not None
    assert processes.count() == 1 and processes.rank() == 0 and processes.shares(7) == [7]
    assert processes.part(7) == slice(0, 7) and processes.of_each(5) == [5]
    assert processes.any_of(True) and not processes.any_of(False)
    assert processes.of_first(lambda: {"a": 1}) == {"a": 1}
    processes.wait()
    processes.same_start(torch.nn.BatchNorm1d(2))
    with processes.first_alone(False):
        pass


@given(rows=st.integers(0, 40), count=st.integers(1, 9))
def test_rows_are_divided_as_numpy_divides(rows, count):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "count", lambda: count)
        expected = np.array_split(np.arange(rows), count)
        assert processes.shares(rows) == [len(part) for part in expected]
        for number, part in enumerate(expected):
            patch.setattr(processes, "rank", lambda number=number: number)
            assert np.array_equal(np.arange(rows)[processes.part(rows)], part)
