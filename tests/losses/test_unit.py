"""Normalisation with its own gradient, against torch's."""

import torch
import torch.nn.functional as F

from hrlib.losses.unit import cosines, unit


def test_equals_torch_normalize():
    x = torch.randn(20, 7).requires_grad_()
    upstream = torch.randn(20, 7)
    ours, theirs = unit(x), F.normalize(x)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(torch.autograd.grad(ours, x, upstream), torch.autograd.grad(theirs, x, upstream))


def test_zero_row_and_half_precision():
    assert unit(torch.zeros(2, 3)).tolist() == [[0, 0, 0]] * 2
    x = torch.randn(4, 3).bfloat16().requires_grad_()
    (gradient,) = torch.autograd.grad(unit(x).sum(), x)
    assert unit(x).dtype == torch.float32 and gradient.dtype == torch.bfloat16


def test_cosines_stay_fp32_under_autocast():
    x, p = torch.randn(4, 8), torch.randn(5, 8)
    with torch.autocast("cpu", torch.bfloat16):
        found = cosines(x, p)
    torch.testing.assert_close(found, F.cosine_similarity(x[:, None], p[None], dim=2))
