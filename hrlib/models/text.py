"""A small transformer for texts, trained from nothing."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.models.tokenizer import PAD, Tokenizer

STD = 0.02  # of the first embeddings, as in BERT


class TextEncoder(nn.Module):
    """Tokens (B, T) of `tokenizer` to states: torch's TransformerEncoder with normalisation before each part and learned positions.

    Normalising first trains without a slow start (Xiong et al., ICML 2020, arXiv 2002.04745). Padding is never attended to, so that it
    changes nothing of a text's own states. The tokenizer is saved with the weights, as JSON.

    Args:
        tokenizer: what makes the tokens.
        width: of the states.
        layers: of attention and feed-forward, the latter of twice the width.
        heads: of attention; they share the width equally.
        length: tokens of the longest text, [CLS] with them.
        dropout: in training; it makes two passes over a text two views of it.

    Raises:
        HrlibError: a width that the heads do not divide, a length below 2.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        width: int = 128,
        *,
        layers: int = 2,
        heads: int = 4,
        length: int = 32,
        dropout: float = 0.1,
    ):
        super().__init__()
        if width % heads:
            raise HrlibError(f"width is {width} for {heads} heads: expected a multiple")
        if length < 2:
            raise HrlibError(f"length is {length}: expected at least 2 tokens, [CLS] and a piece of a word")
        self.tokenizer, self.width, self.length = tokenizer, width, length
        self.embedding = nn.Embedding(tokenizer.size, width, padding_idx=PAD)
        self.positions = nn.Parameter(torch.randn(length, width) * STD)
        self.dropout = nn.Dropout(dropout)
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        draw_anew(self.layers)
        nn.init.normal_(self.embedding.weight, std=STD)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The state of the text (B, width), that of [CLS]; those of all tokens (B, T, width); and which tokens count (B, T) bool: no padding
        and no [CLS]."""
        if tokens.shape[1] > self.length:
            raise HrlibError(
                f"tokens of shape {tuple(tokens.shape)} for texts of at most {self.length}: encode with length={self.length}, or make the "
                "text encoder longer"
            )
        states = self.dropout(self.embedding(tokens) + self.positions[: tokens.shape[1]])
        states = self.layers(states, src_key_padding_mask=tokens == PAD)
        return states[:, 0], states, counting(tokens, self.tokenizer)

    def get_extra_state(self) -> Tensor:
        """The tokenizer, so that a checkpoint has it: its JSON, as bytes."""
        return torch.frombuffer(bytearray(self.tokenizer.to_json().encode()), dtype=torch.uint8)

    def set_extra_state(self, state: Tensor) -> None:
        self.tokenizer = Tokenizer.from_json(state.cpu().numpy().tobytes().decode())


def counting(tokens: Tensor, tokenizer: Any) -> Tensor:
    """Which tokens stand for a part of a text: bool of their shape."""
    return ~torch.isin(tokens, torch.tensor(tokenizer.special, device=tokens.device))


def draw_anew(layers: nn.Module) -> None:
    """Draw the weights of torch's transformer layers again: they are copies of one layer, with its weights."""
    for parameter in layers.parameters():
        if parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter)
