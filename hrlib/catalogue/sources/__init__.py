"""Named data sets: one module each, with a function `load`."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from hrlib.catalogue.catalogue import Catalogue
from hrlib.errors import HrlibError
from hrlib.settings import nearest

SOURCES = {
    "synthetic": "hrlib.catalogue.synthetic",
    "fashion-products": "hrlib.catalogue.sources.fashion_products",
    "grocery": "hrlib.catalogue.sources.grocery",
    "omniglot": "hrlib.catalogue.sources.omniglot",
}
SIZES = ("small", "full")


def load(name: str, *, size: str = "small", seed: int = 0, **settings: Any) -> Catalogue:
    """A catalogue by name: "synthetic", "fashion-products", "grocery" or "omniglot".

    Args:
        name: of the data set; `hrlib.catalogue.sources.SOURCES` lists them.
        size: "small", enough to try things in seconds, or "full".
        seed: of what is drawn or sampled.
        **settings: the source's own, such as data_dir and image_size; see its `load`.

    Raises:
        HrlibError: an unknown name, size or setting, or data that is not there (it says where to get it and where to put it).
    """
    if name not in SOURCES:
        raise HrlibError(f"no data set is called {name!r}; {nearest(name, SOURCES)}")
    if size not in SIZES:
        raise HrlibError(f"size is {size!r}: expected {' or '.join(map(repr, SIZES))}")
    source = importlib.import_module(SOURCES[name]).load
    allowed = inspect.signature(source).parameters
    for setting in settings:
        if setting not in allowed:
            raise HrlibError(f"{name!r} has no setting {setting!r}; {nearest(setting, allowed)}")
    return source(size=size, seed=seed, **settings)
