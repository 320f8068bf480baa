"""Losses: pure functions of (embeddings, labels, proxies), the modules that hold the proxies, and all of them by name."""

from hrlib.losses import named  # noqa: F401 - fills the registry
from hrlib.losses.attributes import AttributeLoss
from hrlib.losses.csl import CrossScaleLoss
from hrlib.losses.discovered import DiscoveredHierarchyLoss
from hrlib.losses.graded import GradedTripletLoss, graded_triplet
from hrlib.losses.hierarchical import HierarchicalProxyLoss
from hrlib.losses.himulcone import HiMulConELoss
from hrlib.losses.multi_task import MultiTaskLoss
from hrlib.losses.proxy import BASES, proxy_anchor, proxy_nca, proxy_nca_pp
from hrlib.losses.reconstruction import ReconstructionLoss
from hrlib.losses.registry import LOSSES, defaults, make, names, register

__all__ = [
    "BASES",
    "LOSSES",
    "AttributeLoss",
    "CrossScaleLoss",
    "DiscoveredHierarchyLoss",
    "GradedTripletLoss",
    "HiMulConELoss",
    "HierarchicalProxyLoss",
    "MultiTaskLoss",
    "ReconstructionLoss",
    "defaults",
    "graded_triplet",
    "make",
    "names",
    "proxy_anchor",
    "proxy_nca",
    "proxy_nca_pp",
    "register",
]
