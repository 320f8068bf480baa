"""Progress bars: shown to people, silent in pipes, in tests and where papermill runs a notebook."""

from __future__ import annotations

import os
import sys

from tqdm.auto import tqdm


def shown() -> bool:
    """Whether somebody watches: a terminal or a live notebook; of torchrun's processes only the first is watched; HRLIB_PROGRESS=0 or 1
    overrides (the notebook runner sets 0)."""
    if (chosen := os.environ.get("HRLIB_PROGRESS")) is not None:
        return chosen not in ("0", "")
    return os.environ.get("RANK", "0") == "0" and (sys.stderr.isatty() or in_a_notebook())


def in_a_notebook() -> bool:
    """Whether this process is a notebook's kernel, whoever runs it."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def bar(iterable=None, **settings) -> tqdm:
    """A tqdm bar with the given settings, disabled where nobody watches."""
    return tqdm(iterable, disable=not shown(), **settings)
