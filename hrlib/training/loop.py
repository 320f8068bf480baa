"""The loop behind `fit`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from hrlib import processes
from hrlib.errors import HrlibError
from hrlib.evaluation import evaluate
from hrlib.settings import as_dict
from hrlib.training.augment import augmentation, degraded
from hrlib.training.devices import join, joined_norms, torchrun
from hrlib.training.display import Bar
from hrlib.training.embed import embed, to_batch
from hrlib.training.fit import FitSettings
from hrlib.training.folder import RunFolder, states
from hrlib.training.interrupt import DeferredInterrupt
from hrlib.training.rates import parameter_groups, rate
from hrlib.training.sampler import ClassBalancedBatches
from hrlib.training.step import VIEWS, Step, check_targets, on_device, taken
from hrlib.versions import versions

if TYPE_CHECKING:
    from hrlib.catalogue import Catalogue
    from hrlib.training.live import LivePanel
    from hrlib.training.sampler import Batches


class Loop:
    """A run in progress. Whatever changes from step to step is in its checkpoint, or a function of the settings and the step."""

    def __init__(
        self,
        model: nn.Module,
        loss: nn.Module,
        train: Catalogue,
        validation: Catalogue | None,
        settings: FitSettings,
        folder: Path | None,
        on_epoch: Callable[[int, nn.Module], None] | None = None,
        batches: Batches | None = None,
        targets: Mapping[str, np.ndarray] | None = None,
    ):
        self.modules = {"model": model, "loss": loss}
        self.train, self.validation, self.settings, self.folder = train, validation, settings, RunFolder(folder)
        self.on_epoch = on_epoch
        if validation is not None and np.bincount(validation.hierarchy.column(0)).max(initial=0) < 2:
            raise HrlibError("validation has no class of two photos, so that MAP@R has no value: give it more, or none")
        labels = train.hierarchy.column(0)
        self.targets = {"labels": labels, **check_targets(targets or {}, len(train))}
        self.batches = batches or ClassBalancedBatches(labels, settings.batch_size, settings.per_class, settings.seed)
        self.steps = len(self.batches) * settings.epochs
        self.augment = augmentation(settings.augment)
        self.fabric, precision, self.precision = join(settings)
        joined_norms(model, self.fabric.device)
        model.to(memory_format=torch.channels_last)
        optimizer = torch.optim.AdamW(
            parameter_groups(model, loss, settings), weight_decay=settings.weight_decay, fused=True
        )
        self.network, self.optimizer = self.fabric.setup(Step(model, loss, precision), optimizer)
        processes.same_start(self.network)
        self.step = 0
        self.rows: list[dict[str, Any]] = []
        self.best: dict[str, dict[str, Any]] | None = None
        self.epoch = {"loss": 0.0, "images": 0, "seconds": 0.0}  # sums over the epoch so far

    def run(self, resume: bool, live: bool = False) -> None:
        """Train to the last step or till the display's user stops it, then put back the weights of the best epoch if that is asked for."""
        if resume:
            self._restore()
        else:
            self.folder.clear()
        display = _live_panel(self.steps, self.step, self.rows) if live else Bar(self.steps, self.step)
        with DeferredInterrupt(torchrun()) as interrupt, display:
            while self.step < self.steps and not display.stop:
                self._run_epoch(display, interrupt)
        if self.step < self.steps and processes.rank() == 0:
            print(self._stopped())
        if self.best and self.settings.keep == "best":
            for name, module in self.modules.items():
                module.load_state_dict(self.best[name])

    def facts(self) -> dict[str, Any]:
        """What a checkpoint says beside its tensors."""
        return {
            "step": self.step,
            "steps": self.steps,
            "epoch": self.epoch,
            "history": self.rows,
            "settings": as_dict(self.settings),
            "precision": self.precision,
            "items": len(self.train),
            "classes": list(self.train.hierarchy.n_classes),
            "versions": versions(),
        }

    def _run_epoch(self, display: Bar | LivePanel, interrupt: DeferredInterrupt) -> None:
        epoch, begun = divmod(self.step, len(self.batches))
        for number, batch in enumerate(map(taken, self.batches.epoch(epoch))):
            if number < begun:
                continue
            start = time.perf_counter()
            value = self._train_step(batch)
            self.step += 1
            self.epoch["loss"] += value
            self.epoch["images"] += len(batch["rows"])
            self.epoch["seconds"] += time.perf_counter() - start
            display.step(value, self._speed())
            asked = processes.any_of(interrupt.requested)  # that all processes stop after the same step
            if (asked or display.stop) and number + 1 < len(self.batches):
                self._save("last")
                break
        else:
            display.epoch(self._end_epoch(epoch))
        if processes.any_of(interrupt.requested):
            raise KeyboardInterrupt(self._stopped())

    def _stopped(self) -> str:
        return f"stopped after step {self.step} of {self.steps}; {self.folder}"

    def _train_step(self, batch: dict[str, np.ndarray]) -> float:
        rows, several = batch["rows"], processes.count() > 1
        if len(rows) < processes.count():
            raise HrlibError(
                f"a batch of {len(rows)} photos for {processes.count()} processes: raise batch_size, or start fewer"
            )
        # every random number of a step is a function of (seed, step) and, in several processes, of which it is: a resumed run draws the very same ones
        common, own = [self.settings.seed, self.step], [processes.rank()] if several else []
        torch.manual_seed(_state(common + own))
        self.network.train()
        share = rate(self.step, self.steps, self.settings.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * share
        device = self.fabric.device
        known = on_device({**{name: values[rows] for name, values in self.targets.items()}, **batch}, device)
        known |= {"progress": torch.tensor(self.step / self.steps, device=device)}
        value = self.network(known, *self._photos(rows[processes.part(len(rows))], own), _state(common))
        if not torch.isfinite(value):
            raise HrlibError(
                f"the loss is {value.item()} at step {self.step}, nothing was updated with it: lower lr or proxy_lr, "
                f"or look at the items of the batch (rows {', '.join(map(str, rows[:5]))}, ...)"
            )
        self.optimizer.zero_grad()
        self.fabric.backward(value)
        self.optimizer.step()
        return value.item()

    def _photos(self, rows: np.ndarray, own: list[int]) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        """This process's photos by view, as a loss is to see them and as the model is; see `hrlib.losses.inputs`."""
        photos, images, seen = to_batch(self.train.images[rows], self.fabric.device), {}, {}
        for view, name in enumerate(VIEWS[: self.settings.views]):
            images[name] = self.augment(photos).contiguous(memory_format=torch.channels_last)
            seed = (self.settings.seed, self.step, view)[: 2 + view]  # of a first view as it was before there were two
            degrade = self.settings.augment == "degraded"
            seen[name] = degraded(images[name], (*seed, *own)) if degrade else images[name]
        return images, seen

    def _speed(self) -> int:
        return round(self.epoch["images"] / max(self.epoch["seconds"], 1e-9))

    def _end_epoch(self, epoch: int) -> dict[str, Any]:
        row = {
            "epoch": epoch,
            "loss": self.epoch["loss"] / len(self.batches),
            "lr": self.optimizer.param_groups[0]["lr"],
            "images_per_second": self._speed(),
            "seconds": self.epoch["seconds"],
        }
        if hasattr(self.modules["loss"], "report"):  # what a loss tells about itself, such as how its clusters settle
            row |= self.modules["loss"].report()
        if self.validation is not None:
            finest, found = self.validation.hierarchy.select(self.validation.hierarchy.levels[:1]), self._embed()
            row["map@r"] = processes.of_first(lambda: float(evaluate(found, finest)["map@r"].iloc[0]))
        better = self.validation is not None and row["map@r"] > max((r["map@r"] for r in self.rows), default=-1.0)
        self.rows.append(row)
        self.epoch = dict.fromkeys(self.epoch, 0.0)
        if better:
            self.best = states(self.modules)
            self._save("best")
        if (
            self.on_epoch
        ):  # before the epoch is saved: a run that is killed here does the epoch again, and none goes without its call
            self.on_epoch(epoch, self.modules["model"])
        self._save("last")
        return row

    def _embed(self) -> np.ndarray:
        return embed(
            self.modules["model"], self.validation, precision="bf16" if self.precision == "bf16-mixed" else "float32"
        )

    def _save(self, name: str) -> None:
        self.folder.save(name, self.modules, self.optimizer, self.facts())

    def _restore(self) -> None:
        if found := self.folder.restore(self.modules, self.optimizer, self.facts()):
            saved, self.best = found
            self.step, self.rows, self.epoch = saved["step"], saved["history"], saved["epoch"]
        if len(steps := set(processes.of_each(self.step))) > 1:
            raise HrlibError(
                f"the processes found checkpoints of steps {sorted(steps)}: {self.folder.path} must be one folder for all machines"
            )


def _live_panel(steps: int, done: int, history: list[dict[str, Any]]) -> LivePanel:
    from hrlib.training.live import LivePanel  # and plotly with it, which few runs need

    return LivePanel(steps, done, history)


def _state(entropy: list[int]) -> int:
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])
