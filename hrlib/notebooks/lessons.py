"""Notebooks as lessons: exercises whose folded solutions are run by the tests, and copies for students that have none.

A solution is Markdown, which GitHub, JupyterLab and the report fold alike, and which a reader's run passes over:

    <details>
    <summary>Solution</summary>

    What to see, and why.

    ```python
    assert 1 + 1 == 2
    ```

    </details>
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from hrlib.errors import HrlibError
from hrlib.files import write

SOLUTION = re.compile(r"<details>\s*<summary>Solution.*?</details>\s*", re.DOTALL)
CODE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def solutions(markdown: str) -> list[str]:
    """The Python code of the folded solutions in a piece of Markdown, in order, one string a block."""
    return [code.rstrip() for folded in SOLUTION.findall(markdown) for code in CODE.findall(folded)]


def with_solutions(notebook: NotebookNode) -> NotebookNode:
    """A copy of a notebook in which the code of each folded solution is a cell after the cell that holds it."""
    solved, cells = copy.deepcopy(notebook), []
    for cell in solved.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            for code in solutions(cell.source):
                cells.append(nbformat.v4.new_code_cell(code, metadata={"tags": ["solution"]}))
    solved.cells = cells
    return solved


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """A copy of a notebook without its folded solutions; its outputs stay, as what a run should show."""
    asked = copy.deepcopy(notebook)
    for cell in asked.cells:
        if cell.cell_type == "markdown":
            cell.source = SOLUTION.sub("", cell.source).rstrip()
    return asked


def copy_for_students(
    notebooks: Iterable[str | os.PathLike[str]], folder: str | os.PathLike[str], force: bool = False
) -> list[Path]:
    """Write notebooks to a folder, without their solutions; what is there already and the same stays as it is.

    Args:
        notebooks: paths.
        folder: is made where it is missing.
        force: write over files that differ, such as those in which a student has worked.

    Returns:
        The paths of the copies.

    Raises:
        HrlibError: the folder is that of the notebooks themselves, or has files that differ, or a notebook is damaged; nothing is
            written then.
    """
    folder, copies = Path(folder), {}
    for path in map(Path, notebooks):
        if os.path.dirname(os.path.realpath(path)) == os.path.realpath(folder):
            raise HrlibError(
                f"{folder} is the folder of {path.name} itself, whose solutions would be lost: name another"
            )
        copies[folder / path.name] = _asked(path)
    differ = [path.name for path, content in copies.items() if path.is_file() and path.read_bytes() != content]
    if differ and not force:
        raise HrlibError(
            f"{folder} has other versions of {', '.join(differ)}, perhaps with somebody's work: nothing was written. "
            "Name another folder, or write over them with --force"
        )
    for path, content in copies.items():
        write(path, content)
    return list(copies)


def _asked(path: Path) -> bytes:
    try:
        return (nbformat.writes(without_solutions(nbformat.read(path, as_version=4))) + "\n").encode()
    except Exception as error:  # of reading, of JSON, of the format
        raise HrlibError(
            f"{path} cannot be read as a notebook ({type(error).__name__}: {error}): fetch it again"
        ) from error
