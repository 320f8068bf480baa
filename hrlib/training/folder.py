"""The folder of a run: its last and its best checkpoint, and going on from them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hrlib import processes
from hrlib.errors import HrlibError
from hrlib.files import sweep
from hrlib.settings import check
from hrlib.training.checkpoint import load_checkpoint, read_facts, save_checkpoint, write_facts

KEPT = {"step": int, "epoch": dict, "history": list}  # what a run goes on from, of the facts of its checkpoint
States = dict[str, dict[str, Any]]
PLACE = ("devices", "num_nodes", "strategy")  # settings that may be others when a run goes on: its batches are the same


def states(modules: dict[str, nn.Module]) -> States:
    """Copies of the modules' states, which go on training does not change."""
    return {name: copy.deepcopy(module.state_dict()) for name, module in modules.items()}


class RunFolder:
    """`last`, saved after each epoch and when a run is stopped, and `best`, by validation. Without a path nothing is saved.

    Of several processes the first writes, and the others wait for it; all read, so they must all see the folder.
    """

    def __init__(self, path: Path | None):
        self.path = path
        if path:
            sweep(path)

    def clear(self) -> None:
        """Remove an earlier run's: it must not be taken for this one's, should this one be killed and resumed."""
        if self.path and processes.rank() == 0:
            for name in ("last", "best"):
                for suffix in (".safetensors", ".json"):
                    (self.path / name).with_suffix(suffix).unlink(missing_ok=True)
        processes.wait()

    def save(
        self, name: str, modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer, facts: dict[str, Any]
    ) -> None:
        """Save "last" or "best"."""
        if self.path and processes.rank() == 0:
            save_checkpoint(self.path / name, modules, optimizer, facts)
        processes.wait()

    def restore(
        self, modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer, now: dict[str, Any]
    ) -> tuple[dict[str, Any], States | None] | None:
        """Put the last state into the modules and the optimizer; its facts and the best states so far. None where nothing is saved.

        Args:
            now: the facts of the run that asks, with which the saved ones must agree.

        Raises:
            HrlibError: another run's folder, or a damaged checkpoint.
        """
        if self.path is None or not (self.path / "last.safetensors").is_file():
            return None
        saved = read_facts(self.path / "last")
        for part in ("settings", "precision", "items", "classes"):
            if _lasting(saved.get(part)) != _lasting(now[part]):
                raise HrlibError(
                    f"{self.path} holds another run, its {part}: {saved.get(part)}, here: {now[part]}. "
                    "Give the saved run's own, or another out_dir"
                )
        check(f"the checkpoint in {self.path}", KEPT, {name: saved.get(name) for name in KEPT})
        if not _sound(saved, now):
            raise HrlibError(
                f"the checkpoint in {self.path} has a step, an epoch or a history that is none: delete it and train again"
            )
        # `last` is read at once and first: a process that was told to end may still save once more
        saved, best = load_checkpoint(self.path / "last", modules, optimizer), None
        self._tell("last", saved)
        if any("map@r" in row for row in saved["history"]):
            last = states(modules)
            self._tell("best", load_checkpoint(self.path / "best", modules))
            best = states(modules)
            for name, module in modules.items():
                module.load_state_dict(last[name])
        return saved, best

    def _tell(self, name: str, facts: dict[str, Any]) -> None:
        if processes.rank() == 0:
            write_facts(self.path / name, facts)

    def __str__(self) -> str:
        return f"saved in {self.path}: resume=True goes on" if self.path else "out_dir was not given: nothing is saved"


def _lasting(facts: Any) -> Any:
    return {name: value for name, value in facts.items() if name not in PLACE} if isinstance(facts, dict) else facts


def _sound(saved: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether a run can go on from these facts, whose types are right."""
    sums = saved["epoch"].values() if saved["epoch"].keys() == now["epoch"].keys() else [None]
    rows = [row if isinstance(row, dict) else {} for row in saved["history"]]
    measured = [*sums, *(row.get("map@r", 0.0) for row in rows)]
    numbers = all(type(x) in (int, float) and abs(x) < 1e300 for x in measured)  # finite: 10**400 is a number in JSON
    return numbers and saved["step"] >= 0 and all(type(row.get("epoch")) is int for row in rows)
