"""A small tree of three levels, and batches of its classes."""

import pandas as pd
import pytest
import torch

import hrlib as hr


@pytest.fixture(scope="session")
def tree() -> hr.Hierarchy:
    """12 classes, 4 superclasses, 2 sections."""
    numbers = range(12)
    columns = {"class": [f"c{n:02}" for n in numbers], "superclass": [f"s{n // 3}" for n in numbers]}
    return hr.Hierarchy.from_frame(pd.DataFrame({**columns, "section": [f"t{n // 6}" for n in numbers]}))


@pytest.fixture(scope="session")
def batch():
    """A function that draws a batch: (seed, per_class, dim) to embeddings and labels."""
    return _batch


def _batch(seed: int = 0, per_class: int = 3, dim: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings (B, dim) that gather around their classes, and labels, in a mixed order."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(12).repeat(per_class)[torch.randperm(12 * per_class, generator=generator)]
    centres = torch.randn(12, dim, generator=generator)
    return centres[labels] + 0.7 * torch.randn(len(labels), dim, generator=generator), labels
