"""Batch normalisation over the rows of several processes, on the CPU."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from hrlib.processes import count, gathered


class JoinedBatchNorm(_BatchNorm):
    """What torch's SyncBatchNorm is on a GPU; that one refuses the CPU.

    The mean and the variance of the joined batch, from those of each process's rows (Chan et al., Updating Formulae and a Pairwise Algorithm for
    Computing Sample Variances, 1979): n = sum n_r, mean = sum n_r mean_r / n, variance = sum n_r (variance_r + (mean_r - mean)^2) / n. One
    message forward and one backward.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        others, wide = [axis for axis in range(x.ndim) if axis != 1], x.to(torch.promote_types(x.dtype, torch.float32))
        variance, mean = torch.var_mean(wide, others, correction=0)
        places = torch.full_like(mean, x.numel() // x.shape[1], dtype=torch.float64)
        told = gathered(torch.stack([places, mean, variance])[None], [1] * count())
        places, means, variances = told.unbind(1)  # (processes, C), in float64: the places are counts
        places = places.detach()
        n = places.sum(0)
        mean = (places * means).sum(0) / n
        variance = (places * (variances + (means - mean) ** 2)).sum(0) / n
        if self.track_running_stats:
            self._follow(mean.detach(), variance.detach() * n / (n - 1))
        mean, scale = mean.to(wide), (variance + self.eps).rsqrt().to(wide)
        shift = -mean * scale
        if self.affine:
            scale, shift = scale * self.weight, shift * self.weight + self.bias
        return torch.addcmul(shift.view(self._shape(x)), wide, scale.view(self._shape(x))).to(x.dtype)

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), share)
        self.running_var.lerp_(variance.to(self.running_var), share)

    def _check_input_dim(self, x: Tensor) -> None:
        """Any number of dimensions: it was checked where the layer was made."""

    @staticmethod
    def _shape(x: Tensor) -> list[int]:
        return [-1 if axis == 1 else 1 for axis in range(x.ndim)]
