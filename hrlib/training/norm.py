"""Batch normalisation over the rows of several processes, on the CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hrlib.processes import count, gathered


class JoinedBatchNorm(nn.SyncBatchNorm):
    """torch's SyncBatchNorm where it is not made for: it refuses tensors that are not on a GPU.

    The mean and the variance of the joined batch, from those of each process's rows (Chan et al., Updating Formulae and a Pairwise Algorithm for
    Computing Sample Variances, 1979): n = sum n_r, mean = sum n_r mean_r / n, variance = sum n_r (variance_r + (mean_r - mean)^2) / n. One
    message forward and one backward.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        others = [axis for axis in range(x.ndim) if axis != 1]
        variance, mean = torch.var_mean(x.float(), others, correction=0)
        places = torch.full_like(mean, x.numel() // x.shape[1], dtype=torch.float64)
        told = gathered(torch.stack([places, mean, variance])[None], [1] * count())
        places, means, variances = told.unbind(1)  # (processes, C), in float64: the places are counts
        n = places.sum(0)
        mean = (places * means).sum(0) / n
        variance = (places * (variances + (means - mean) ** 2)).sum(0) / n
        if self.track_running_stats:
            self._follow(mean.detach(), variance.detach() * n / (n - 1))
        mean, scale = mean.to(x.dtype), (variance + self.eps).rsqrt().to(x.dtype)
        shift = -mean * scale
        if self.affine:
            scale, shift = scale * self.weight, shift * self.weight + self.bias
        return torch.addcmul(shift.view(self._shape(x)), x, scale.view(self._shape(x)))

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), share)
        self.running_var.lerp_(variance.to(self.running_var), share)

    @staticmethod
    def _shape(x: Tensor) -> list[int]:
        return [-1 if axis == 1 else 1 for axis in range(x.ndim)]
