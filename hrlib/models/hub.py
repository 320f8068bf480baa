"""Models of the Hugging Face hub, loaded by transformers: nothing but their weights, all of them, and what to say where there is none."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import nn

from hrlib.errors import HrlibError

# of transformers' from_pretrained: nothing is unpickled, and no code that lies beside the weights is run, or asked about
ONLY_WEIGHTS = {
    "dtype": torch.float32,
    "use_safetensors": True,
    "output_loading_info": True,
    "trust_remote_code": False,
}


def transformers_for(name: str) -> Any:
    """The library, wanted for the model `name`; an HrlibError where it is not installed."""
    try:
        import transformers
    except ImportError as error:
        raise HrlibError(
            f'{name!r} needs transformers, which is not installed: pip install "hrlib[pretrained]"'
        ) from error
    return transformers


def check_whole(name: str, network: nn.Module, report: dict[str, Any]) -> None:
    """Raise an HrlibError if the checkpoint lacks weights of the network, by what transformers tells of its loading."""
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise HrlibError(
            f"{name!r} lacks {len(missing)} of the weights of its {type(network).__name__} ({', '.join(missing[:3])}, ...): "
            "they would be left at random. Take a checkpoint of the whole model"
        )


def not_there(name: str, error: Exception, files: str = "preprocessor_config.json") -> str:
    """What to say where a pretrained network cannot be loaded, which needs config.json, model.safetensors and these files."""
    where = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    first = str(error).strip().splitlines()[0] if str(error).strip() else ""
    return (
        f"{name!r} cannot be loaded ({type(error).__name__}: {first}). Expected a folder with config.json, model.safetensors and "
        f"{files}, or a model on the Hugging Face hub. It is looked for in the cache, {where} (HF_HOME), and downloaded where "
        f"there is a connection. On a machine without: run `hf download {name}` on one that has it, and copy the cache, or give the folder's path"
    )
