"""One run of a benchmark, as plain values that name its folder and go to a worker process."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from hrlib.catalogue import Catalogue

PLACES = (
    "data_dir",
    "cache_dir",
    "workers",
    "download",
)  # of `hr.load`: where things lie, which is another place on another machine


@dataclass(frozen=True)
class RunSpec:
    """One run, whole: whatever its result depends on, but the library's version, is in here.

    catalogue: what the results call it; load: the arguments of `hr.load`, or the fingerprint of a Catalogue that was given as an object.
    label: what the results call the loss; loss: its name in the registry ("" for a function that was given); settings: its own, or the
    function's source. seed: of the initial weights, batches and augmentation. split: parts of the classes for training, validation and
    test, and split_seed: the same for all runs. dim: of the embeddings. fit: of `hr.fit`.
    """

    catalogue: str
    load: dict[str, Any]
    label: str
    loss: str
    settings: dict[str, Any]
    seed: int
    split: tuple[float, ...] = (0.4, 0.1, 0.5)
    split_seed: int = 0
    dim: int = 64
    encoder: str = "small"
    fit: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A folder's name: the run's place, and a hash of all that is in it (another setting is another run)."""
        digest = hashlib.sha256(json.dumps(identity(asdict(self)), sort_keys=True).encode()).hexdigest()[:10]
        return "/".join(
            re.sub(r"[^\w+.-]+", "-", part) for part in (self.catalogue, self.label, f"seed-{self.seed}-{digest}")
        )


def identity(spec: dict[str, Any]) -> dict[str, Any]:
    """What makes two runs the same, wherever their data lie: of a RunSpec as a dictionary, also of one that was read from JSON."""
    load = {key: value for key, value in spec["load"].items() if key not in PLACES}
    return json.loads(json.dumps({**spec, "load": load}))


def catalogue_fingerprint(catalogue: Catalogue) -> dict[str, str]:
    """Of the photos, labels and names of a catalogue that was given as an object."""
    digest = hashlib.sha256(repr((catalogue.hierarchy.levels, catalogue.hierarchy.names)).encode())
    digest.update(catalogue.hierarchy.labels.tobytes())
    for start in range(0, len(catalogue), 1024):
        digest.update(catalogue.images[start : start + 1024].tobytes())
    return {"fingerprint": digest.hexdigest()}


def function_source(function: Callable) -> dict[str, str]:
    """The source of a loss's function, as far as Python knows it; what it calls and closes over is not in it."""
    try:
        return {"function": inspect.getsource(function)}
    except (OSError, TypeError):
        return {"function": f"{function.__module__}.{getattr(function, '__qualname__', type(function).__qualname__)}"}
