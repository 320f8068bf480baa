"""A small shop with a model that was trained on it, for the tests of visual search."""

import io

import numpy as np
from PIL import Image

import hrlib as hr
from hrlib.search import VisualSearch


def made():
    """The catalogue of 168 photos of 32 x 32, and a model after a few steps of training on it."""
    shop = hr.load("synthetic", size="small", products=2, photos=3, image_size=(32, 32), workers=1)
    model = hr.models.image_encoder("small", dim=16, seed=0)
    loss = hr.losses.HierarchicalProxyLoss(shop.hierarchy, dim=16, weights=(1.0, 0.3, 0.1))
    hr.fit(model, loss, shop, epochs=2, batch_size=56, seed=0)
    return shop, model


def encoded(pixels: np.ndarray, form: str = "PNG", **settings) -> bytes:
    """A photo (H, W, 3) as a file."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, form, **settings)
    return data.getvalue()


def contents(search: VisualSearch) -> dict:
    """What a search holds: id -> (vector, photo, metadata)."""
    ids = search.store.ids()
    vectors, frame = search.store.get(ids)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {
        one: (v.tobytes(), search.photo(one).tobytes(), row) for one, v, row in zip(ids, vectors, rows, strict=True)
    }
