"""A training step: what `fit` gathers for it beside the photos, and the model and its loss as one module."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from lightning_fabric.plugins import Precision
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.losses.inputs import arguments, call, inputs
from hrlib.processes import count, gathered, part, shares

VIEWS = ("images", "images_b")


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


class Step(nn.Module):
    """The loss of a batch, of which each process has some photos: a model and a loss as one module, so that DistributedDataParallel serves both.

    Each process sends its part of the batch through the network; what the network gives and the loss asks for is gathered, with gradients, and the
    loss is then computed over the joined batch in every process. So a loss needs to know nothing of processes: pairs, proxies, clusters and Sinkhorn see what
    they see in one process, and what it keeps (running means, queues, counts) is the same in all. The price: each process does all of the loss, and
    what is gathered travels twice (docs/scale.md).

    A model that looks beyond its rows does so itself, by `hrlib.processes.gathered`, and names in `joined` which of its outputs are then of the whole batch, or
    are no rows of it at all, such as a queue. Scalars are left alone.

    Args:
        model, loss: as `fit` takes them.
        precision: of the network; the loss computes in float32.
    """

    def __init__(self, model: nn.Module, loss: nn.Module, precision: Precision):
        super().__init__()
        self.model, self.loss, self.precision = model, loss, precision

    def forward(self, known: Mapping[str, Tensor], images: Mapping[str, Tensor], seen: Mapping[str, Tensor], seed: int):
        """A scalar.

        Args:
            known: of the whole batch, B rows, in all processes the same: rows, labels, targets, what the batches bring; and progress.
            images: of this process's rows, by view, as the loss is to see them; seen: as the model is.
            seed: of what the loss draws, in all processes the same.
        """
        rows = len(known["rows"])
        own = {name: x[part(rows)] if x.ndim and len(x) == rows else x for name, x in known.items()}
        given = arguments(self.model, own | dict(seen), VIEWS[:1])
        with self.precision.forward_context():
            output = self.model(*self.precision.convert_input(given))
        output = self.precision.convert_output(output)
        told = {**images, **(output if isinstance(output, Mapping) else {"embeddings": output})}
        whole, each = getattr(self.model, "joined", ()), shares(rows)
        for name in inputs(self.loss):  # in this order in all processes
            if name in told and name not in whole and told[name].ndim:
                told[name] = gathered(told[name], each)
        if count() > 1:  # the processes have drawn different numbers until here
            torch.manual_seed(seed)
        return call(self.loss, {**known, **told})
