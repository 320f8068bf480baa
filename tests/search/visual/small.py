"""A stock of items without a model: vectors around their products, photos of one grey each."""

import numpy as np
import pandas as pd

import hrlib as hr
from hrlib.search import FaissStore
from hrlib.search.visual.added import AddedPhotos
from hrlib.search.visual.stock import Stock
from tests.evaluation.made_up import unit_rows

N = 24


def vectors(n=N, seed=0, noise=0.1):
    """(n, 6) unit vectors, near each other where items are of one product."""
    rng = np.random.default_rng(seed)
    return unit_rows(rng.normal(size=(8, 6))[np.arange(n) % 8] + noise * rng.normal(size=(n, 6)))


def small_stock(columns=()):
    """Of 24 items of 8 products in 2 categories; a third has no colour."""
    rows = np.arange(N)
    items = pd.DataFrame(
        {
            "id": [f"sku {row}" for row in rows],
            "product": [f"product {row % 8}" for row in rows],
            "category": [f"category {row % 2}" for row in rows],
            "colour": [("red", "blue", None)[row % 3] for row in rows],
            "brand": [f"brand {row % 5}" for row in rows],
        }
    )
    pixels = np.broadcast_to((10 * rows).astype(np.uint8)[:, None, None, None], (N, 8, 6, 3))
    hierarchy = hr.Hierarchy.from_frame(items, ["product", "category"])
    images = hr.ImageStore.from_array(np.ascontiguousarray(pixels))
    shop = hr.Catalogue("small", items, images, hierarchy, ("colour",))
    stock = Stock(FaissStore(6, "exact"), shop, AddedPhotos(), columns)
    stock.fill(vectors())
    return stock
