"""faiss as it should be beside pytorch-metric-learning, for libraries that search with it in this process."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

import numpy as np


@functools.cache
def mend_faiss() -> None:
    """Let every faiss index take `params` with arrays again.

    pytorch-metric-learning imports faiss.contrib.torch_utils, which puts a `search` without `params` (faiss 1.15) over faiss' own, for the whole
    process; milvus-lite, which passes them, then fails. It is imported here first, so that nobody puts it there later.
    """
    import faiss.contrib.torch_utils

    for made in vars(faiss).values():
        if inspect.isclass(made) and "search_numpy" in vars(made):
            made.search = _search(made.search_numpy, made.search)  # type: ignore[attr-defined]


def _search(own: Callable, replacement: Callable) -> Callable:
    def search(self, x, k, *args, params=None, **kwargs):
        if params is not None and type(x) is np.ndarray:
            return own(self, x, k, *args, params=params, **kwargs)
        return replacement(self, x, k, *args, **kwargs)

    return search
