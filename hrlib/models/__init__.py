"""Models: photos to unit vectors. They know nothing of losses."""

from __future__ import annotations

import torch

from hrlib.errors import HrlibError
from hrlib.models.encoder import SmallEncoder
from hrlib.settings import nearest

ENCODERS = {"small": SmallEncoder}

__all__ = ["ENCODERS", "SmallEncoder", "image_encoder"]


def image_encoder(name: str = "small", dim: int = 64, *, seed: int | None = None) -> torch.nn.Module:
    """An image encoder by name: photos (B, 3, H, W) in 0..1 to unit vectors (B, dim).

    Args:
        name: "small", four convolutional stages to be trained from nothing.
        dim: dimensions of the embedding.
        seed: of the initial weights; None draws them from torch's global generator.
    """
    if name not in ENCODERS:
        raise HrlibError(f"no image encoder is called {name!r}; {nearest(name, ENCODERS)}")
    with torch.random.fork_rng(enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        return ENCODERS[name](dim)
