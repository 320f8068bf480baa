"""One level's metrics by hand, and agreement looked up in both ways. (The formulas: test_retrieval.)"""

import math

import pytest
import torch

from hrlib.evaluation.levels import agreement, level_metrics


def test_by_hand():
    relevant = torch.tensor([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]], dtype=torch.bool)
    values = level_metrics(relevant, torch.tensor([3, 2, 0, 1]), torch.tensor([2, 0, 3, 1]), ks=(1, 2)).tolist()
    assert values[0] == [0, 1, pytest.approx(2 / 3), pytest.approx((1 / 2 + 2 / 3) / 3), 2]
    assert values[1][:4] == [1, 1, 1, 1] and math.isnan(values[1][4])
    assert all(map(math.isnan, values[2]))
    assert values[3] == [0, 0, 0, 0, 1]  # the relevant one comes after R ranks


@pytest.mark.parametrize("n", [2, 30])  # a few ranks are looked up one by one, many at once
def test_agreement_counts_the_levels_of_a_tree(n):
    generator = torch.Generator().manual_seed(0)
    fine = torch.randint(12, (40,), generator=generator)
    found = torch.stack([fine, fine // 2, fine // 6]).int()
    found[:, 7] = -1  # unknown to the queries
    asked = torch.tensor([[3, 8], [1, 4], [0, 1]]).int()
    ranked = torch.stack([torch.randperm(40, generator=generator)[:n] for _ in range(2)])
    expected = [
        [sum(asked[level, q] == found[level, g] for level in range(3)).item() for g in ranked[q].tolist()]
        for q in range(2)
    ]
    assert agreement(asked, found, ranked).tolist() == expected
