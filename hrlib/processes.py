"""Several processes that do one thing together: which rows are whose, and what all of them have.

Alone, without a process group of torch.distributed, every function here gives back what it was given. In a group all processes must call the same
functions in the same order: one that does not leaves the others waiting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import torch
import torch.distributed as group
from torch import Tensor

T = TypeVar("T")


def count() -> int:
    """How many processes there are, 1 without a group."""
    return group.get_world_size() if group.is_available() and group.is_initialized() else 1


def rank() -> int:
    """The number of this process, from 0."""
    return group.get_rank() if count() > 1 else 0


def shares(rows: int) -> list[int]:
    """How many of so many rows each process has: as many each, and of the first ones some one more, as numpy.array_split divides."""
    each, more = divmod(rows, count())
    return [each + (number < more) for number in range(count())]


def part(rows: int) -> slice:
    """Which of so many rows are this process's: they lie one after the other, those of process 0 first."""
    each = shares(rows)
    start = sum(each[: rank()])
    return slice(start, start + each[rank()])


def of_each(number: int) -> list[int]:
    """The number that each process gives (a message of 8 bytes), such as how many rows it has where that is not `shares`."""
    if count() == 1:
        return [number]
    found = [torch.zeros(1, dtype=torch.int64, device=_device()) for _ in range(count())]
    group.all_gather(found, torch.tensor([number], device=_device()))
    return torch.cat(found).tolist()


def gathered(x: Tensor, each: Sequence[int]) -> Tensor:
    """The rows of all processes, those of process 0 first: (sum of `each`, ...), bit for bit the same in all; gradients flow to their rows' owner.

    What a process gets as the gradient of its rows is the sum over all processes of what they have for these rows. So where all processes compute the
    same loss L of what was gathered, each parameter's gradient is, averaged over the processes (as DistributedDataParallel does), that of L:
    whether the parameter came before the gathering, where each process has but its rows' part, or after it, where each has the whole.

    Args:
        x: this process's rows (n, ...); of the same type and further shape in all processes.
        each: how many rows each process has, `shares` or `of_each`.
    """
    return x if count() == 1 else _Gathered.apply(x, list(each))


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, each: list[int]) -> Tensor:
        ctx.each = each
        padded = x.new_zeros((max(each), *x.shape[1:]))  # to one length: the backends know no other
        padded[: len(x)] = x
        found = [torch.empty_like(padded) for _ in each]
        # as bytes: not every backend knows every type
        group.all_gather([rows.view(torch.uint8) for rows in found], padded.view(torch.uint8))
        return torch.cat([rows[:n] for rows, n in zip(found, each, strict=True)])

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        total = gradient.to(
            torch.promote_types(gradient.dtype, torch.float32), memory_format=torch.contiguous_format, copy=True
        )
        group.all_reduce(total)
        return total.split(ctx.each)[rank()].to(gradient.dtype), None


def array(own: np.ndarray, each: Sequence[int]) -> np.ndarray:
    """`gathered` of numbers that need no gradient."""
    return own if count() == 1 else gathered(torch.from_numpy(own).to(_device()), each).cpu().numpy()


def any_of(flag: bool) -> bool:
    """Whether any process says so; the same answer in all."""
    if count() == 1:
        return flag
    said = torch.tensor([int(flag)], device=_device())
    group.all_reduce(said, group.ReduceOp.MAX)
    return bool(said)


def of_first(make: Callable[[], T]) -> T:
    """What `make` gives in process 0, in all; the others wait and do not call it. It must be what JSON can say: nothing is unpickled."""
    if count() == 1:
        return make()
    text = torch.tensor(list(json.dumps(make()).encode()) if rank() == 0 else [], dtype=torch.uint8)
    return json.loads(bytes(gathered(text.to(_device()), of_each(len(text))).tolist()))


def wait() -> None:
    """Return when all processes have come this far."""
    if count() > 1:
        any_of(False)


@contextmanager
def first_alone(first: bool) -> Iterator[None]:
    """The block is run by those processes that are `first` (one a machine), then by the others: what the first leave in a cache, the others find."""
    if not first:
        wait()
    yield
    if first:
        wait()


def same_start(module: torch.nn.Module) -> None:
    """Give the module's buffers in all processes the values that they have in process 0."""
    if count() > 1:
        for buffer in module.buffers():
            group.broadcast(buffer, 0)


def _device() -> torch.device:
    """Where the group's messages are sent from: NCCL knows no memory but the GPU's."""
    return torch.device("cuda", torch.cuda.current_device()) if group.get_backend() == "nccl" else torch.device("cpu")
