"""Augmentation of whole batches: kornia on the model's device, and photos degraded as users send them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hrlib.degradation import degrade_randomly
from hrlib.errors import HrlibError
from hrlib.training.embed import to_batch

NAMES = ("standard", "captioned", "degraded", "flip", "none")


def augmentation(name: str) -> nn.Module:
    """A module on float batches (B, 3, H, W) in 0..1.

    "standard": mirrored half of the time, turned by up to 8 degrees, moved by up to 8% and scaled by up to 15%, brightness and
    contrast changed by up to 20%. "captioned", for photos with texts, after which what a text says is still true: not mirrored, as a text
    may name sides ("on the left") and lettering is read, and brightness and contrast changed by up to 10% only, as it may say "dark" or
    "light"; turned, moved and scaled as in "standard". "degraded": the same, and then the network sees half of the photos `degraded`. "flip": only mirrored.
    "none": nothing. The hue is never changed: in a shop it tells products apart.
    """
    import kornia.augmentation as K

    if name not in NAMES:
        raise HrlibError(f"augment is {name!r}: expected one of {', '.join(NAMES)}")
    flip = [K.RandomHorizontalFlip(p=0.5)]
    affine = K.RandomAffine(8.0, translate=(0.08, 0.08), scale=(0.85, 1.15), padding_mode="border", p=0.8)
    standard = [*flip, affine, K.ColorJiggle(0.2, 0.2, p=0.8)]
    captioned = [affine, K.ColorJiggle(0.1, 0.1, p=0.8)]
    made = {"standard": standard, "captioned": captioned, "degraded": standard, "flip": flip, "none": []}
    return nn.Sequential(*made[name])


def degraded(images: Tensor, seed: Sequence[int]) -> Tensor:
    """A batch (B, 3, H, W) in 0..1, rounded to 8 bits, in which half of the photos are degraded (`hrlib.degradation.degrade_randomly`)."""
    pixels = images.mul(255).round_().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return to_batch(degrade_randomly(pixels, seed), images.device)
