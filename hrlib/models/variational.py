"""A variational autoencoder around an image encoder: the same trunk, a Gaussian bottleneck and a small decoder."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.models.encoder import unit_parts

NEEDED = ("features", "head", "dim", "parts")


class VariationalAutoencoder(nn.Module):
    """An encoder whose features are also the mean and log-variance of a Gaussian q(z | photo), of which a decoder gives the photo back.

    In training mode photos (B, 3, H, W) in 0..1 become a dictionary for losses such as `ReconstructionLoss`:

    * embeddings (B, dim): unit vectors, as the encoder alone would give them, without noise;
    * mean, log_variance (B, latent): of q, which is diagonal; the mean is not of unit length;
    * reconstruction (B, 3, height, width) in 0..1: decoded from a sample mean + exp(log_variance / 2) * noise (the reparametrisation of Kingma
      and Welling, ICLR 2014, arXiv 1312.6114), the noise from torch's generator.

    In evaluation mode they become the embeddings alone, the same for the same photo, so that the model serves wherever an encoder does.

    Which embedding and bottleneck share is chosen here (Nadkarni, Dasararaju, 2022, arXiv 2210.04560, do not say):

    * latent=None: the bottleneck is the embedding. The mean is what the encoder's head gives before it is scaled to unit length; of an encoder with
      several `parts` it is the last part, so that in a MultiTaskLoss with separate=True the reconstruction, listed last, has a part of its own.
    * latent=n: the bottleneck lies beside the embedding: mean and log-variance have a linear layer each behind the trunk.

    Args:
        encoder: of `image_encoder`, small or pretrained.
        image_size: height and width of the reconstruction: those of the photos that it is trained on, `catalogue.images.size`.
        latent: dimensions of z; None: those of the embedding or of its last part.
        widths: channels of the decoder's maps at an eighth, a quarter and half of the size.
        seed: of the new weights; None draws them from torch's global generator.

    Raises:
        HrlibError: an encoder without features, a size that is not two numbers of at least 1, latent below 1.
    """

    def __init__(
        self,
        encoder: nn.Module,
        image_size: tuple[int, int] = (64, 48),
        latent: int | None = None,
        *,
        widths: tuple[int, int, int] = (64, 32, 16),
        seed: int | None = None,
    ):
        super().__init__()
        if lacking := [name for name in NEEDED if not hasattr(encoder, name)]:
            raise HrlibError(
                f"a {type(encoder).__name__} has no {', '.join(lacking)}: expected an encoder of hr.models.image_encoder"
            )
        if latent is not None and latent < 1:
            raise HrlibError(f"latent is {latent}: expected at least 1, or None for the embedding as the bottleneck")
        self.encoder, self.dim, self.parts = encoder, encoder.dim, encoder.parts
        self.latent = encoder.dim // encoder.parts if latent is None else latent
        features = getattr(encoder.head, "in_features", encoder.dim)  # a head that is no layer changes nothing
        with torch.random.fork_rng(enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            self.mean = None if latent is None else nn.Linear(features, latent)
            self.log_variance = nn.Linear(features, self.latent)
            self.decoder = Decoder(self.latent, image_size, widths)
        # q starts with the prior's variance, whatever the size of a pretrained network's features
        nn.init.zeros_(self.log_variance.weight)
        nn.init.zeros_(self.log_variance.bias)

    def forward(self, images: Tensor) -> Tensor | dict[str, Tensor]:
        if not self.training:
            return self.encoder(images)
        features = self.encoder.features(images)
        raw = self.encoder.head(features)
        mean, log_variance = self._gaussian(features, raw)
        sample = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        return {
            "embeddings": unit_parts(raw, self.parts),
            "mean": mean,
            "log_variance": log_variance,
            "reconstruction": self.decode(sample),
        }

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z | photo), (B, latent) each in fp32, of photos (B, 3, H, W) in 0..1."""
        features = self.encoder.features(images)
        return self._gaussian(features, self.encoder.head(features))

    def decode(self, z: Tensor) -> Tensor:
        """Photos (B, 3, height, width) in 0..1, in fp32, from z (B, latent)."""
        return self.decoder(z)

    def reconstruct(self, images: Tensor) -> Tensor:
        """What is decoded from the mean of q(z | photo), without noise: (B, 3, height, width) in 0..1. Like `posterior` and `decode` it runs in
        the mode that the model is in: call `eval()` first."""
        return self.decode(self.posterior(images)[0])

    def _gaussian(self, features: Tensor, raw: Tensor) -> tuple[Tensor, Tensor]:
        mean = raw[:, -self.latent :] if self.mean is None else self.mean(features)
        return mean.float(), self.log_variance(features).float()


class Decoder(nn.Module):
    """z (B, latent) to photos (B, 3, height, width) in 0..1, of any size.

    A linear layer makes a map of an eighth of the size; three times it is enlarged (nearest neighbour) and then convolved. Transposed
    convolutions would leave a checkerboard (Odena et al., Distill 2016, doi 10.23915/distill.00003).
    """

    def __init__(self, latent: int, image_size: tuple[int, int], widths: tuple[int, int, int] = (64, 32, 16)):
        super().__init__()
        height, width = _checked(image_size)
        self.sizes = [(-(-height // share), -(-width // share)) for share in (8, 4, 2, 1)]
        self.shape = (*self.sizes[0], widths[0])
        first, second, third = widths
        self.start = nn.Linear(latent, self.shape[0] * self.shape[1] * first)
        self.stages = nn.ModuleList(
            [_stage(first, second), _stage(second, third), nn.Conv2d(third, 3, kernel_size=3, padding=1)]
        )

    def forward(self, z: Tensor) -> Tensor:
        # channels last, as the convolutions like it, without a copy
        maps = F.relu(self.start(z)).unflatten(1, self.shape).permute(0, 3, 1, 2)
        for size, stage in zip(self.sizes[1:], self.stages, strict=True):
            maps = stage(F.interpolate(maps, size))
        return maps.float().sigmoid()


def _stage(before: int, after: int) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


def _checked(size: tuple[int, int]) -> tuple[int, int]:
    whole = isinstance(size, tuple | list) and len(size) == 2 and all(isinstance(side, int) for side in size)
    if not whole or min(size) < 1:
        raise HrlibError(
            f"image_size is {size!r}: expected height and width of the photos, such as (64, 48) or catalogue.images.size"
        )
    return size[0], size[1]
