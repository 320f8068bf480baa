"""Which items make a batch: what the loop asks for, and class-balanced batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hrlib.errors import HrlibError


class Batches(Protocol):
    """What draws batches. An epoch is a function of its number alone, so that an interrupted run goes on exactly."""

    def __len__(self) -> int:
        """Batches an epoch."""

    def epoch(self, number: int) -> Iterator[np.ndarray | dict[str, np.ndarray]]:
        """The batches of an epoch: rows (B,), or a dictionary with "rows" and whatever else the loss learns from, such as triplets."""


@dataclass(frozen=True)
class ClassBalancedBatches:
    """Batches of `batch_size` rows: `per_class` rows of each of `batch_size // per_class` classes.

    The classes come in shuffled rounds, so that each is drawn equally often whatever its size; a class with fewer rows than asked for
    repeats some. With few classes a batch holds more rows of each. Every epoch is a function of (seed, epoch) alone, which is what
    lets an interrupted run go on exactly.

    Args:
        labels: (N,) finest class of each item.
        batch_size: rows a batch.
        per_class: rows a class in a batch.
        seed: of the order.
    """

    labels: np.ndarray
    batch_size: int
    per_class: int
    seed: int

    def __post_init__(self):
        if len(self.labels) == 0:
            raise HrlibError("no items to draw batches from: the catalogue is empty")
        if not 1 <= self.per_class <= self.batch_size:
            raise HrlibError(
                f"per_class is {self.per_class} with batch_size {self.batch_size}: expected 1 <= per_class <= batch_size"
            )

    def __len__(self) -> int:
        """Batches an epoch: as many as the items fill, at least one."""
        return max(1, round(len(self.labels) / self.batch_size))

    def epoch(self, number: int) -> Iterator[np.ndarray]:
        """The batches of epoch `number`: arrays of rows."""
        rng = np.random.default_rng([self.seed, number])
        by_class = np.argsort(self.labels, kind="stable")
        starts = np.flatnonzero(np.diff(self.labels[by_class], prepend=-1))
        sizes = np.diff(starts, append=len(self.labels))
        classes = min(len(starts), max(1, self.batch_size // self.per_class))
        per_class = np.full(classes, self.batch_size // classes)
        per_class[: self.batch_size % classes] += 1
        rounds = -(-len(self) * classes // len(starts))
        order = np.concatenate([rng.permutation(len(starts)) for _ in range(rounds)])
        for batch in range(len(self)):
            chosen = order[batch * classes : (batch + 1) * classes]
            yield np.concatenate(
                [by_class[starts[c] + _draw(rng, sizes[c], count)] for c, count in zip(chosen, per_class, strict=True)]
            )


def _draw(rng: np.random.Generator, size: int, count: int) -> np.ndarray:
    """`count` of 0..size-1, each as often as any other but one."""
    return np.concatenate([rng.permutation(size) for _ in range(-(-count // size))])[:count]
