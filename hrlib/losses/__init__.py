"""Losses: pure functions of (embeddings, labels, proxies), the modules that hold the proxies, and all of them by name."""

from hrlib.losses import named  # noqa: F401 - fills the registry
from hrlib.losses.csl import CrossScaleLoss
from hrlib.losses.discovered import DiscoveredHierarchyLoss
from hrlib.losses.hierarchical import HierarchicalProxyLoss
from hrlib.losses.himulcone import HiMulConELoss
from hrlib.losses.multi_task import MultiTaskLoss
from hrlib.losses.proxy import BASES, proxy_anchor, proxy_nca, proxy_nca_pp
from hrlib.losses.reconstruction import ReconstructionLoss
from hrlib.losses.registry import LOSSES, defaults, make, names, register

__all__ = [
    "BASES",
    "LOSSES",
    "CrossScaleLoss",
    "DiscoveredHierarchyLoss",
    "HiMulConELoss",
    "HierarchicalProxyLoss",
    "MultiTaskLoss",
    "ReconstructionLoss",
    "defaults",
    "make",
    "names",
    "proxy_anchor",
    "proxy_nca",
    "proxy_nca_pp",
    "register",
]
