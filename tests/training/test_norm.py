"""Batch normalisation of our own is torch's, forward, backward and in its averages. Over several processes: test_several_processes.py ("fit")."""

import pytest
import torch
from torch import nn

from hrlib.training.norm import JoinedBatchNorm


@pytest.mark.parametrize(
    "settings", [{}, {"affine": False}, {"momentum": None}, {"track_running_stats": False}], ids=str
)
@pytest.mark.parametrize("shape", [(5, 3, 4, 2), (6, 3)], ids=str)
def test_alone_it_is_torch_s(shape, settings):
    kind = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
    expected, found = kind(3, **settings), JoinedBatchNorm(3, **settings)
    if settings.get("affine", True):
        torch.manual_seed(0)
        nn.init.normal_(expected.weight)
        nn.init.normal_(expected.bias)
        found.load_state_dict(expected.state_dict())
    for step in range(3):
        torch.manual_seed(step)
        x = 3 + 2 * torch.randn(shape)
        a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
        one, other = expected(a), found(b)
        torch.testing.assert_close(other, one, rtol=1e-5, atol=1e-5)
        weights = torch.randn(shape)
        (one * weights).sum().backward()
        (other * weights).sum().backward()
        torch.testing.assert_close(b.grad, a.grad, rtol=1e-4, atol=1e-5)
    for key, value in expected.state_dict().items():
        torch.testing.assert_close(found.state_dict()[key], value)
    torch.testing.assert_close(found.eval()(x), expected.eval()(x), rtol=1e-5, atol=1e-5)
