"""An image encoder and a text encoder with one space."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrlib.errors import HrlibError

RANGE = (0.001, 0.5)  # of the temperature, as in Yang et al., arXiv 2202.10401


class DualEncoder(nn.Module):
    """Photos and texts to unit vectors (D,) of one space, as a whole and in parts.

    model(images) are the embeddings of photos, so that `hr.embed`, search and the explorer take it as they take an image encoder. The parts of
    a photo are the cells of a grid, those of a text its tokens; they pass through the same linear layer as the whole, which is how they
    learn: Yang et al., arXiv 2202.10401, take the parts from the teacher, where nothing has a gradient.

    Args:
        image: an encoder of `image_encoder` with one part, small or pretrained; its dim is that of the space.
        text: a `TextEncoder`, or a pretrained one of `hrlib.models.pretrained_text`.
        temperature: that similarities are divided by, to begin with.
        learn_temperature: it is learned, as its logarithm, and kept within .001..5; else it stays.
        grid: cells of a photo along each side.

    Raises:
        HrlibError: an image encoder without local features or of several parts, a temperature outside .001...5.
    """

    def __init__(
        self,
        image: nn.Module,
        text: nn.Module,
        *,
        temperature: float = 0.07,
        learn_temperature: bool = True,
        grid: int = 4,
    ):
        super().__init__()
        if not hasattr(image, "local_features") or image.parts != 1:
            raise HrlibError(
                f"a {type(image).__name__} as the image encoder: expected one of hr.models.image_encoder, with parts=1"
            )
        if not RANGE[0] <= temperature <= RANGE[1]:
            raise HrlibError(f"temperature is {temperature}: expected {RANGE[0]} to {RANGE[1]}")
        self.image, self.text, self.grid, self.dim = image, text, grid, image.dim
        self.text_head = nn.Linear(text.width, image.dim)
        self.log_temperature = nn.Parameter(torch.tensor(math.log(temperature)), requires_grad=learn_temperature)

    @property
    def tokenizer(self):
        """What makes the tokens of `encode_tokens`."""
        return self.text.tokenizer

    @property
    def temperature(self) -> Tensor:
        """A scalar within its range."""
        return self.log_temperature.clamp(*map(math.log, RANGE)).exp()

    @torch.no_grad()
    def clamp_temperature(self) -> None:
        """Bring a temperature that a step has left outside its range back to it, where it can go on learning."""
        self.log_temperature.clamp_(*map(math.log, RANGE))

    def forward(self, images: Tensor) -> Tensor:
        return self.image(images)

    def encode_images(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Photos (B, 3, H, W) in 0..1 to embeddings (B, D) and those of the cells, row by row, (B, grid * grid, D)."""
        features, cells = self.image.local_features(images, self.grid)
        return unit(self.image.head(features)), unit(self.image.head(cells))

    def encode_tokens(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens (B, T) to embeddings (B, D), those of each token (B, T, D), and which tokens count (B, T) bool: no padding, no [CLS]."""
        features, states, counts = self.text(tokens)
        return *self.project_text(features, states), counts

    def project_text(self, features: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
        """What the text encoder says of texts and of their tokens as unit vectors of the space."""
        return unit(self.text_head(features)), unit(self.text_head(states))

    def encode_texts(self, texts: Sequence[str], batch_size: int = 256) -> np.ndarray:
        """Texts to embeddings (N, D) float32 of unit length, in evaluation mode. What is longer than the text encoder takes is cut.

        Raises:
            HrlibError: a text without a word.
        """
        tokens = torch.from_numpy(self.tokenizer.encode(texts, self.text.length))
        found = [np.zeros((0, self.dim), np.float32)]
        with evaluating(self):
            for part in tokens.split(batch_size):
                found.append(self.encode_tokens(part.to(self.log_temperature.device))[0].cpu().numpy())
        return np.concatenate(found)


def unit(x: Tensor) -> Tensor:
    """Of unit length along the last axis, in float32 or wider."""
    return F.normalize(x.to(torch.promote_types(x.dtype, torch.float32)), dim=-1)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; the mode is afterwards what it was."""
    training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(training)
