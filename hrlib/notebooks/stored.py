"""The outputs that notebooks are committed with."""

from __future__ import annotations

from pathlib import Path

import nbformat

from hrlib.files import write
from hrlib.notebooks.report import PLOTLY


def store_outputs(executed: Path, notebook: Path) -> None:
    """Write an executed notebook over its source, without what papermill adds: injected cells, times, paths of the machine.

    Of a figure that has a PNG only the PNG is kept: it shows wherever notebooks are read, and is a fraction of the size. The figure's
    words become its alternative text, in the metadata where nbconvert looks for it.
    """
    from hrlib.explore.alternative import alternative_text  # loads torch: not before there is a notebook to store

    nb = nbformat.read(executed, as_version=4)
    nb.cells = [cell for cell in nb.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    nb.metadata = {key: nb.metadata[key] for key in ("kernelspec", "language_info") if key in nb.metadata}
    nb.metadata["language_info"] = {"name": "python"}
    for count, cell in enumerate((cell for cell in nb.cells if cell.cell_type == "code"), 1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
            if {"image/png", PLOTLY} <= output.get("data", {}).keys():
                output.metadata["image/png"] = {"alt": alternative_text(output.data.pop(PLOTLY))}
    for cell in nb.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
    write(notebook, (nbformat.writes(nb) + "\n").encode())
