"""What a loss, and a model in training, is called with.

A loss without further word is called as loss(embeddings, labels). One that learns from something else names it in `inputs`:

class AttributeLoss(nn.Module):
    inputs = ("embeddings", "attributes")
    def forward(self, embeddings, codes): ...

A model without further word is called as model(images), in training and later. One that needs more in training names it in the same way:

class CrossModalModel(nn.Module):
    inputs = ("images", "images_b", "tokens", "titles", "progress")
    def forward(self, images, images_b=None, tokens=None, titles=None, progress=1.0): ...

`fit` knows, of the B photos of a step,

* embeddings: (B, D) unit vectors, and whatever else the model gives in training (it then gives a dictionary); for the loss only;
* labels: (B,) the finest classes;
* rows: (B,) the items' rows in the training catalogue;
* images: (B, 3, H, W) in 0..1, augmented; the model sees them degraded where that is asked for, the loss does not: they are what an
  autoencoder is to give back;
* images_b: with views=2 the same photos, augmented (and degraded) a second time by other random numbers;
* progress: a scalar, the share of the run's steps that are done, for what is to grow during a run;
* what the batches bring, such as triplets or tokens, and the batch's rows of fit's `targets`, such as attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from hrlib.errors import HrlibError

USUAL = ("embeddings", "labels")
PAIRS = "batches=hr.training.PairBatches(...)"
BROUGHT_BY = {"images_b": "views=2", "tokens": PAIRS, "titles": PAIRS}


def inputs(module: nn.Module, usual: tuple[str, ...] = USUAL) -> tuple[str, ...]:
    """What the loss or the model is called with, by name; `usual` where it does not say."""
    return getattr(module, "inputs", usual)


def arguments(module: nn.Module, known: Mapping[str, Any], usual: tuple[str, ...] = USUAL) -> tuple[Any, ...]:
    """What the loss or the model is called with, from what is known of a step.

    Raises:
        HrlibError: it asks for something else; it says who could have brought it.
    """
    if missing := [name for name in inputs(module, usual) if name not in known]:
        hint = BROUGHT_BY.get(missing[0])
        raise HrlibError(
            f"{type(module).__name__} learns from {', '.join(missing)}, and here only {', '.join(sorted(known))} are known: "
            + (
                f"give fit {hint}"
                if hint
                else f"give fit targets={{{missing[0]!r}: an array with a row an item}}, or the batches or the model that bring it"
            )
        )
    return tuple(known[name] for name in inputs(module, usual))


def call(loss: nn.Module, known: Mapping[str, Any]) -> Tensor:
    """The loss of a step of which this is known; raises as `arguments` does."""
    return loss(*arguments(loss, known))
