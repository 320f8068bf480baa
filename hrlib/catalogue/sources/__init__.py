"""Named data sets: one module each, with a function `load`; the first line of its docstring says what it is."""

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
    "cub": "hrlib.catalogue.sources.cub",
    "cars": "hrlib.catalogue.sources.cars",
    "sop": "hrlib.catalogue.sources.sop",
    "in-shop": "hrlib.catalogue.sources.in_shop",
    "inaturalist": "hrlib.catalogue.sources.inaturalist",
    "cifar100": "hrlib.catalogue.sources.cifar100",
    "fashion-mnist": "hrlib.catalogue.sources.fashion_mnist",
    "flickr8k": "hrlib.catalogue.sources.flickr8k",
    "flickr30k": "hrlib.catalogue.sources.flickr30k",
    "coco": "hrlib.catalogue.sources.coco",
}
SIZES = ("small", "full")
PHOTO_SETTINGS = ("fit", "on_bad", "cache_dir", "workers")


def load(name: str | None = None, *, size: str = "small", seed: int = 0, **settings: Any) -> Catalogue:
    """A catalogue by name; without one, an error that lists them with a line each.

    Args:
        name: of the data set; `hrlib.catalogue.sources.SOURCES` lists them.
        size: "small", a seeded share of the classes that is enough to try things in seconds, or "full".
        seed: of what is drawn or sampled.
        **settings: the source's own, such as data_dir, download and image_size; see its `load`.

    Raises:
        HrlibError: an unknown name, size or setting, or data that is not there (it says where to get it and where to put it).
    """
    if name not in SOURCES:
        close = nearest(str(name), SOURCES).partition("Known:")[0]
        said = "give the name of a data set. " if name is None else f"no data set is called {name!r}; {close}"
        raise HrlibError(f"{said}Known:\n{listing()}")
    if size not in SIZES:
        raise HrlibError(f"size is {size!r}: expected {' or '.join(map(repr, SIZES))}")
    source = importlib.import_module(SOURCES[name]).load
    parameters = inspect.signature(source).parameters
    allowed = [key for key, value in parameters.items() if value.kind is not value.VAR_KEYWORD]
    allowed += PHOTO_SETTINGS if len(allowed) < len(parameters) else ()
    for setting in settings:
        if setting not in allowed:
            raise HrlibError(f"{name!r} has no setting {setting!r}; {nearest(setting, allowed)}")
    return source(size=size, seed=seed, **settings)


def listing() -> str:
    """A line for each data set: its name and what it is."""
    width = max(map(len, SOURCES))
    first = {name: importlib.import_module(module).__doc__.splitlines()[0] for name, module in SOURCES.items()}
    return "\n".join(f"  {name:{width}}  {line}" for name, line in first.items())
