"""Made-up embeddings and hierarchies for the tests of metrics."""

import numpy as np
import pandas as pd
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from hrlib.catalogue.hierarchy import Hierarchy

LEVELS = ["product", "category", "department"]


def unit_rows(x):
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def random_units(n, seed=0, dim=16):
    return unit_rows(np.random.default_rng(seed).standard_normal((n, dim)))


def dyadic(n, seed=0, dim=16):
    """Unit vectors of which four entries are +-1/2: products are exact in any order of summation, and ties are many."""
    rng = np.random.default_rng(seed)
    x = np.zeros((n, dim), np.float32)
    for row in x:
        row[rng.choice(dim, 4, replace=False)] = rng.choice([-0.5, 0.5], 4)
    return x


def frame(products):
    """Products 0, 1, ... -> names at three levels: two products a category, three categories a department."""
    products = np.asarray(products)
    names = {"product": products, "category": products // 2, "department": products // 6}
    return pd.DataFrame({level: [f"{level}{i:03d}" for i in values] for level, values in names.items()})


def tree(products):
    return Hierarchy.from_frame(frame(products), levels=LEVELS)


def random_products(n, seed=0, products=12):
    return np.random.default_rng(seed).integers(products, size=n)


class LargestTensor(TorchDispatchMode):
    """Within it, `elements` is the size of the largest tensor that any operation of torch has given so far."""

    elements = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        given = operation(*args, **(kwargs or {}))
        sizes = [leaf.numel() for leaf in tree_leaves(given) if isinstance(leaf, torch.Tensor)]
        self.elements = max([self.elements, *sizes])
        return given
