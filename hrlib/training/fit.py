"""Training: one loop for every model and every loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import nn

from hrlib.errors import HrlibError
from hrlib.progress import in_a_notebook
from hrlib.settings import strict

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue
    from hrlib.training.sampler import Batches


@dataclass(frozen=True)
class FitSettings:
    """How a run trains. The learning rates were compared on validation classes of fashion product groups, one seed each; the rest is common practice.

    epochs: passes over the items. batch_size: photos a step. per_class: photos of a class in a batch; 2 is the least at which each photo
    has a partner, as pairwise losses need it; proxy losses learn more with 1, which lets more classes into a batch. lr, proxy_lr: peak
    learning rates of the network and of the loss's own parameters (proxies turn too slowly at the network's rate). warmup: the part of
    the steps in which the rates rise; then they fall along a cosine. weight_decay: of AdamW. augment: see `augmentation`. views: times that each
    photo of a batch is augmented, 1 or 2, for models that learn from two views. precision: "auto" is bf16 where the device is quicker with
    it. accelerator: "auto", "cpu", "cuda", "mps". devices: processes a machine, a GPU each, that torchrun has started; "auto" takes all of
    torchrun's, on all its machines, and is one process elsewhere; 1 trains alone, also under torchrun. num_nodes: machines, where devices is a
    number. strategy: "ddp" spares "auto" its search for parameters that a step does not use, and fails where there are any. seed: of batches and
    augmentation. keep: the weights that the model has at the end, of the epoch that was best on validation classes (if there are any) or of
    the last.
    """

    epochs: int = 10
    batch_size: int = 128
    per_class: int = 2
    lr: float = 1e-3
    proxy_lr: float = 5e-2
    warmup: float = 0.2
    weight_decay: float = 1e-4
    augment: Literal["standard", "captioned", "degraded", "flip", "none"] = "standard"
    views: Literal[1, 2] = 1
    precision: Literal["auto", "bf16", "float32"] = "auto"
    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    devices: int | Literal["auto"] = "auto"
    num_nodes: int = 1
    strategy: Literal["auto", "ddp"] = "auto"
    seed: int = 0
    keep: Literal["best", "last"] = "best"

    def __post_init__(self):
        for name in ("epochs", "batch_size", "per_class", "devices", "num_nodes"):
            if getattr(self, name) != "auto" and getattr(self, name) < 1:
                raise HrlibError(f"{name} is {getattr(self, name)}: expected at least 1")
        if self.devices == "auto" and self.num_nodes != 1:
            raise HrlibError(
                f"num_nodes is {self.num_nodes} with devices='auto', which takes all: give devices, those of a machine, or leave num_nodes out"
            )
        for name, most in {"lr": 1e6, "proxy_lr": 1e6, "warmup": 1, "weight_decay": 1e6, "seed": 2**63 - 1}.items():
            if not 0 <= getattr(self, name) <= most:
                raise HrlibError(f"{name} is {getattr(self, name)}: expected 0 to {most:g}")


@dataclass
class Run:
    """What `fit` returns: the trained model and loss, the settings, and `history`, a DataFrame with a row an epoch
    (loss, lr, images_per_second, seconds, and map@r on the validation classes if there are any)."""

    model: nn.Module
    loss: nn.Module
    settings: FitSettings
    history: pd.DataFrame
    folder: Path | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def best_epoch(self) -> int:
        """The epoch with the highest MAP@R on validation classes; the last one where there are none."""
        if self.history.empty:
            raise HrlibError("the run was stopped in its first epoch: there is no best one yet")
        return int(self.history["map@r"].idxmax() if "map@r" in self.history else self.history.index[-1])


def fit(
    model: nn.Module,
    loss: nn.Module,
    train: Catalogue,
    *,
    validation: Catalogue | None = None,
    out_dir: str | Path | None = None,
    resume: bool = False,
    live: bool = False,
    on_epoch: Callable[[int, nn.Module], None] | None = None,
    batches: Batches | None = None,
    targets: Mapping[str, np.ndarray] | None = None,
    **settings: Any,
) -> Run:
    """Train the model in place and return the run.

    In several processes (`devices`; `torchrun -m hrlib.train` for a run that a file describes) every process calls `fit` alike, on the same items. All draw the
    same batches, of batch_size photos in sum, so a run can be resumed in another number of processes; each loads, augments and embeds its part, and all
    compute the loss over the whole batch: `hrlib.training.step.Step`, and docs/scale.md for what that costs. Without dropout and augmentation, whose
    random numbers each process has of its own, the weights are those of one process, but for rounding; batch normalisation included.

    Args:
        model: photos (B, 3, H, W) in 0..1 to unit vectors (B, D). One that needs more in training, such as tokens, says so, see
            `hrlib.losses.inputs`.
        loss: called as loss(embeddings, labels) with the finest labels (B,); its parameters are trained too. Losses of
            pytorch-metric-learning fit as they are. One that learns from something else says so: see `hrlib.losses.inputs`.
        train: the items; validation: items of other classes, on which MAP@R is measured after each epoch.
        out_dir: where `last` and, with validation, `best` are saved after each epoch and at Ctrl-C; without resume those of an
            earlier run are removed at the start.
        resume: go on from out_dir/last if it is there; the weights at the end are those of a run that was never interrupted.
        live: in a notebook, curves as they grow and a button that ends the run: `fit` then returns the run as it is, its checkpoint in
            out_dir. A figure stays in the cell, also where papermill runs it. Elsewhere a progress bar.
        on_epoch: called as on_epoch(epoch, model) after each epoch, before it is saved, such as a `Snapshots`; in every process. A run that is
            killed in between does that epoch again, and calls it again.
        batches: which items make a batch, such as `GradedTripletBatches` or `PairBatches`; None: `ClassBalancedBatches` by batch_size and per_class.
        targets: what else a loss learns from, an array with a row an item by its name: {"attributes": attributes.codes}.
        **settings: see `FitSettings`; an unknown one is an error.

    Raises:
        HrlibError: bad settings, a loss that is not finite, or a checkpoint of another run.
        KeyboardInterrupt: after the step in flight, with the checkpoint saved; under torchrun at SIGTERM too, in all processes after the same step.
    """
    chosen = strict(FitSettings, settings)
    if resume and out_dir is None:
        raise HrlibError("resume=True needs out_dir, the folder of the run to go on with")
    from hrlib.training.loop import Loop

    with torch.random.fork_rng():
        folder = Path(out_dir) if out_dir else None
        loop = Loop(model, loss, train, validation, chosen, folder, on_epoch, batches, targets or {})
        loop.run(resume, live and in_a_notebook())
    history = pd.DataFrame(loop.rows or {"epoch": [], "loss": []}).set_index("epoch")
    return Run(model, loss, chosen, history, loop.folder.path, loop.facts())
