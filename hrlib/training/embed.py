"""One unit vector for every item of a catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from hrlib import progress
from hrlib.errors import HrlibError
from hrlib.precision import bf16_pays

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue


def to_batch(pixels: np.ndarray, device: torch.device | str = "cpu") -> Tensor:
    """Photos (B, H, W, 3) uint8 as a float batch (B, 3, H, W) in 0..1, in channels-last order (no copy is made for that)."""
    return torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float().div_(255)


@torch.inference_mode()
def embed_photos(model: nn.Module, photos: np.ndarray, precision: str = "auto") -> np.ndarray:
    """The embeddings (B, D) float32 of one batch of photos (B, H, W, 3) uint8, as `embed` gives them."""
    _check(precision)
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    bf16 = precision == "bf16" or (precision == "auto" and bf16_pays(device))
    training = model.training
    model.eval()
    try:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            return model(to_batch(photos, device)).float().cpu().numpy()
    finally:
        model.train(training)


def embed(
    model: nn.Module,
    catalogue: Catalogue,
    *,
    batch_size: int = 256,
    precision: str = "auto",
    photos: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Embeddings (N, D) float32 of unit length, in the order of the catalogue's items.

    The model is used in evaluation mode, on the device where it is, and left in the mode it was in.

    Args:
        precision: "auto" takes bf16 where the device is quicker with it (`bf16_pays`), else float32; or "bf16", "float32".
        photos: called as photos(pixels (B, H, W, 3) uint8, rows (B,)) with each batch and its rows of the catalogue; what it gives is
            embedded instead, such as the photos degraded. None: they are embedded as they are.
    """
    _check(precision)
    parts = []
    for start in progress.bar(range(0, len(catalogue), batch_size), desc="embed", unit="batch", leave=False):
        rows = np.arange(start, min(start + batch_size, len(catalogue)))
        pixels = catalogue.images[rows]
        parts.append(embed_photos(model, pixels if photos is None else photos(pixels, rows), precision))
    return np.concatenate(parts)


def _check(precision: str) -> None:
    if precision not in ("auto", "bf16", "float32"):
        raise HrlibError(f"precision is {precision!r}: expected auto, bf16 or float32")
