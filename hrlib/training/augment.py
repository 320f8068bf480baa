"""Augmentation of whole batches on the model's device (kornia)."""

from __future__ import annotations

from torch import nn

from hrlib.errors import HrlibError

NAMES = ("standard", "flip", "none")


def augmentation(name: str) -> nn.Module:
    """A module on float batches (B, 3, H, W) in 0..1.

    "standard": mirrored half of the time, turned by up to 8 degrees, moved by up to 8% and scaled by up to 15%, brightness and
    contrast changed by up to 20%. "flip": only mirrored. "none": nothing. The hue is never changed: in a shop it tells products apart.
    """
    import kornia.augmentation as K

    if name not in NAMES:
        raise HrlibError(f"augment is {name!r}: expected one of {', '.join(NAMES)}")
    flip = [K.RandomHorizontalFlip(p=0.5)]
    standard = [
        *flip,
        K.RandomAffine(8.0, translate=(0.08, 0.08), scale=(0.85, 1.15), padding_mode="border", p=0.8),
        K.ColorJiggle(0.2, 0.2, p=0.8),
    ]
    return nn.Sequential(*{"standard": standard, "flip": flip, "none": []}[name])
