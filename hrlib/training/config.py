"""The file that describes a run of `hrlib.train`: read strictly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_type_hints

from hrlib import losses, models
from hrlib.catalogue import Catalogue, from_folder, from_table, load
from hrlib.catalogue.splits import official_parts
from hrlib.errors import HrlibError
from hrlib.files import from_json
from hrlib.settings import check, strict
from hrlib.training.fit import FitSettings

SOURCES: dict[str, Callable[..., Catalogue]] = {"name": load, "folder": from_folder, "table": from_table}


@dataclass(frozen=True)
class Split:
    """How items are divided. by: "classes" (other classes in each part) or "items", by `fractions`, of train and test, or train, validation and test;
    "official": what the data set's authors made, train and test, or train, val and test, or train, query and gallery."""

    by: Literal["classes", "items", "official"] = "classes"
    fractions: tuple = (0.4, 0.1, 0.5)
    seed: int = 0

    def parts(self, catalogue: Catalogue) -> dict[str, Catalogue]:
        """By name: "train", "test" or "query" and "gallery", and "val" if there is one."""
        if self.by == "official":
            if "split" not in catalogue.items:
                catalogue.official_split()  # its error says what to do
            parts = {name: catalogue.subset(rows) for name, rows in official_parts(catalogue.items["split"]).items()}
            if "train" not in parts or not parts.keys() & {"test", "query"}:
                raise HrlibError(
                    f"the official parts are {', '.join(parts)}: expected train, and test or query; split by classes or items"
                )
            return parts
        names = {2: ("train", "test"), 3: ("train", "val", "test")}.get(len(self.fractions))
        if names is None or not all(isinstance(share, float) for share in self.fractions):
            raise HrlibError(
                f"fractions are {list(self.fractions)}: expected two or three numbers, such as [0.5, 0.5] or [0.4, 0.1, 0.5]"
            )
        divide = catalogue.split_classes if self.by == "classes" else catalogue.split_items
        return dict(zip(names, divide(self.fractions, seed=self.seed), strict=True))


@dataclass(frozen=True)
class RunConfig:
    """What the file says; see the module."""

    catalogue: dict
    out_dir: str
    split: Split = field(default_factory=Split)
    model: dict = field(default_factory=dict)
    loss: dict = field(default_factory=lambda: {"name": "hpl-proxy-anchor"})
    fit: FitSettings = field(default_factory=FitSettings)

    def __post_init__(self):
        if len(given := [key for key in SOURCES if key in self.catalogue]) != 1:
            raise HrlibError(
                f"catalogue has {given or 'none'} of {', '.join(SOURCES)}: expected one of them, which says where the items are"
            )
        key = given[0]
        settings = {name: value for name, value in self.catalogue.items() if name != key}
        if key != "name":  # what a named data set takes `load` itself knows
            hints = get_type_hints(SOURCES[key])
            check(
                f"a catalogue of a {key}", {name: hints[name] for name in list(hints)[1:] if name != "return"}, settings
            )
        check("model", {k: v for k, v in get_type_hints(models.image_encoder).items() if k != "return"}, self.model)
        if not isinstance(self.loss.get("name"), str):
            raise HrlibError(f"loss has no name: expected one of {', '.join(losses.names())}")
        losses.defaults(self.loss["name"])

    def load(self) -> Catalogue:
        """The catalogue."""
        key = next(key for key in SOURCES if key in self.catalogue)
        settings = {name: value for name, value in self.catalogue.items() if name != key}
        return SOURCES[key](self.catalogue[key], **settings)


def read_config(path: str | Path) -> RunConfig:
    """The file, checked.

    Raises:
        HrlibError: no such file, no JSON object, unknown keys or values of another type; each is named.
    """
    try:
        values = from_json(Path(path).read_text("utf-8"), _once)
    except (OSError, ValueError) as error:
        raise HrlibError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(values, dict):
        raise HrlibError(f"{path} holds a {type(values).__name__}: expected an object, {{...}}")
    if missing := [key for key in ("catalogue", "out_dir") if key not in values]:
        raise HrlibError(
            f"{path} has no {' and no '.join(missing)}: expected " + '"catalogue": {"name": ...}, "out_dir": "..."'
        )
    return config_of(values)


def config_of(values: dict[str, Any]) -> RunConfig:
    """What such a file holds, checked."""
    parts: dict[str, type] = {"split": Split, "fit": FitSettings}
    check("RunConfig", get_type_hints(RunConfig) | dict.fromkeys(parts, dict), values)
    return RunConfig(**values | {key: strict(cls, values[key]) for key, cls in parts.items() if key in values})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, its lists as tuples; the second value of a key would otherwise silently win."""
    made = {key: tuple(value) if isinstance(value, list) else value for key, value in pairs}
    if len(made) < len(pairs):
        raise ValueError(f"a key is given twice among {', '.join(key for key, _ in pairs)}")
    return made
