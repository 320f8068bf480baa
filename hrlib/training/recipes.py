"""Visual search on attributes: what `fit` is called with, for the shop's method and for what it is compared with.

hr.fit(**hr.training.visual_search(train, attributes), epochs=10)

Nadkarni, Dasararaju, Visually Similar Products Retrieval for Shopsy, 2022, arXiv 2210.04560: attribute classification, triplets mined by
the share of matching attributes, and a variational autoencoder, over one trunk. The article publishes no weight, margin or dimension.
Compared here on validation items of fashion products (`benchmarks/attributes.py --validation`, one seed each): the margin, and whether all photos
of a batch are anchors. The weights only bring the parts to one order of magnitude, they were not searched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from hrlib import losses, models
from hrlib.errors import HrlibError
from hrlib.training.graded_batches import GradedTripletBatches
from hrlib.training.triplets import GradedTripletMiner

if TYPE_CHECKING:
    from hrlib.catalogue import Attributes, Catalogue

TASKS = ("attributes", "triplets", "autoencoder")
WEIGHTS = {"attributes": 1.0, "triplets": 10.0, "autoencoder": 0.3}


def visual_search(
    train: Catalogue,
    attributes: Attributes,
    tasks: Sequence[str] = TASKS,
    *,
    separate: bool = False,
    weights: Mapping[str, float] | None = None,
    dim: int = 96,
    batch_size: int = 128,
    seed: int = 0,
) -> dict[str, Any]:
    """Arguments of `fit` for one or more of the shop's tasks, all from the same batches.

    The finest level is taken as the product, the coarsest as the category: photos of a product are the nearest bin of the triplets, those of
    another category the farthest.

    Args:
        train: the items.
        attributes: of these items.
        tasks: some of "attributes" (classification), "triplets" (graded by match), "autoencoder" (whose bottleneck is the embedding).
        separate: each task has its own part of the embedding instead of sharing it.
        weights: of the tasks' losses, by name, where they are not to be `WEIGHTS`.
        dim: dimensions of the whole embedding.
        batch_size: photos a batch, about.
        seed: of the initial weights and of the triplets.

    Raises:
        HrlibError: unknown tasks, or attributes of other items.
    """
    tasks = [tasks] if isinstance(tasks, str) else list(tasks)
    if not tasks or set(tasks) - set(TASKS) or len(set(tasks)) < len(tasks):
        raise HrlibError(f"tasks {tasks}: expected one or more of {', '.join(TASKS)}, each once")
    tasks = [
        task for task in TASKS if task in tasks
    ]  # the autoencoder last: its bottleneck is the last part of a separate embedding
    if len(attributes) != len(train):
        raise HrlibError(
            f"attributes of {len(attributes)} items for a catalogue of {len(train)}: give those of the same items, "
            "hr.Attributes.from_frame(train.items, columns)"
        )
    own = dim // len(tasks) if separate else dim
    made = {
        "attributes": lambda: losses.AttributeLoss(attributes, own),
        "triplets": losses.GradedTripletLoss,
        "autoencoder": losses.ReconstructionLoss,
    }
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = models.image_encoder("small", dim=dim, parts=len(tasks) if separate else 1)
        if "autoencoder" in tasks:
            model = models.VariationalAutoencoder(model, train.images.size)
        parts = {task: made[task]() for task in tasks}
    hierarchy = train.hierarchy
    miner = GradedTripletMiner(
        attributes,
        products=hierarchy.column(0) if hierarchy.depth > 1 else None,
        categories=hierarchy.column(hierarchy.depth - 1),
        seed=seed,
    )
    loss = losses.MultiTaskLoss(parts, {task: {**WEIGHTS, **(weights or {})}[task] for task in tasks}, separate)
    return {
        "model": model,
        "loss": loss,
        "train": train,
        "batches": GradedTripletBatches(miner, batch_size),
        "targets": {"attributes": attributes.codes},
        "seed": seed,
    }


def label_triplets(
    train: Catalogue, level: str | int, *, dim: int = 96, batch_size: int = 128, seed: int = 0
) -> dict[str, Any]:
    """Arguments of `fit` for the baseline: semi-hard triplets by one label, a level of the hierarchy."""
    train = train.at_level(level)
    return {
        "model": models.image_encoder("small", dim=dim, seed=seed),
        "loss": losses.make("triplet-semi-hard", train.hierarchy, dim),
        "train": train,
        "batch_size": batch_size,
        "seed": seed,
    }
