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


@pytest.fixture(scope="session")
def step():
    """A function that draws what a cross-modal model gives in a training step: see `_step`."""
    return _step


def _step(seed=0, batch=5, queue=7, filled=4, dim=6, patches=3, tokens=4, titles=None, dtype=torch.float64):
    """Unit vectors at random; the queue's first `filled` places hold something, some of it under titles of the batch."""
    g = torch.Generator().manual_seed(seed)

    def unit(*shape):
        return torch.nn.functional.normalize(torch.randn(*shape, dim, generator=g, dtype=torch.float64), dim=-1).to(
            dtype
        )

    known = {"titles": torch.randint(0, 4, (batch,), generator=g) if titles is None else torch.tensor(titles)}
    known |= {name: unit(batch) for name in ("image", "text", "teacher_image", "teacher_text")}
    known |= {"image_queue": unit(queue), "text_queue": unit(queue)}
    known["title_queue"] = torch.full((queue,), -1)
    known["title_queue"][:filled] = torch.randint(0, 6, (filled,), generator=g)
    known |= {"image_locals": unit(batch, patches), "text_locals": unit(batch, tokens)}
    known["text_locals_mask"] = torch.arange(tokens) < torch.randint(1, tokens + 1, (batch, 1), generator=g)
    known |= {"temperature": torch.tensor(0.2, dtype=dtype), "progress": torch.tensor(0.1, dtype=torch.float64)}
    known |= {
        "match_logits": torch.randn(3 * batch, 2, generator=g).to(dtype),
        "match_labels": torch.arange(3 * batch) // batch // 2,
    }
    return known | {"word_logits": torch.randn(4, 9, generator=g).to(dtype), "word_labels": torch.tensor([0, 3, 8, 3])}


def reordered(known, seed):
    """The same step with its pairs and the places of its queue in another order."""
    g = torch.Generator().manual_seed(seed)
    orders = {len(known[name]): torch.randperm(len(known[name]), generator=g) for name in ("titles", "title_queue")}
    assert len(orders) == 2  # what belongs to what is told by its length
    return {n: v[orders[len(v)]] if v.ndim and len(v) in orders else v for n, v in known.items()}
