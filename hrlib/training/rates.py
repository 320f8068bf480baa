"""What is trained, and how quickly at each step."""

from __future__ import annotations

import math
from typing import Any

from torch import nn

from hrlib.errors import HrlibError
from hrlib.training.fit import FitSettings


def parameter_groups(model: nn.Module, loss: nn.Module, settings: FitSettings) -> list[dict[str, Any]]:
    """The network's parameters and the loss's (proxies, centres), each group with its peak learning rate."""
    groups = [
        {"params": [p for p in module.parameters() if p.requires_grad], "lr": lr, "peak": lr}
        for module, lr in ((model, settings.lr), (loss, settings.proxy_lr))
    ]
    groups = [group for group in groups if group["params"]]
    if not groups:
        raise HrlibError(
            "neither the model nor the loss has a parameter to train: give a frozen encoder a dim (a linear layer), or frozen=False"
        )
    return groups


def rate(step: int, steps: int, warmup: float) -> float:
    """The learning rate at `step` of `steps` as a share of its peak: up in a line for `warmup` of them, then down along a cosine."""
    rise = max(1.0, warmup * steps)
    if step < rise:
        return (step + 1) / (rise + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1.0, steps - rise)))
