"""Checkpoints: one safetensors file with everything that a run needs to go on, and a JSON beside it for people.

Nothing is ever unpickled. A file is written aside, synced and renamed: a crash leaves the old one or the new one, whole. It has a checksum of
all that is in it, so that damage on the disk is seen.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.files import from_json, write, write_together

FORMAT = 1


def save_checkpoint(
    path: str | Path, modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer | None, facts: dict[str, Any]
) -> Path:
    """Save the modules, the optimizer and JSON-able facts (epoch, step, settings, history, versions) to PATH.safetensors."""
    path = Path(path).with_suffix(".safetensors")
    tensors = {f"{name}.{key}": value for name, module in modules.items() for key, value in module.state_dict().items()}
    if optimizer:
        tensors |= _optimizer_tensors(modules, optimizer)
    tensors = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    facts = {"format": FORMAT, **facts}
    text = json.dumps(facts)
    data = save(tensors, metadata={"hrlib": text, "checksum": _checksum(text, tensors)})
    write_together({path: data, path.with_suffix(".json"): _for_people(facts)})
    return path


def write_facts(path: Path, facts: dict[str, Any]) -> None:
    """Write the JSON beside the checkpoint PATH.safetensors again, if it says something else: a kill may have come between the two."""
    beside, data = path.with_suffix(".json"), _for_people(facts)
    if not beside.is_file() or beside.read_bytes() != data:
        write(beside, data)


def _for_people(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, indent=1).encode()


def load_checkpoint(
    path: str | Path, modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer | None = None
) -> dict[str, Any]:
    """Load what `save_checkpoint` wrote into the modules and the optimizer, in place; returns the facts.

    Raises:
        HrlibError: the file is missing, damaged, of another format, or does not fit the modules (which are then left as they were).
    """
    path = Path(path).with_suffix(".safetensors")
    facts, tensors = _read(path)
    parts = {name: _below(tensors, name) for name in modules}
    for name, module in modules.items():
        _check_fit(path, name, module.state_dict(), parts[name])
    names, moments = _parameter_names(modules), {}
    for parameter in (each for group in (optimizer.param_groups if optimizer else ()) for each in group["params"]):
        moments[parameter] = _below(tensors, f"optimizer.{names[parameter]}")
        shaped = {key: value for key, value in moments[parameter].items() if value.ndim}
        _check_fit(path, f"optimizer of {names[parameter]}", dict.fromkeys(shaped, parameter), shaped)
    for name, module in modules.items():
        module.load_state_dict(parts[name])
    for parameter, state in moments.items():
        # in the parameter's own memory layout: a fused optimizer goes through both as they lie
        optimizer.state[parameter] = {
            key: torch.empty_like(parameter).copy_(value) if value.ndim else value.to(parameter.device)
            for key, value in state.items()
        }
    return facts


def read_facts(path: str | Path) -> dict[str, Any]:
    """The facts of a checkpoint, without its tensors."""
    return _read(Path(path).with_suffix(".safetensors"), tensors=False)[0]


def _read(path: Path, tensors: bool = True) -> tuple[dict[str, Any], dict[str, Tensor]]:
    if not path.is_file():
        raise HrlibError(
            f"no checkpoint at {path}: give the out_dir of a run that has saved one, or start the run afresh"
        )
    try:
        with safe_open(path, framework="pt") as file:
            said = file.metadata() or {}
            facts = from_json(said["hrlib"])
            values = {key: file.get_tensor(key) for key in file.keys()} if tensors else {}  # noqa: SIM118 - no mapping
        if not isinstance(facts, dict):
            raise ValueError("its facts are none")
        if tensors and "checksum" in said and said["checksum"] != _checksum(said["hrlib"], values):
            raise ValueError("its content does not have the checksum that it says")
    except Exception as error:  # safetensors and torch raise all kinds on a damaged file
        raise HrlibError(
            f"{path} is no whole hrlib checkpoint ({type(error).__name__}: {error}): restore it from a copy, or delete it and train again"
        ) from error
    if facts.get("format") != FORMAT:
        raise HrlibError(
            f"{path} has format {facts.get('format')!r}; this hrlib reads format {FORMAT}: use the version that wrote it"
        )
    return facts, values


def _checksum(text: str, tensors: dict[str, Tensor]) -> str:
    """Of the facts as they are written and of all tensors: their names, types, shapes and bytes."""
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for key, value in sorted(tensors.items()):
        digest.update(f"{key} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _check_fit(path: Path, name: str, own: dict[str, Tensor], saved: dict[str, Tensor]) -> None:
    wrong = [
        f"{name}.{key}: here {tuple(own[key].shape) if key in own else 'absent'}, "
        f"saved {tuple(saved[key].shape) if key in saved else 'absent'}"
        for key in sorted(own.keys() | saved.keys())
        if key not in own or key not in saved or own[key].shape != saved[key].shape
    ]
    if wrong:
        raise HrlibError(
            f"{path} does not fit the given {name}: {'; '.join(wrong[:5])}{f' and {len(wrong) - 5} more' if len(wrong) > 5 else ''}. "
            "Build the model and the loss with the settings of the saved run"
        )


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key[len(prefix) + 1 :]: value for key, value in tensors.items() if key.startswith(prefix + ".")}


def _parameter_names(modules: dict[str, nn.Module]) -> dict[Tensor, str]:
    return {
        parameter: f"{name}.{key}" for name, module in modules.items() for key, parameter in module.named_parameters()
    }


def _optimizer_tensors(modules: dict[str, nn.Module], optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    names = _parameter_names(modules)
    return {
        f"optimizer.{names[parameter]}.{key}": torch.as_tensor(value)
        for parameter, state in optimizer.state.items()
        for key, value in state.items()
    }
