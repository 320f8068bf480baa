"""What a benchmark runs: every loss on every catalogue with every seed, each a `RunSpec`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from hrlib.benchmarking.spec import RunSpec, catalogue_fingerprint, function_source
from hrlib.catalogue import Catalogue
from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.settings import strict
from hrlib.training.fit import FitSettings

LossFunction = Callable[[Hierarchy, int], nn.Module]


@dataclass(frozen=True)
class Plan:
    """The runs in the order in which they are done, and the objects that cannot be written into a spec."""

    specs: tuple[RunSpec, ...]
    catalogues: dict[str, Catalogue] = field(default_factory=dict)
    losses: dict[str, LossFunction] = field(default_factory=dict)


def plan(
    losses: Iterable[str] | Mapping[str, Any],
    catalogues: Iterable[str] | Mapping[str, Any],
    seeds: int | Sequence[int],
    *,
    load: Mapping[str, Any] | None = None,
    more_seeds: Mapping[str, int] | None = None,
    **common: Any,
) -> Plan:
    """All runs: seed by seed, so that a benchmark that is stopped early has all losses with fewer seeds.

    Args:
        losses: names of the registry; or label -> name, or label -> {"loss": name, settings, "fit": {...}}, or label -> a function of
            (hierarchy, dim).
        catalogues: names that `hr.load` knows; or label -> {"name": name, arguments}, or label -> a Catalogue.
        seeds: how many (0, 1, ...), or which.
        load: arguments of `hr.load` for all of the named catalogues.
        more_seeds: label -> how many seeds that loss gets instead.
        **common: split, split_seed, dim, encoder, and the settings of `hr.fit`.

    Raises:
        HrlibError: nothing to run, an unknown loss or setting, a seed given twice.
    """
    from hrlib.losses.registry import check_settings

    own = {key: common.pop(key) for key in ("split", "split_seed", "dim", "encoder") if key in common}
    if "seed" in common:
        raise HrlibError("seed is not one setting here: give seeds, how many or which")
    strict(FitSettings, common)
    numbers = _seeds(seeds)
    chosen = {label: _loss(label, given, common) for label, given in _labelled(losses, "loss").items()}
    found = {
        label: _catalogue(given, dict(load or {}), label) for label, given in _labelled(catalogues, "catalogue").items()
    }
    for given, settings, *_ in chosen.values():
        if given:
            check_settings(given, settings)  # and refuses a name that it does not know
    for label in more_seeds or {}:
        if label not in chosen:
            raise HrlibError(f"more_seeds names {label!r}, which is no loss here: {', '.join(chosen)}")
    extra = {label: range(count) for label, count in (more_seeds or {}).items()}
    longest = sorted({*numbers, *(seed for some in extra.values() for seed in some)})
    specs = tuple(
        RunSpec(catalogue, arguments, label, loss, settings, seed, fit=fit, **own)
        for seed in longest
        for catalogue, (arguments, _) in found.items()
        for label, (loss, settings, fit, _) in chosen.items()
        if seed in extra.get(label, numbers)
    )
    return Plan(
        specs,
        {label: item for label, (_, item) in found.items() if item is not None},
        {label: item for label, (_, _, _, item) in chosen.items() if item is not None},
    )


def shard(specs: Sequence[RunSpec], which: str | None) -> tuple[RunSpec, ...]:
    """Every n-th run from the i-th on, for which = "i/n" (0/4 ... 3/4); "auto" takes them from torchrun (RANK, WORLD_SIZE) or SLURM
    (SLURM_PROCID, SLURM_NTASKS); None takes all."""
    if which is None:
        return tuple(specs)
    if which == "auto":
        pairs = (("RANK", "WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS"))
        which = next((f"{os.environ[i]}/{os.environ[n]}" for i, n in pairs if i in os.environ and n in os.environ), "")
    match = re.fullmatch(r"(\d+)/(\d+)", which)
    if not match or not int(match[1]) < int(match[2]):
        raise HrlibError(f"shard is {which!r}: expected i/n with i from 0 to n - 1, or auto under torchrun or SLURM")
    return tuple(specs[int(match[1]) :: int(match[2])])


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    numbers = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    if not numbers or len(set(numbers)) < len(numbers):
        raise HrlibError(f"seeds are {seeds!r}: expected at least one, each once")
    return numbers


def _labelled(given: Iterable[str] | Mapping[str, Any], what: str) -> dict[str, Any]:
    if isinstance(given, str):
        given = [given]
    labelled = dict(given) if isinstance(given, Mapping) else {str(name): name for name in given}
    if not labelled:
        raise HrlibError(f"no {what} to run: give at least one")
    return labelled


def _loss(
    label: str, given: Any, common: Mapping[str, Any]
) -> tuple[str, dict[str, Any], dict[str, Any], LossFunction | None]:
    if isinstance(given, str):
        return given, {}, dict(common), None
    if isinstance(given, Mapping):
        settings = dict(given)
        if "loss" not in settings:
            raise HrlibError(f"the loss {label!r} is {dict(given)}: expected its name in the registry under 'loss'")
        fit = {**common, **settings.pop("fit", {})}
        strict(FitSettings, fit)
        return settings.pop("loss"), settings, fit, None
    if callable(given):
        return "", function_source(given), dict(common), given
    raise HrlibError(
        f"the loss {label!r} is {given!r}: expected a name, a dictionary with 'loss', or a function of (hierarchy, dim)"
    )


def _catalogue(given: Any, load: dict[str, Any], label: str) -> tuple[dict[str, Any], Catalogue | None]:
    if isinstance(given, str):
        given = {"name": given}
    if isinstance(given, Mapping):
        arguments = {"name": label, **load, **given}
        return {key: os.fspath(v) if isinstance(v, os.PathLike) else v for key, v in arguments.items()}, None
    if isinstance(given, Catalogue):
        return catalogue_fingerprint(given), given
    raise HrlibError(
        f"the catalogue {label!r} is a {type(given).__name__}: expected a name, a dictionary of hr.load's arguments, or a Catalogue"
    )
