"""Unit vectors: normalisation with a lean backward pass, and cosine similarities."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


class _Unit(torch.autograd.Function):
    """x / |x| by rows. Its gradient is (g - u (u.g)) / |x|: two passes over the matrix where autograd's own chain takes eight.

    With 11,318 proxies of 512 dimensions those passes cost more than the loss itself (`benchmarks/losses.py`).
    """

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        inverse = torch.linalg.vector_norm(x, dim=1, keepdim=True).clamp_min_(1e-12).reciprocal_()
        u = x * inverse
        ctx.save_for_backward(u, inverse)
        return u

    @staticmethod
    def backward(ctx, g: Tensor) -> Tensor:
        u, inverse = ctx.saved_tensors
        return torch.addcmul(g, u, torch.linalg.vecdot(u, g).unsqueeze_(1), value=-1).mul_(inverse)


def unit(x: Tensor) -> Tensor:
    """Rows of x (N, D) scaled to length 1, in fp32; a row of zeros stays zero."""
    return _Unit.apply(x.float())


def cosines(embeddings: Tensor, proxies: Tensor) -> Tensor:
    """Cosine similarity of every embedding (B, D) with every proxy (C, D): (B, C) in fp32, also under autocast."""
    with torch.autocast(embeddings.device.type, enabled=False):
        return F.linear(unit(embeddings), unit(proxies))
