"""Optimal transport with an entropy: which code each sample is taken to, when all codes must take as much."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from hrlib.errors import HrlibError


@torch.no_grad()
def sinkhorn(scores: Tensor, eps: float = 0.05, iterations: int = 3) -> Tensor:
    """The plan T (N, K) that takes N samples to K codes at the greatest sum of T (scores + eps entropy), without gradient.

    Cuturi, NIPS 2013, arXiv 1306.0895: the rows and the columns of exp(scores / eps) are scaled in turn until each row sums to 1 / N and each column
    to 1 / K. It ends on the rows, so that N T is a distribution over the codes for each sample, exactly; the columns' sums come near with the
    iterations. As logarithms throughout: exp(scores / eps) overflows float32 where scores / eps is above 88, and a column that underflowed
    would be divided by 0. eps = .05 and 3 iterations are SwAV's (Caron et al., NeurIPS 2020, arXiv 2006.09882, from memory).

    Args:
        scores: (N, K), cosines of samples and codes. The cost 1 - cosine has the same plan: a constant is scaled away.
        eps: weight of the entropy, above 0, in units of the scores; the smaller, the nearer to one code a sample, and the slower to converge.
        iterations: of both scalings, 1 or more.

    Raises:
        HrlibError: scores without a sample or a code, or settings beyond these.
    """
    if scores.ndim != 2 or not scores.numel():
        raise HrlibError(f"scores are {tuple(scores.shape)}: expected (N, K), of one sample and one code or more")
    check_transport(eps, iterations)
    log_plan = scores.to(torch.promote_types(scores.dtype, torch.float32)) / eps
    samples, codes = scores.shape
    for _ in range(iterations):
        log_plan -= log_plan.logsumexp(0, keepdim=True) + math.log(codes)
        log_plan -= log_plan.logsumexp(1, keepdim=True) + math.log(samples)
    return log_plan.exp_()


def check_transport(eps: float, iterations: int) -> None:
    """Refuse settings that `sinkhorn` cannot use."""
    if not 0 < eps < math.inf or isinstance(iterations, bool) or not isinstance(iterations, int) or iterations < 1:
        raise HrlibError(
            f"eps={eps!r}, iterations={iterations!r}: expected a finite number above 0, and 1 iteration or more"
        )
