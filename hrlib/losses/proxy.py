"""Proxy losses: pure functions of (embeddings, labels, proxies).

Shapes everywhere: `embeddings` (B, D), `labels` (B,) int64 in 0..C-1, `proxies` (C, D); the result is a scalar. Embeddings and
proxies need not be normalised: every loss here sees only the cosines s = x.p / |x||p| (for unit vectors d^2 = 2 - 2s).
The arithmetic is fp32 whatever the inputs are, because a cosine in bf16 has three digits and the losses multiply it by 32.
Each costs O(B x C) with one exponential of the matrix: the maximum is subtracted first, so that nothing overflows.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from hrlib.errors import HrlibError
from hrlib.losses.unit import cosines

BaseLoss = Callable[..., Tensor]


def _log_sum_exp(logits: Tensor, dim: int, floor: float = -torch.inf) -> Tensor:
    """log(e^floor + sum e^logits) along `dim`; `floor=0` is the log(1 + ...) of Proxy-Anchor.

    torch.logsumexp takes a second exponential in its backward pass; here the first one is kept. Consumes `logits`.
    """
    top = logits.detach().amax(dim, keepdim=True).clamp_(min=max(floor, torch.finfo(logits.dtype).min))
    total = logits.sub_(top).exp_().sum(dim, keepdim=True)
    if floor > -torch.inf:
        total = total + (floor - top).exp()
    return (top + total.log()).squeeze(dim)


def proxy_anchor(
    embeddings: Tensor, labels: Tensor, proxies: Tensor, *, margin: float = 0.1, alpha: float = 32.0
) -> Tensor:
    """Proxy-Anchor (Kim et al., CVPR 2020, equation 4).

    1/|P+| sum_{p in P+} log(1 + sum_{x in X_p+} e^{-alpha (s - margin)}) + 1/|P| sum_p log(1 + sum_{x in X_p-} e^{alpha (s + margin)}),
    where P+ are the proxies with a positive in the batch.
    """
    _check(embeddings, labels, proxies)
    s = cosines(embeddings, proxies)
    own = labels[:, None]
    positive = (margin - s.gather(1, own).squeeze(1)) * alpha
    # rows = the classes in the batch, columns = its samples: small (at most B x B), whatever the number of proxies
    present, member = labels.unique(return_inverse=True)
    table = positive.new_full((len(present), len(labels)), -torch.inf)
    table = table.scatter(0, member[None], positive[None])
    negative = (s * alpha).add_(alpha * margin).scatter_(1, own, -torch.inf)
    return _log_sum_exp(table, 1, floor=0.0).mean() + _log_sum_exp(negative, 0, floor=0.0).mean()


def proxy_nca(embeddings: Tensor, labels: Tensor, proxies: Tensor, *, temperature: float = 1 / 9) -> Tensor:
    """Proxy-NCA (Movshovitz-Attias et al., ICCV 2017): the positive is left out of the denominator.

    mean of -log( e^{-d2(x, p_y) / T} / sum_{z != y} e^{-d2(x, p_z) / T} ). The default T is that of Proxy-NCA++, which equals the
    scale 3 that the common implementations give to embeddings and proxies; T = 1 is the formula as printed.
    """
    _check(embeddings, labels, proxies, classes=2)
    s, own = cosines(embeddings, proxies), labels[:, None]
    scale = 2 / temperature  # -d2/T = 2s/T - 2/T, and the constant cancels
    negative = (s * scale).scatter_(1, own, -torch.inf)
    return (_log_sum_exp(negative, 1) - scale * s.gather(1, own).squeeze(1)).mean()


def proxy_nca_pp(embeddings: Tensor, labels: Tensor, proxies: Tensor, *, temperature: float = 1 / 9) -> Tensor:
    """Proxy-NCA++ (Teh et al., ECCV 2020): a softmax over all proxies with logits -d2 / T.

    pytorch-metric-learning's `ProxyNCALoss` with `softmax_scale=1/T` is the same, except that it drops samples whose softmax
    underflows; in log space none does.
    """
    _check(embeddings, labels, proxies)
    s, scale = cosines(embeddings, proxies), 2 / temperature
    return (_log_sum_exp(s * scale, 1) - scale * s.gather(1, labels[:, None]).squeeze(1)).mean()


BASES: dict[str, BaseLoss] = {"proxy-anchor": proxy_anchor, "proxy-nca": proxy_nca, "proxy-nca++": proxy_nca_pp}


def _check(embeddings: Tensor, labels: Tensor, proxies: Tensor, classes: int = 1) -> None:
    """Refuse what a proxy loss cannot use."""
    if embeddings.ndim != 2 or proxies.ndim != 2 or embeddings.shape[1] != proxies.shape[1]:
        raise HrlibError(
            f"embeddings {tuple(embeddings.shape)} and proxies {tuple(proxies.shape)} do not fit: "
            "expected (B, D) and (C, D) with the same D"
        )
    if len(proxies) < classes:
        raise HrlibError(
            f"{len(proxies)} class at this level: Proxy-NCA compares with the other classes and needs at least {classes}; "
            "use proxy-nca++ or proxy-anchor, or leave the level out"
        )
    check_labels(labels, len(embeddings), len(proxies))


def check_labels(labels: Tensor, batch: int, classes: int) -> None:
    """Refuse an empty batch, and labels that are not (batch,) int64 in 0..classes-1. On a GPU the range is not read: that would stall the device."""
    if batch == 0:
        raise HrlibError("the batch is empty: a loss needs at least one embedding")
    if labels.shape != (batch,) or labels.dtype != torch.int64:
        raise HrlibError(
            f"labels are {tuple(labels.shape)} {labels.dtype}: expected int64 of shape ({batch},), the finest class of each"
        )
    if labels.device.type == "cpu":
        low, high = (int(bound) for bound in labels.aminmax())
        if low < 0 or high >= classes:
            raise HrlibError(f"labels run from {low} to {high}: expected 0 to {classes - 1}, a proxy a class")


def check_batch(embeddings: Tensor, labels: Tensor, classes: int, dim: int) -> None:
    """Refuse embeddings that are not (B, dim), and labels that do not fit them."""
    if embeddings.ndim != 2 or embeddings.shape[1] != dim:
        raise HrlibError(
            f"embeddings are {tuple(embeddings.shape)}: expected (B, {dim}), the dim that the loss was made with"
        )
    check_labels(labels, len(embeddings), classes)
