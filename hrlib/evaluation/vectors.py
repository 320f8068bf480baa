"""Embeddings as they are taken: finite unit vectors in float32, numpy or torch, of one dimension."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from hrlib.errors import HrlibError

Embeddings: TypeAlias = np.ndarray | Tensor
UNIT_TOLERANCE = (
    1e-3  # of a norm in float32 and float64; ten times that in 16 bits, whose rounding alone can move a norm by 4e-3
)


def unit_vectors(embeddings: Embeddings, name: str = "embeddings", device: torch.device | str | None = None) -> Tensor:
    """`embeddings` (N, D), numpy or torch, any float type, as a float32 tensor: checked to be finite unit vectors.

    They are checked, not normalised: norms within `UNIT_TOLERANCE` of 1 are used as they are.

    Args:
        name: what the errors call them.
        device: where to; None leaves a tensor where it is, an array on the processor.

    Raises:
        HrlibError: not two-dimensional floats, empty, or rows that are not finite or not of unit length; the first rows
            are named.
    """
    x = embeddings.detach() if isinstance(embeddings, Tensor) else np.asarray(embeddings)
    floating = x.is_floating_point() if isinstance(x, Tensor) else np.issubdtype(x.dtype, np.floating)
    if x.ndim != 2 or not floating or 0 in x.shape:
        raise HrlibError(f"{name}: got shape {tuple(x.shape)} of {x.dtype}, expected (N, D) floats, N and D at least 1")
    tolerance = UNIT_TOLERANCE * (10 if x.dtype.itemsize == 2 else 1)
    x = x if isinstance(x, Tensor) else torch.from_numpy(np.require(x, np.float32, ["C", "W"]))
    x = x.to(device=device, dtype=torch.float32).contiguous()
    if len(bad := (~x.isfinite().all(dim=1)).nonzero().flatten()):
        raise HrlibError(
            f"{name}: {len(bad)} of {len(x)} rows hold NaN or infinity (row {_first(bad)}): expected finite unit "
            "vectors; look for a diverged training run, or an overflow in float16"
        )
    norms = torch.linalg.vector_norm(x, dim=1)
    if len(bad := ((norms - 1).abs() > tolerance).nonzero().flatten()):
        raise HrlibError(
            f"{name}: {len(bad)} of {len(x)} rows are not of unit length (row {_first(bad)}; the norm of row "
            f"{int(bad[0])} is {float(norms[bad[0]]):.4g}): expected norms within {tolerance:g} of 1; divide each row "
            "by its norm, e.g. torch.nn.functional.normalize(embeddings, dim=1)"
        )
    return x


def same_dimensions(queries: Tensor, gallery: Tensor) -> Tensor:
    """The gallery, if its vectors have as many dimensions as the queries'; else an HrlibError."""
    if gallery.shape[1] != queries.shape[1]:
        raise HrlibError(
            f"the gallery has {gallery.shape[1]} dimensions and the queries {queries.shape[1]}: expected the same; "
            "embed both with one model"
        )
    return gallery


def repeated_rows(x: Tensor) -> tuple[Tensor, Tensor]:
    """The rows of x (N, D) that equal an earlier one, and the first row that each of them equals: (M,) int64 both."""
    array, rng = x.cpu().numpy(), np.random.default_rng(0)
    # einsum adds each row up in the same order; a matrix product need not
    sums = [np.einsum("nd,d->n", array, rng.standard_normal(x.shape[1]).astype(np.float32)) for _ in range(2)]
    _, first, group = np.unique(np.stack(sums, axis=1).view(np.int64), return_index=True, return_inverse=True)
    first = first[group.reshape(-1)]
    rows = np.flatnonzero(first != np.arange(len(x)))
    rows = rows[(array[rows] == array[first[rows]]).all(axis=1)]
    return torch.from_numpy(rows).to(x.device), torch.from_numpy(first[rows]).to(x.device)


def _first(rows: Tensor, n: int = 5) -> str:
    return ", ".join(map(str, rows[:n].tolist())) + (", ..." if len(rows) > n else "")
