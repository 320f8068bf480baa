"""Several losses over one trunk."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.losses.inputs import call, inputs
from hrlib.losses.unit import unit


class MultiTaskLoss(nn.Module):
    """The weighted sum of losses: sum_t weight_t loss_t. `fit` logs the parts one by one.

    The tasks share the embedding, or each has a part of its own, a unit vector again; what is searched is then all parts one after the other:
    `image_encoder(dim=192, parts=3)` makes such embeddings.

    Nadkarni, Dasararaju, Visually Similar Products Retrieval for Shopsy, 2022, arXiv 2210.04560, sum attribute classification, triplets and a
    variational autoencoder over one trunk; their weights are not published.

    Args:
        losses: by name, any that `fit` takes, also hierarchical ones.
        weights: of each by its name; those that are not named have 1.
        separate: each loss sees its own part of the embedding, of equal parts in the order of `losses`; else all see the whole.

    Raises:
        HrlibError: no loss, a name that is no identifier or unknown, a weight that is not above 0.
    """

    def __init__(
        self,
        losses: Mapping[str, nn.Module],
        weights: Mapping[str, float] | None = None,
        separate: bool = False,
    ):
        super().__init__()
        weights = dict(weights or {})
        if not losses or not all(isinstance(name, str) and name.isidentifier() for name in losses):
            raise HrlibError(f"losses {list(losses)}: expected one or more, each with a name such as triplets")
        if unknown := sorted(weights.keys() - losses.keys()):
            raise HrlibError(f"weights of {', '.join(unknown)}: expected some of {', '.join(losses)}")
        if bad := {name: weight for name, weight in weights.items() if not weight > 0}:
            raise HrlibError(f"weights {bad}: expected numbers above 0; leave the loss out instead of giving it none")
        # in a ModuleDict no name may be that of one of its methods, such as "values"
        self.tasks = nn.ModuleDict({f"{name}_loss": loss for name, loss in losses.items()})
        self.names, self.weights = list(losses), {name: float(weights.get(name, 1)) for name in losses}
        self.separate = separate
        wanted = [name for loss in losses.values() for name in inputs(loss)]
        self.inputs = tuple(dict.fromkeys(["embeddings", *wanted]))
        self.register_buffer("sums", torch.zeros(len(losses), dtype=torch.float64))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def __getitem__(self, name: str) -> nn.Module:
        """The loss of that name."""
        return self.tasks[f"{name}_loss"]

    def forward(self, *values: Tensor) -> Tensor:
        """The sum, from what `inputs` names: a scalar."""
        known, total, parts = dict(zip(self.inputs, values, strict=True)), 0.0, []
        for name, own in zip(self.names, self._parts(known["embeddings"]), strict=True):
            value = call(self[name], known | {"embeddings": own})
            parts.append(value.detach())
            total = total + self.weights[name] * value
        if self.training:
            self.sums += torch.stack(parts)
            self.calls += 1
        return total

    def report(self) -> dict[str, float]:
        """The mean of each part since the last report, unweighted, and what the parts tell of themselves."""
        means = (self.sums / self.calls.clamp(min=1)).tolist()
        self.sums.zero_()
        self.calls.zero_()
        told = {f"loss.{name}": mean for name, mean in zip(self.names, means, strict=True)}
        for name in self.names:
            if hasattr(self[name], "report"):
                told |= {f"{name}.{key}": value for key, value in self[name].report().items()}
        return told

    def _parts(self, embeddings: Tensor) -> list[Tensor]:
        tasks = len(self.names)
        if not self.separate:
            return [embeddings] * tasks
        if embeddings.shape[1] % tasks:
            raise HrlibError(
                f"embeddings of {embeddings.shape[1]} dimensions for {tasks} losses with a part each: expected a multiple, "
                f"as of image_encoder(dim={64 * tasks}, parts={tasks})"
            )
        return [unit(part) for part in embeddings.chunk(tasks, dim=1)]
