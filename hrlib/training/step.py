"""What `fit` gathers for a step beside the photos: the batch as it was drawn, and the targets' rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from hrlib.errors import HrlibError


def taken(batch: np.ndarray | Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A batch as a dictionary; some who draw batches give the rows alone."""
    return dict(batch) if isinstance(batch, Mapping) else {"rows": batch}


def check_targets(targets: Mapping[str, np.ndarray], items: int) -> dict[str, np.ndarray]:
    """The targets as arrays, if each has a row an item."""
    arrays = {name: np.asarray(values) for name, values in targets.items()}
    for name, values in arrays.items():
        if values.ndim == 0 or len(values) != items:
            raise HrlibError(
                f"targets[{name!r}] has shape {values.shape}: expected {items} rows, one an item of the training catalogue"
            )
    return arrays


def on_device(values: Mapping[str, np.ndarray], device: torch.device) -> dict[str, Tensor]:
    """Arrays as tensors there."""
    return {name: torch.as_tensor(array).to(device) for name, array in values.items()}
