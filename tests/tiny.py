"""A catalogue that trains in a moment, for the tests of several packages."""

import numpy as np
import pandas as pd

import hrlib as hr


def tiny_shop() -> hr.Catalogue:
    """A colour for each of 24 products, near colours for products of one of 3 categories; 120 photos of 16 x 12."""
    rng = np.random.default_rng(0)
    superclass = np.repeat(np.arange(3), 40)
    product = np.repeat(np.arange(24), 5)
    colours = rng.integers(60, 200, (3, 3))[superclass] + rng.integers(-50, 50, (24, 3))[product]
    pixels = np.clip(colours[:, None, None] + rng.normal(0, 25, (120, 16, 12, 3)), 0, 255).astype(np.uint8)
    items = pd.DataFrame({"id": np.arange(120), "product": product.astype(str), "category": superclass.astype(str)})
    hierarchy = hr.Hierarchy.from_frame(items, levels=["product", "category"])
    return hr.Catalogue("tiny", items, hr.ImageStore.from_array(pixels), hierarchy)
