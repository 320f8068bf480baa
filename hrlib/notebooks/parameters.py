"""Parameters of notebooks: what the `parameters` cell declares, and whether given values fit.

papermill only warns about an unknown name and takes any value; a run of an hour with the default instead of what was meant is the result.
"""

from __future__ import annotations

import ast
import contextlib
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import papermill

from hrlib.errors import HrlibError
from hrlib.settings import nearest

TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a notebook: its name, its type as annotated, its default as Python source, and its comment."""

    name: str
    type: str
    default: str
    help: str


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a notebook, from its cell tagged `parameters`; none where it has no such cell.

    Raises:
        HrlibError: the file is missing, or is no notebook.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        found = papermill.inspect_notebook(str(notebook))
    except Exception as error:  # of reading, of JSON, of the format, of a language without parameters
        raise HrlibError(
            f"{notebook} cannot be read as a notebook ({type(error).__name__}: {error}): mend or remove it"
        ) from error
    return {
        name: Parameter(name, facts["inferred_type_name"], facts["default"], facts["help"])
        for name, facts in found.items()
    }


def checked(notebooks: Iterable[Path], given: Mapping[str, Any]) -> dict[Path, dict[str, Any]]:
    """The values for each notebook, converted to the types that it declares; strings from the shell are read as such a type.

    Folders (names that end in _dir) are relative to the working directory, and given to the notebook as absolute paths.

    Raises:
        HrlibError: a name that a notebook does not have, or a value of another type.
    """
    result: dict[Path, dict[str, Any]] = {}
    for notebook in notebooks:
        known = declared(notebook)
        result[notebook] = {}
        for name, value in given.items():
            if not known:
                raise HrlibError(
                    f"{notebook.stem} takes no parameters, but {name!r} is given: it has no cell with the tag `parameters`"
                )
            if name not in known:
                raise HrlibError(f"{notebook.stem} has no parameter {name!r}; {nearest(name, known)}")
            value = _converted(value, known[name], notebook.stem)
            if name.endswith("_dir") and isinstance(value, str) and value:  # the kernel stands in the notebook's folder
                value = os.path.abspath(os.path.expanduser(value))
            result[notebook][name] = value
    return result


def _converted(value: Any, parameter: Parameter, notebook: str) -> Any:
    kind = TYPES.get(parameter.type)
    if kind is None or type(value) is kind:
        return value
    literal = value
    if isinstance(value, str) and kind is not str:
        # Python's words for what is no literal
        with contextlib.suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            literal = ast.literal_eval({"true": "True", "false": "False"}.get(value.lower(), value))
    if type(literal) is kind:
        return literal
    if kind is float and type(literal) is int and abs(literal) < 2**1023:
        return float(literal)
    raise HrlibError(
        f"{notebook}: {parameter.name} is {value!r:.200}: expected {parameter.type}, such as the default {parameter.default}"
        + (f" ({parameter.help})" if parameter.help else "")
    )
