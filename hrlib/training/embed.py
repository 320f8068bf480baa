"""One unit vector for every item of a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from hrlib import processes, progress
from hrlib.errors import HrlibError
from hrlib.files import mark, sync
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
    out: str | Path | None = None,
) -> np.ndarray:
    """Embeddings (N, D) float32 of unit length, in the order of the catalogue's items.

    The model is used in evaluation mode, on the device where it is, and left in the mode it was in.

    Where `fit` has joined several processes, each embeds its part, and all get the whole: all must call it.

    Args:
        precision: "auto" takes bf16 where the device is quicker with it (`bf16_pays`), else float32; or "bf16", "float32".
        photos: called as photos(pixels (B, H, W, 3) uint8, rows (B,)) with each batch and its rows of the catalogue; what it gives is
            embedded instead, such as the photos degraded. None: they are embedded as they are.
        out: a .npy file that the embeddings are written to, each process its rows (all must see the folder); what is returned is then a memory map of
            it. For more than fits into memory: without it every process holds all of them.
    """
    _check(precision)
    few = len(catalogue) < processes.count()  # then each embeds all
    rows = np.arange(len(catalogue))[slice(None) if few else processes.part(len(catalogue))]

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for start in progress.bar(range(0, len(rows), batch_size), desc="embed", unit="batch", leave=False):
            some = rows[start : start + batch_size]
            pixels = catalogue.images[some]
            yield some, embed_photos(model, pixels if photos is None else photos(pixels, some), precision)

    if out is not None:
        return _written(Path(out), len(catalogue), batches())
    own = np.concatenate([found for _, found in batches()])
    return own if few else processes.array(own, processes.shares(len(catalogue)))


def _written(out: Path, items: int, batches: Iterator[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Write the batches to their rows of one file, aside until all is there: no message holds an embedding, no process more than a batch."""
    aside = out.with_name(processes.of_first(lambda: f".{out.name}.{mark()}"))
    first = processes.rank() == 0
    try:
        rows, found = next(batches)
        if first:
            out.parent.mkdir(parents=True, exist_ok=True)
            np.lib.format.open_memmap(aside, "w+", found.dtype, (items, *found.shape[1:])).flush()
        processes.wait()
        array = np.lib.format.open_memmap(aside, "r+")
        array[rows] = found
        for rows, found in batches:
            array[rows] = found
        array.flush()
        processes.wait()
        if first:
            sync(aside)
            aside.replace(out)
            sync(out.parent)
        processes.wait()
    finally:
        if first:
            aside.unlink(missing_ok=True)
    return np.load(out, mmap_mode="r")


def _check(precision: str) -> None:
    if precision not in ("auto", "bf16", "float32"):
        raise HrlibError(f"precision is {precision!r}: expected auto, bf16 or float32")
