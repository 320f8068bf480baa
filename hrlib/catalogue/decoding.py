"""Photos read, decoded and brought to one size in worker processes, some at a time."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from functools import lru_cache
from typing import Any

import joblib
import numpy as np

from hrlib.catalogue.images import Fit, decode, resize
from hrlib.errors import BadImage

CHUNK = 64  # photos a task: large enough to hide the hand-over, small enough for a smooth bar
IDLE_SECONDS = 10  # then a worker without work ends, also one whose process was killed: joblib's own five minutes are long for what holds memory

Decoded = tuple[np.ndarray, dict[int, str]]


def decoded(
    references: Sequence[Any] | np.ndarray, read: Callable, size: tuple[int, int], fit: Fit, workers: int | None
) -> Generator[Decoded]:
    """The photos in order, up to `CHUNK` at a time: (n, H, W, 3) uint8, and why those that stayed black are bad, by their place among these n.

    Args:
        references, read, workers: see `store.build_store`. size, fit: see `images.resize`.
    """
    chunks = [range(start, min(start + CHUNK, len(references))) for start in range(0, len(references), CHUNK)]
    jobs = min(workers or joblib.cpu_count(), len(chunks)) or 1
    # loky: its processes are started afresh, so neither torch's threads nor a script without a __main__ guard are in the way
    return joblib.Parallel(jobs, return_as="generator", idle_worker_timeout=IDLE_SECONDS)(
        joblib.delayed(_decoded)([references[row] for row in rows], read, size, fit, os.getpid()) for rows in chunks
    )


@lru_cache(maxsize=1)  # once a worker
def _end_with(builder: int) -> None:
    """End this worker soon after the process that builds: of one that is killed, loky's workers would wait for ever to hand over their photos."""

    def watch() -> None:
        while os.getppid() == builder:
            time.sleep(1)
        os._exit(1)

    # not in the builder itself, and not in another library's worker
    if multiprocessing.current_process().name.startswith("LokyProcess"):
        threading.Thread(target=watch, daemon=True).start()


def _decoded(
    references: list[Any], read: Callable, size: tuple[int, int], fit: Fit, builder: int
) -> tuple[np.ndarray, dict[int, str]]:
    _end_with(builder)
    pixels, bad = np.zeros((len(references), *size, 3), np.uint8), {}
    for offset, reference in enumerate(references):
        try:
            got = read(reference)
            if isinstance(got, bytes):
                got = decode(got)
            pixels[offset] = got if isinstance(got, np.ndarray) else resize(got, size, fit)
        except BadImage as error:
            bad[offset] = str(error)
        except OSError as error:
            bad[offset] = error.strerror or str(error)
    return pixels, bad
