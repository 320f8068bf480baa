"""Models: photos, and texts, to unit vectors. They know nothing of losses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from hrlib.errors import HrlibError
from hrlib.models.crossmodal import CrossModalModel, ImageLocals
from hrlib.models.dual import DualEncoder
from hrlib.models.encoder import SmallEncoder
from hrlib.models.fusion import FusionEncoder
from hrlib.models.momentum import MomentumTeacher, Queue
from hrlib.models.pretrained import PretrainedEncoder, load
from hrlib.models.pretrained_text import PretrainedTextEncoder, PretrainedTokenizer, load_pair, load_text
from hrlib.models.text import TextEncoder
from hrlib.models.tokenizer import Tokenizer
from hrlib.models.variational import VariationalAutoencoder
from hrlib.settings import nearest

ENCODERS = {"small": SmallEncoder}

__all__ = [
    "ENCODERS",
    "CrossModalModel",
    "DualEncoder",
    "FusionEncoder",
    "ImageLocals",
    "MomentumTeacher",
    "PretrainedEncoder",
    "PretrainedTextEncoder",
    "PretrainedTokenizer",
    "Queue",
    "SmallEncoder",
    "TextEncoder",
    "Tokenizer",
    "VariationalAutoencoder",
    "dual_encoder",
    "fusion_encoder",
    "image_encoder",
    "load_pair",
]


def image_encoder(
    name: str | os.PathLike[str] = "small",
    dim: int | None = 64,
    *,
    frozen: bool = False,
    image_size: int | None = None,
    parts: int = 1,
    seed: int | None = None,
) -> torch.nn.Module:
    """An image encoder by name: photos (B, 3, H, W) in 0..1 to unit vectors (B, dim).

    Args:
        name: "small", four convolutional stages to be trained from nothing; or a pretrained network: a model on the Hugging Face hub, such as
            "facebook/dinov2-small" or "microsoft/resnet-50", or a local folder with one (needs `pip install "hrlib[pretrained]"`).
        dim: dimensions of the embedding; None, for a pretrained network: its features as they are, without a linear layer behind them.
        frozen: a pretrained network is left as it is, and only the linear layer learns. Otherwise all of it learns: it then wants a much
            lower `lr` in `fit` than a network that starts from nothing, such as 1e-5 to 1e-4.
        image_size: height and width that photos are resized to for a pretrained network, instead of its own: smaller is quicker.
        parts: of equal length that the embedding is made of, for losses that have one each (`MultiTaskLoss(separate=True)`).
        seed: of the initial weights; None draws them from torch's global generator.

    Raises:
        HrlibError: an unknown name, or a pretrained network that is not there; it says how to get it.
    """
    name = os.fspath(name)
    pretrained = name not in ENCODERS and ("/" in name or Path(name).is_dir())
    if not pretrained and name not in ENCODERS:
        known = nearest(name, ENCODERS)
        raise HrlibError(
            f"no image encoder is called {name!r}; {known}, or a model on the hub (owner/name), or a folder"
        )
    if not pretrained and (dim is None or frozen or image_size is not None):
        raise HrlibError(f"{name!r} starts from nothing: it needs a dim, and cannot be frozen or given an image_size")
    with _seeded(seed):
        if pretrained:
            return load(name, dim, frozen=frozen, image_size=image_size, parts=parts)
        return ENCODERS[name](dim, parts)


def dual_encoder(
    text: Tokenizer | str | os.PathLike[str],
    image: str | os.PathLike[str] = "small",
    dim: int = 128,
    *,
    width: int = 128,
    layers: int = 2,
    length: int = 32,
    dropout: float = 0.1,
    temperature: float = 0.07,
    learn_temperature: bool = True,
    frozen: bool = False,
    seed: int | None = None,
) -> DualEncoder:
    """An image encoder and a text encoder with one space of `dim` dimensions.

    Args:
        text: a `Tokenizer`, for a small transformer that starts from nothing; or a pretrained one by its name on the Hugging Face hub, such as
            "google-bert/bert-base-uncased", or its folder. For a pair that was pretrained together see `load_pair`.
        image: as `image_encoder` has it.
        width, layers, dropout: of the small transformer, see `TextEncoder`.
        length: tokens of the longest text.
        temperature, learn_temperature: see `DualEncoder`.
        frozen: pretrained encoders are left as they are, and only the linear layers learn.
        seed: of the initial weights; None draws them from torch's global generator.
    """
    with _seeded(seed):
        trained = os.fspath(image) not in ENCODERS
        photos = image_encoder(image, dim, frozen=frozen and trained)
        if isinstance(text, Tokenizer):
            texts = TextEncoder(text, width, layers=layers, length=length, dropout=dropout)
        else:
            texts = load_text(os.fspath(text), length, frozen=frozen)
        return DualEncoder(photos, texts, temperature=temperature, learn_temperature=learn_temperature)


def fusion_encoder(student: DualEncoder, layers: int = 1, *, seed: int | None = None) -> FusionEncoder:
    """A fusion encoder that fits the dual encoder, for `CrossModalModel(student, fusion=)`."""
    with _seeded(seed):
        return FusionEncoder(student.text.width, student.dim, student.tokenizer.size, layers=layers)


@contextmanager
def _seeded(seed: int | None) -> Iterator[None]:
    """torch's generator started with the seed, and afterwards as it was; None leaves it alone."""
    with torch.random.fork_rng(enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        yield
