"""Losses: pure functions of (embeddings, labels, proxies), the modules that hold the proxies, and all of them by name."""

from typing import TYPE_CHECKING

from hrlib.losses.attributes import AttributeLoss
from hrlib.losses.codebook import CodebookLoss
from hrlib.losses.contrast import contrast
from hrlib.losses.csl import CrossScaleLoss
from hrlib.losses.discovered import DiscoveredHierarchyLoss
from hrlib.losses.graded import GradedTripletLoss, graded_triplet
from hrlib.losses.hierarchical import HierarchicalProxyLoss
from hrlib.losses.himulcone import HiMulConELoss
from hrlib.losses.multi_task import MultiTaskLoss
from hrlib.losses.proxy import BASES, proxy_anchor, proxy_nca, proxy_nca_pp
from hrlib.losses.reconstruction import ReconstructionLoss
from hrlib.losses.registry import defaults, known, make, names, register
from hrlib.losses.sinkhorn import sinkhorn
from hrlib.losses.triple import TripleContrastiveLoss, local_contrast

if TYPE_CHECKING:
    from hrlib.losses.registry import LOSSES

__all__ = [
    "BASES",
    "LOSSES",
    "AttributeLoss",
    "CodebookLoss",
    "CrossScaleLoss",
    "DiscoveredHierarchyLoss",
    "GradedTripletLoss",
    "HiMulConELoss",
    "HierarchicalProxyLoss",
    "MultiTaskLoss",
    "ReconstructionLoss",
    "TripleContrastiveLoss",
    "contrast",
    "defaults",
    "graded_triplet",
    "local_contrast",
    "make",
    "names",
    "proxy_anchor",
    "proxy_nca",
    "proxy_nca_pp",
    "register",
    "sinkhorn",
]


def __getattr__(name: str):
    if name == "LOSSES":  # with those that are loaded when a name is first needed
        return known()
    raise AttributeError(f"module 'hrlib.losses' has no attribute {name!r}")
