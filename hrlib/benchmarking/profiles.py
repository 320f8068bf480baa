"""What notebook 06 and `--profile` run."""

from __future__ import annotations

from typing import Any

# every loss of the registry but the hierarchical forms of Proxy-NCA++
NAMES = (
    "contrastive",
    "contrastive-xbm",
    "triplet-semi-hard",
    "n-pair",
    "lifted-structure",
    "multi-similarity",
    "soft-triple",
    "arcface",
    "cosface",
    "proxy-nca",
    "proxy-nca++",
    "proxy-anchor",
    "hpl-proxy-nca",
    "hpl-proxy-anchor",
    "hpl-discovered-proxy-nca",
    "hpl-discovered-proxy-anchor",
    "himulcone",
    "csl",
)
# the memory joins when about half of the steps of the smallest catalogue are done (its authors: half of all); by default it would not join there
LOSSES = {name: name for name in NAMES} | {"contrastive-xbm": {"loss": "contrastive-xbm", "start": 90}}
PAIRS = (
    "proxy-nca",
    "hpl-proxy-nca",
    "hpl-discovered-proxy-nca",
    "proxy-anchor",
    "hpl-proxy-anchor",
    "hpl-discovered-proxy-anchor",
)

PROFILES: dict[str, dict[str, Any]] = {
    "small": {
        "losses": ("contrastive", "proxy-anchor", "hpl-proxy-anchor"),
        "catalogues": ("synthetic",),
        "seeds": 2,
        "load": {"size": "small"},
        "epochs": 3,
        "batch_size": 32,
    },
    "full": {
        "losses": LOSSES,
        "catalogues": ("fashion-products", "synthetic", "grocery", "omniglot"),
        "seeds": 3,
        "more_seeds": dict.fromkeys(PAIRS, 5),
        "load": {"size": "full"},
        "epochs": 12,
        "batch_size": 128,
    },
}
