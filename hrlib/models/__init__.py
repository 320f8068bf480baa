"""Models: photos to unit vectors. They know nothing of losses."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from hrlib.errors import HrlibError
from hrlib.models.encoder import SmallEncoder
from hrlib.models.pretrained import PretrainedEncoder, load
from hrlib.models.variational import VariationalAutoencoder
from hrlib.settings import nearest

ENCODERS = {"small": SmallEncoder}

__all__ = ["ENCODERS", "PretrainedEncoder", "SmallEncoder", "VariationalAutoencoder", "image_encoder"]


def image_encoder(
    name: str | os.PathLike[str] = "small",
    dim: int | None = 64,
    *,
    frozen: bool = False,
    image_size: int | None = None,
    parts: int = 1,
    seed: int | None = None,
) -> torch.nn.Module:
    """An image encoder by name: photos (B, 3, H, W) in 0..1 to unit vectors (B, dim).

    Args:
        name: "small", four convolutional stages to be trained from nothing; or a pretrained network: a model on the Hugging Face hub, such as
            "facebook/dinov2-small" or "microsoft/resnet-50", or a local folder with one (needs `pip install "hrlib[pretrained]"`).
        dim: dimensions of the embedding; None, for a pretrained network: its features as they are, without a linear layer behind them.
        frozen: a pretrained network is left as it is, and only the linear layer learns. Otherwise all of it learns: it then wants a much
            lower `lr` in `fit` than a network that starts from nothing, such as 1e-5 to 1e-4.
        image_size: height and width that photos are resized to for a pretrained network, instead of its own: smaller is quicker.
        parts: of equal length that the embedding is made of, for losses that have one each (`MultiTaskLoss(separate=True)`).
        seed: of the initial weights; None draws them from torch's global generator.

    Raises:
        HrlibError: an unknown name, or a pretrained network that is not there; it says how to get it.
    """
    name = os.fspath(name)
    pretrained = name not in ENCODERS and ("/" in name or Path(name).is_dir())
    if not pretrained and name not in ENCODERS:
        known = nearest(name, ENCODERS)
        raise HrlibError(
            f"no image encoder is called {name!r}; {known}, or a model on the hub (owner/name), or a folder"
        )
    if not pretrained and (dim is None or frozen or image_size is not None):
        raise HrlibError(f"{name!r} starts from nothing: it needs a dim, and cannot be frozen or given an image_size")
    with torch.random.fork_rng(enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        if pretrained:
            return load(name, dim, frozen=frozen, image_size=image_size, parts=parts)
        return ENCODERS[name](dim, parts)
