"""A catalogue whose titles and names hold markup, and two embedding spaces of it."""

import numpy as np
import pandas as pd
import pytest

import hrlib as hr


@pytest.fixture(scope="session")
def shop():
    rng = np.random.default_rng(0)
    items = pd.DataFrame(
        {
            "id": range(36),
            "product": [f"<b>{n % 12}</b>" for n in range(36)],
            "category": [f"<i>cat {n % 4}</i>" for n in range(36)],
        }
    )
    pixels = rng.integers(0, 255, (36, 16, 16, 3), dtype=np.uint8)
    hierarchy = hr.Hierarchy.from_frame(items, ["product", "category"])
    return hr.Catalogue("tiny", items, hr.ImageStore.from_array(pixels), hierarchy)


@pytest.fixture(scope="session")
def spaces(shop):
    rng = np.random.default_rng(1)
    made = {}
    for name, noise in (("flat", 1.0), ("hierarchical", 0.4)):
        centres = (
            rng.normal(size=(12, 8))[shop.hierarchy.column("product")]
            + rng.normal(size=(4, 8))[shop.hierarchy.column("category")]
        )
        vectors = centres + noise * rng.normal(size=(36, 8))
        made[name] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return made
