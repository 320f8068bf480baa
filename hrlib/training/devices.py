"""The device and the processes of a run, through Lightning Fabric."""

from __future__ import annotations

import inspect
import logging
import os
from datetime import timedelta
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision, Precision
from lightning_fabric.strategies import DDPStrategy
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from hrlib import processes
from hrlib.errors import HrlibError
from hrlib.precision import bf16_pays
from hrlib.training.fit import FitSettings
from hrlib.training.norm import JoinedBatchNorm

# a process may load, evaluate or save for long while the others wait; that one has died, torchrun notices by itself
PATIENCE = timedelta(hours=12)

logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it announces the precision at each start


def torchrun() -> bool:
    """Whether this process was started by torchrun."""
    return torch.distributed.is_available() and torch.distributed.is_torchelastic_launched()


def join(settings: FitSettings) -> tuple[Fabric, Precision, str]:
    """The device, the process group if there are several processes, and the precision: bf16 where that is quicker in all of them.

    Raises:
        HrlibError: a device that is not there, or other processes than torchrun has started.
    """
    devices, nodes = _asked(settings)
    several = devices * nodes > 1
    try:
        strategy = _ddp(settings) if several else "auto"
        fabric = Fabric(accelerator=settings.accelerator, strategy=strategy, devices=devices, num_nodes=nodes)
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        raise HrlibError(f"accelerator={settings.accelerator!r} with {devices} devices: {error}") from error
    if several:
        fabric.launch()
    pays = settings.precision == "auto" and not processes.any_of(not bf16_pays(fabric.device))
    if settings.precision == "bf16" or pays:
        return fabric, MixedPrecision("bf16-mixed", fabric.device.type), "bf16-mixed"
    return fabric, Precision(), "32-true"


def joined_norms(model: nn.Module, device: torch.device) -> None:
    """Let the model's batch normalisation see the whole batch, also in several processes: as torch's SyncBatchNorm, which refuses the CPU, or as
    `JoinedBatchNorm`. The model keeps these layers; alone they are what they were."""
    if processes.count() > 1 and device.type == "cpu":
        for module in model.modules():
            if isinstance(module, _BatchNorm):
                module.__class__ = JoinedBatchNorm
    elif processes.count() > 1:
        nn.SyncBatchNorm.convert_sync_batchnorm(model)


def _asked(settings: FitSettings) -> tuple[int, int]:
    """Processes a machine, and machines."""
    there = int(os.environ["WORLD_SIZE"]) if torchrun() else 1
    nodes = there // int(os.environ.get("LOCAL_WORLD_SIZE", there)) if torchrun() else 1
    if settings.devices == "auto":
        return there // nodes, nodes
    asked = settings.devices * settings.num_nodes
    if asked != there and (asked > 1 or processes.count() > 1):
        raise HrlibError(
            f"devices={settings.devices} x num_nodes={settings.num_nodes}, and here {f'torchrun has started {there}' if torchrun() else 'is one process'}: "
            f"start as many, with torchrun --nproc-per-node {settings.devices}{f' --nnodes {settings.num_nodes}' if settings.num_nodes > 1 else ''} "
            "-m hrlib.train --config run.json, or with a script of your own in place of -m hrlib.train; a notebook is one process"
        )
    return settings.devices, settings.num_nodes


def _ddp(settings: FitSettings) -> DDPStrategy:
    """ "auto": also for a model or loss of which a step may not use all parameters, such as codes that are still frozen. Buffers need no message a
    step: all processes calculate the same."""
    new = "forward_sync_buffers" in inspect.signature(DistributedDataParallel.__init__).parameters
    still: dict[str, Any] = {"forward_sync_buffers" if new else "broadcast_buffers": False}
    return DDPStrategy(timeout=PATIENCE, find_unused_parameters=settings.strategy == "auto", **still)
