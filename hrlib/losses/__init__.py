"""Losses: pure functions of (embeddings, labels, proxies), and the modules that hold the proxies."""

from hrlib.losses.discovered import DiscoveredHierarchyLoss
from hrlib.losses.hierarchical import HierarchicalProxyLoss
from hrlib.losses.proxy import BASES, proxy_anchor, proxy_nca, proxy_nca_pp

__all__ = ["BASES", "DiscoveredHierarchyLoss", "HierarchicalProxyLoss", "proxy_anchor", "proxy_nca", "proxy_nca_pp"]
