"""What a loss is called with.

A loss without further word is called as loss(embeddings, labels). One that learns from something else names it in `inputs`:

class AttributeLoss(nn.Module):
    inputs = ("embeddings", "attributes")
    def forward(self, embeddings, codes): ...

`fit` knows, of the B photos of a step,

* embeddings: (B, D) unit vectors, and whatever else the model gives in training (it then gives a dictionary with "embeddings" in it);
* labels: (B,) the finest classes;
* rows: (B,) the items' rows in the training catalogue;
* images: (B, 3, H, W) in 0..1, as augmented but not degraded: what an autoencoder is to give back;
* progress: a scalar, the share of the run's steps that are done, for what is to grow during a run;
* what the batches bring, such as triplets, and the batch's rows of fit's `targets`, such as attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from hrlib.errors import HrlibError

USUAL = ("embeddings", "labels")


def inputs(loss: nn.Module) -> tuple[str, ...]:
    """What the loss is called with, by name."""
    return getattr(loss, "inputs", USUAL)


def call(loss: nn.Module, known: Mapping[str, Any]) -> Tensor:
    """The loss of a step of which this is known.

    Raises:
        HrlibError: the loss asks for something else; it says who could have brought it.
    """
    if missing := [name for name in inputs(loss) if name not in known]:
        raise HrlibError(
            f"{type(loss).__name__} learns from {', '.join(missing)}, and here only {', '.join(sorted(known))} are known: "
            f"give fit targets={{{missing[0]!r}: an array with a row an item}}, or the batches or the model that bring it"
        )
    return loss(*(known[name] for name in inputs(loss)))
