"""The loss of a variational autoencoder: what a photo has lost on its way through the bottleneck, and what the bottleneck carries."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hrlib.errors import HrlibError

SIGMA = (
    0.1  # of the Gaussian around a colour value in 0..1; another one is another beta, and another weight of the whole
)
ACTIVE = 0.01  # the least variance of an active dimension's mean (Burda et al., ICLR 2016, arXiv 1509.00519)


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of each number, in nats: (mean^2 + variance - 1 - log variance) / 2.

    Kingma and Welling, ICLR 2014, arXiv 1312.6114, appendix B.
    """
    # expm1: near the prior, variance - 1 would keep no digit
    return (mean.square() + torch.expm1(log_variance) - log_variance) / 2


class ReconstructionLoss(nn.Module):
    """[ sum over colour values of (x - x')^2 / (2 sigma^2) + beta * ramp * KL(q || N(0, I)) ] / number of colour values, mean over the batch.

    The evidence lower bound, negative and without its constant, of a Gaussian around each of a photo's 3HW colour values, with sigma = 0.1, in
    nats a colour value: then it does not grow with the size of the photos, and is of the order of 1 as the other losses of a weighted
    sum are (0.5 where the colours are off by 0.1 of the range in 0..1). beta = 1 is the bound itself; a larger beta asks for fewer and more
    independent dimensions (Higgins et al., ICLR 2017). ramp rises linearly from 0 to 1 over the first `warmup` of the run, so that the
    decoder learns to use z before z costs anything (Bowman et al., CoNLL 2016, arXiv 1511.06349). sigma, the unit, the line
    of the ramp and the defaults are chosen here.

    Args:
        beta: weight of the KL, 0 or more; 0 is an autoencoder with noise that it may shrink.
        warmup: the share of the run in which the KL's weight rises, 0 (none) to 1.

    Raises:
        HrlibError: settings beyond these; a reconstruction of another shape than the photos.
    """

    inputs = ("reconstruction", "images", "mean", "log_variance", "progress")

    def __init__(self, beta: float = 1.0, warmup: float = 0.3):
        super().__init__()
        if not 0 <= beta < float("inf") or not 0 <= warmup <= 1:
            raise HrlibError(
                f"beta={beta}, warmup={warmup}: expected a beta of 0 or more, and a share of the run from 0 to 1"
            )
        self.beta, self.warmup = float(beta), float(warmup)
        self.register_buffer("sums", torch.zeros(3, dtype=torch.float64))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(
        self, reconstruction: Tensor, images: Tensor, mean: Tensor, log_variance: Tensor, progress: Tensor
    ) -> Tensor:
        """A scalar, from photos and what became of them (B, 3, H, W), q's parameters (B, D), and the share of the run that is done."""
        if reconstruction.shape != images.shape:
            raise HrlibError(
                f"reconstructions {tuple(reconstruction.shape)} of photos {tuple(images.shape)}: expected the same shape; "
                f"give the autoencoder image_size={tuple(images.shape[2:])}"
            )
        squares = (reconstruction.float() - images.float()).square().mean()
        kl = kl_to_normal(mean.float(), log_variance.float()).sum(1).mean()
        if self.training:
            active = (mean.detach().float().var(0, correction=0) > ACTIVE).sum()
            self.sums += torch.stack([squares.detach(), kl.detach(), active])
            self.calls += 1
        return squares / (2 * SIGMA**2) + self.beta * self.ramp(progress) * kl / images[0].numel()

    def ramp(self, progress: Tensor) -> Tensor:
        """The share of beta that counts when this share of the run is done."""
        return (progress / self.warmup).clamp(max=1) if self.warmup else torch.ones_like(progress)

    def report(self) -> dict[str, float]:
        """Means over the batches since the last report: the squared error of a colour value in 0..1, the KL of a photo in nats, and of how many
        dimensions q's mean varies by more than 0.01 within a batch (`posterior_table` asks all items)."""
        squares, kl, active = (self.sums / self.calls.clamp(min=1)).tolist()
        self.sums.zero_()
        self.calls.zero_()
        return {"squared_error": squares, "kl": kl, "active_dimensions": active}
