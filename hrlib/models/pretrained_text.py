"""Pretrained text encoders, and pretrained pairs of encoders, through transformers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.models.dual import RANGE, DualEncoder
from hrlib.models.hub import ONLY_WEIGHTS, check_whole, not_there, transformers_for
from hrlib.models.pretrained import load
from hrlib.models.text import counting
from hrlib.models.tokenizer import check_texts, check_words

FILES = "tokenizer.json"
# their pooler is a layer that most checkpoints do not have, and that was trained for something else
WITHOUT_POOLER = ("bert", "camembert", "mpnet", "roberta", "xlm-roberta")


class PretrainedTokenizer:
    """A pretrained tokenizer in the words of `Tokenizer`: its own numbers plus 1, so that 0 is padding with any of them.

    Args:
        own: a tokenizer of transformers.
    """

    def __init__(self, own: Any):
        self._own = own
        ends = {own.cls_token_id, own.sep_token_id, own.bos_token_id, own.eos_token_id, own.pad_token_id} - {None}
        self.special = (0, *sorted(number + 1 for number in ends))
        self.filler = own.pad_token_id or 0  # what the network is given where there is padding
        self.mask = None if own.mask_token_id is None else own.mask_token_id + 1

    @property
    def size(self) -> int:
        """Tokens, padding with them."""
        return len(self._own) + 1

    def encode(self, texts: Sequence[str], length: int = 32) -> np.ndarray:
        """Tokens (N, length) int64, 0 where padding; what is longer is cut. Raises an HrlibError as `Tokenizer.encode` does."""
        check_texts(texts, length)
        found = [self._own(text, truncation=True, max_length=length)["input_ids"] for text in texts]
        tokens = np.zeros((len(texts), length), np.int64)
        for row, ids in zip(tokens, found, strict=True):
            row[: len(ids)] = np.add(ids, 1)
        check_words(texts, np.any(~np.isin(tokens, self.special), axis=1))
        return tokens

    def words(self, tokens: Sequence[int]) -> list[str]:
        """The pieces by name, with padding as [PAD]."""
        return [self._own.convert_ids_to_tokens(int(token) - 1) if token else "[PAD]" for token in tokens]


class PretrainedTextEncoder(nn.Module):
    """Tokens (B, T) to states as `TextEncoder` has them. The state of a text is the pooled one where the network has it (CLIP, SigLIP), else
    that of its first token (BERT).

    Args:
        backbone: a text model of transformers.
        tokenizer: its own.
        length: tokens of the longest text.
        frozen: it is left as it is: no gradient, and evaluation mode also in training.
    """

    def __init__(self, backbone: nn.Module, tokenizer: PretrainedTokenizer, length: int = 32, *, frozen: bool = False):
        super().__init__()
        positions = getattr(backbone.config, "max_position_embeddings", length)
        if not 2 <= length <= positions:
            raise HrlibError(f"length is {length}: expected 2 to {positions} tokens, as the network has positions")
        self.backbone, self.tokenizer, self.length, self.frozen = backbone.eval(), tokenizer, length, frozen
        self.width = backbone.config.hidden_size
        if frozen:
            backbone.requires_grad_(False)

    def train(self, mode: bool = True) -> PretrainedTextEncoder:
        """As of any module, but a frozen backbone stays in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The state of the text (B, width), those of all tokens (B, T, width), and which tokens count (B, T) bool."""
        padding = tokens == 0
        ids = (tokens - 1).masked_fill(padding, self.tokenizer.filler)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            output = self.backbone(input_ids=ids, attention_mask=(~padding).long())
        states, pooled = output["last_hidden_state"], output.get("pooler_output")
        return states[:, 0] if pooled is None else pooled, states, counting(tokens, self.tokenizer)


def load_text(name: str, length: int = 32, *, frozen: bool = False) -> PretrainedTextEncoder:
    """The pretrained text encoder `name`, a model on the Hugging Face hub such as "google-bert/bert-base-uncased", or a local folder; of a pair of
    encoders the text one. Only safetensors and JSON are read.

    Raises:
        HrlibError: transformers is not installed, or the model is not there; it says what to do.
    """
    auto = transformers_for(name)
    try:
        config = auto.AutoConfig.from_pretrained(name, trust_remote_code=False)
        config = getattr(config, "text_config", config)
        without_pooler = {"add_pooling_layer": False} if config.model_type in WITHOUT_POOLER else {}
        backbone, report = auto.AutoModel.from_pretrained(name, config=config, **ONLY_WEIGHTS, **without_pooler)
        own = auto.AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        check_whole(name, backbone, report)
        return PretrainedTextEncoder(backbone, PretrainedTokenizer(own), length, frozen=frozen)
    except HrlibError:
        raise
    except Exception as error:  # transformers raises all kinds on a configuration that is odd or of another network
        raise HrlibError(not_there(name, error, FILES)) from error


def load_pair(name: str, length: int = 32, *, frozen: bool = False, image_size: int | None = None) -> DualEncoder:
    """A pretrained pair of encoders with the projections and the temperature that it was trained with, such as "openai/clip-vit-base-patch32".

    Args:
        frozen: both encoders are left as they are; the projections learn.

    Raises:
        HrlibError: as of `load_text`, or a model that is no such pair.
    """
    auto = transformers_for(name)
    try:
        whole, _ = auto.AutoModel.from_pretrained(name, **ONLY_WEIGHTS)
    except Exception as error:
        raise HrlibError(not_there(name, error, f"preprocessor_config.json and {FILES}")) from error
    if not hasattr(whole, "visual_projection") or not hasattr(whole, "text_projection"):
        raise HrlibError(
            f"{name!r} is a {type(whole).__name__}, without projections of photos and texts into one space: expected a CLIP. Give other "
            "encoders by name to hr.models.dual_encoder(image=, text=), which learns the projections"
        )
    image = load(name, whole.visual_projection.out_features, frozen=frozen, image_size=image_size)
    temperature = float(whole.logit_scale.detach().neg().exp().clamp(*RANGE))
    pair = DualEncoder(image, load_text(name, length, frozen=frozen), temperature=temperature)
    for head, projection in ((image.head, whole.visual_projection), (pair.text_head, whole.text_projection)):
        head.weight.data.copy_(projection.weight)
        head.bias.data.zero_()
    return pair
