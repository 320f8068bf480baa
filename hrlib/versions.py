"""The versions that a result was made with."""

from __future__ import annotations

import platform
from importlib import metadata

PACKAGES = ("hrlib", "torch", "lightning-fabric", "kornia", "pytorch-metric-learning", "numpy", "pandas", "pillow")


def versions() -> dict[str, str]:
    """Python's and the packages' versions, for the files beside checkpoints and results."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
