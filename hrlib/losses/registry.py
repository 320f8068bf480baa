"""Losses by name: `make` builds one, `register` adds one.

@hr.losses.register("my-loss")
def my_loss(hierarchy, dim, *, margin: float = 0.1):
    return MyLoss(hierarchy.n_classes[0], dim, margin)

loss = hr.losses.make("my-loss", train.hierarchy, dim=64, margin=0.2)
loss(embeddings, labels)  # (B, dim) and (B,) int64, the finest classes: a scalar
"""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Callable
from typing import Any

from torch import nn

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.settings import check, nearest, whole_number

Factory = Callable[..., nn.Module]

LOSSES: dict[
    str, Factory
] = {}  # name to the function (hierarchy, dim, **settings) that builds it; filled by `register`


def register(name: str) -> Callable[[Factory], Factory]:
    """A decorator that makes a function (hierarchy, dim, **settings) -> nn.Module available to `make` as `name`.

    The function's parameters after the second are the settings, with their defaults; those with a type are checked. A function of the same
    module and name may register again (a notebook's cell that is run twice); another loss's name is taken.
    """

    def keep(function: Factory) -> Factory:
        first = known().get(name, function)
        if (first.__module__, first.__qualname__) != (function.__module__, function.__qualname__):
            raise HrlibError(
                f"a loss called {name!r} is there already ({first.__module__}.{first.__qualname__}): choose another name"
            )
        if len(_parameters(function)) < 2:
            raise HrlibError(
                f"{function.__qualname__}{inspect.signature(function)} cannot build a loss: expected a function of (hierarchy, dim, ...)"
            )
        LOSSES[name] = function
        return function

    return keep


def known() -> dict[str, Factory]:
    """`LOSSES` with the kit's own in it: their module is loaded when a name is first needed, and pytorch-metric-learning with it."""
    importlib.import_module("hrlib.losses.named")
    return LOSSES


def names() -> list[str]:
    """The names of all losses."""
    return list(known())


def defaults(name: str) -> dict[str, Any]:
    """The settings of the loss `name` with their default values."""
    return {key: p.default for key, p in _settings(_factory(name)).items() if p.kind is not p.VAR_KEYWORD}


def make(name: str, hierarchy: Hierarchy, dim: int, **settings: Any) -> nn.Module:
    """The loss `name` for a hierarchy, called as loss(embeddings, labels) with the finest classes (B,) int64.

    Args:
        name: one of `names()`.
        hierarchy: of the training items. Flat losses use its finest classes only.
        dim: dimensions of the embeddings.
        **settings: see `defaults(name)`, and the function that is registered for what they mean.

    Raises:
        HrlibError: an unknown name, an unknown setting or a value of the wrong type; each is named.
    """
    function = _factory(name)
    if not isinstance(hierarchy, Hierarchy):
        raise HrlibError(
            f"hierarchy is a {type(hierarchy).__name__}: expected an hr.Hierarchy, such as train.hierarchy"
        )
    dim = whole_number("dim", dim, what="the number of the embeddings' dimensions")
    check_settings(name, settings)
    loss = function(hierarchy, dim, **settings)
    if not isinstance(loss, nn.Module):
        raise HrlibError(f"the loss {name!r} gave a {type(loss).__name__}: its function must return a torch.nn.Module")
    return loss


def check_settings(name: str, settings: dict[str, Any]) -> None:
    """Refuse settings that the loss `name` does not have, or of another type; a function that takes any is left to check them itself."""
    known, hints = _settings(_factory(name)), _hints(_factory(name))
    if not any(p.kind is p.VAR_KEYWORD for p in known.values()):
        check(f"the loss {name!r}", {key: hints.get(key, Any) for key in known}, settings)


def _factory(name: str) -> Factory:
    if name not in known():
        raise HrlibError(f"no loss is called {name!r}; {nearest(name, LOSSES)}")
    return LOSSES[name]


def _parameters(function: Factory) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _settings(function: Factory) -> dict[str, inspect.Parameter]:
    return {parameter.name: parameter for parameter in _parameters(function)[2:]}


def _hints(function: Factory) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except NameError:  # a type that is imported for type checkers only
        return {}
