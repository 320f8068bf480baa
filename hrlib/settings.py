"""Strict settings: frozen dataclasses whose keys and types are checked, so that a typing error is never ignored."""

from __future__ import annotations

import dataclasses
import difflib
import numbers
import types
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

from hrlib.errors import HrlibError

T = TypeVar("T")
NAMED = 100  # names that an error lists: more would hide what it says


def nearest(name: object, allowed: Iterable[object]) -> str:
    """The end of an error about an unknown name: the nearest known one, and all of them or, of many, the first `NAMED`."""
    known = [str(other) for other in allowed]
    close = difflib.get_close_matches(str(name), known, n=1)
    more = f" and {len(known) - NAMED:,} more" if len(known) > NAMED else ""
    return (f"did you mean {close[0]!r}? " if close else "") + "Known: " + ", ".join(known[:NAMED]) + more


def strict(cls: type[T], values: dict[str, Any]) -> T:
    """An instance of the dataclass `cls` from keyword values; an unknown key or a value of the wrong type is an error that names it."""
    check(cls.__name__, typing.get_type_hints(cls), values)
    return cls(**values)


def check(owner: str, hints: dict[str, Any], values: dict[str, Any]) -> None:
    """Refuse a key that is not in `hints` (name to type) and a value of another type; `owner` is whose settings they are."""
    for key, value in values.items():
        if key not in hints:
            raise HrlibError(f"{key!r} is no setting of {owner}; {nearest(key, hints)}")
        if not _fits(value, hints[key]):
            raise HrlibError(f"{owner}: {key} is {value!r} ({type(value).__name__}): expected {_name(hints[key])}")


def whole_number(name: str, value: Any, least: int = 1, what: str = "") -> int:
    """`value` as an int if it is an integer of at least `least` (numpy's are, truth values are not), else an HrlibError that `what` it is ends."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise HrlibError(f"{name} is {value!r}: expected an integer of {least} or more" + (f", {what}" if what else ""))
    return int(value)


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, option) for option in typing.get_args(hint))
    if origin is typing.Literal:
        return any(
            value is option or (type(value) is type(option) and value == option) for option in typing.get_args(hint)
        )
    if hint is float:
        # an integer that is larger than all floats is none of them
        return isinstance(value, float) or (
            isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**1023
        )
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, origin or hint)


def _name(hint: Any) -> str:
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(repr(option) for option in typing.get_args(hint))
    return hint.__name__ if isinstance(hint, type) else str(hint)


def as_dict(settings: Any) -> dict[str, Any]:
    """The settings as plain values, for the JSON beside a checkpoint."""
    return dataclasses.asdict(settings)
