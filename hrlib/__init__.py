"""hrlib: image retrieval with hierarchies.

import hrlib as hr
catalogue = hr.load("synthetic")
train, test = catalogue.split_classes(seed=0)
model = hr.models.image_encoder("small", dim=64)
loss = hr.losses.HierarchicalProxyLoss(train.hierarchy, dim=64, weights=(1.0, 0.3))
run = hr.fit(model, loss, train, epochs=10)
hr.evaluate(hr.embed(model, test), test.hierarchy)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# Names are looked up when they are first used: `import hrlib` costs nothing, and worker processes that draw or decode never load torch.
_NAMES = {
    "Attributes": "hrlib.catalogue",
    "Captions": "hrlib.catalogue",
    "Catalogue": "hrlib.catalogue",
    "Hierarchy": "hrlib.catalogue",
    "ImageStore": "hrlib.catalogue",
    "from_folder": "hrlib.catalogue",
    "from_table": "hrlib.catalogue",
    "load": "hrlib.catalogue",
    "HrlibError": "hrlib.errors",
    "BadImage": "hrlib.errors",
    "HierarchyConflict": "hrlib.errors",
    "Results": "hrlib.benchmarking",
    "benchmark": "hrlib.benchmarking",
    "degrade": "hrlib.degradation",
    "evaluate": "hrlib.evaluation",
    "embed": "hrlib.training",
    "fit": "hrlib.training",
}
_MODULES = ("benchmarking", "catalogue", "evaluation", "explore", "losses", "models", "search", "training")

__all__ = ["__version__", *_MODULES, *_NAMES]

if TYPE_CHECKING:
    from hrlib import benchmarking, catalogue, evaluation, explore, losses, models, search, training
    from hrlib.benchmarking import Results, benchmark
    from hrlib.catalogue import Attributes, Captions, Catalogue, Hierarchy, ImageStore, from_folder, from_table, load
    from hrlib.degradation import degrade
    from hrlib.errors import BadImage, HierarchyConflict, HrlibError
    from hrlib.evaluation import evaluate
    from hrlib.training import embed, fit  # type: ignore[no-redef]


def __getattr__(name: str):
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"hrlib.{name}")
    raise AttributeError(f"module 'hrlib' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
