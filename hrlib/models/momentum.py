"""A teacher that is the moving average of its student, and queues of what it said."""

from __future__ import annotations

import copy
from itertools import chain

import torch
from torch import Tensor, nn

from hrlib.errors import HrlibError


class MomentumTeacher(nn.Module):
    """A copy of the student that follows it: after each `update`, teacher = m teacher + (1 - m) student.

    He et al., Momentum Contrast, CVPR 2020, arXiv 1911.05722; m = .995 as in Duan et al. (arXiv 2203.00048) and Yang et al. (arXiv 2202.10401).
    The nth update, from 0, takes m = min(momentum, (1 + n) / (warmup + n)), as TensorFlow's moving averages do: a run of some hundred steps
    would otherwise have a teacher that is still half of the random start. That it does so here is chosen by us.

    The averages of batch normalisation are averaged in the same way, whole numbers are copied. The teacher has no gradients, is in evaluation
    mode also after model.train(), and is in the state dict.

    Args:
        student: what is copied.
        momentum: m; 0 makes the teacher the student itself, but for dropout and gradients.
        warmup: 1 takes m = momentum from the start.

    Raises:
        HrlibError: a momentum outside 0..1 or 1 itself, a warmup below 1.
    """

    def __init__(self, student: nn.Module, momentum: float = 0.995, warmup: int = 10):
        super().__init__()
        if not 0 <= momentum < 1:
            raise HrlibError(f"momentum is {momentum}: expected 0 up to, but not, 1")
        if warmup < 1:
            raise HrlibError(f"warmup is {warmup}: expected at least 1")
        self.model, self.momentum, self.warmup = copy.deepcopy(student).requires_grad_(False), momentum, warmup
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))
        self.eval()

    def train(self, mode: bool = True) -> MomentumTeacher:
        """Evaluation mode, whatever is asked for."""
        return super().train(False)

    @torch.no_grad()
    def update(self, student: nn.Module) -> None:
        """Follow the student by one step."""
        n = int(self.updates)
        share = 1 - min(self.momentum, (1 + n) / (self.warmup + n))
        for own, theirs in zip(_state(self.model), _state(student), strict=True):
            if own.is_floating_point():
                own.lerp_(theirs, share)
            else:
                own.copy_(theirs)
        self.updates += 1


class Queue(nn.Module):
    """The last `size` vectors that were pushed, first in, first out, each with the number of its title; in the state dict.

    Attributes:
        vectors: (Q, D) float32, 0 where still empty.
        titles: (Q,) int64, -1 where still empty.
    """

    def __init__(self, size: int, dim: int):
        super().__init__()
        if size < 0:
            raise HrlibError(f"a queue of {size}: expected 0, none, or more")
        self.register_buffer("vectors", torch.zeros(size, dim))
        self.register_buffer("titles", torch.full((size,), -1))
        self.register_buffer("next", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def push(self, vectors: Tensor, titles: Tensor) -> None:
        """Put vectors (B, D) with their titles (B,) in the places of the oldest; of more than the queue holds, the last."""
        size = len(self.titles)
        if size == 0:
            return
        vectors, titles = vectors[-size:], titles[-size:]
        places = (self.next + torch.arange(len(titles), device=self.next.device)) % size
        self.vectors[places], self.titles[places] = vectors.to(self.vectors), titles
        self.next.copy_((self.next + len(titles)) % size)


def _state(module: nn.Module) -> chain[Tensor]:
    return chain(module.parameters(), module.buffers())
