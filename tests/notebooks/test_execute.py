"""The committed notebooks: each runs in the small profile, keeps the contract of DESIGN, and its stored outputs still hold."""

import math
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbval.plugin import IPyNbCell, coalesce_streams, nocolors

from hrlib.notebooks import declared, find, run

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = find((), FOLDER)
# at least so many cells of each are compared; in 02 every output is the result of training, which differs between processors
CHECKED = {
    "01_catalogue_and_hierarchy": 8,
    "02_flat_embeddings": 0,
    "03_hierarchical_proxies": 2,
    "08_image_text_codebook": 2,
    "10_choosing_an_index": 2,
    "index": 1,
}
SKIPPED = (
    "metadata",
    "traceback",
    "output_type",
    "name",
    "execution_count",
    "image/png",
    "image/jpeg",
)  # as nbval does
STANDARD = {
    "dataset": "str",
    "size": "str",
    "seed": "int",
    "epochs": "int",
    "data_dir": "str",
    "out_dir": "str",
    "interactive": "bool",
}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_in_the_small_profile(notebook, tmp_path):
    (outcome,) = run([notebook], out=tmp_path, cell_timeout=120)
    assert outcome.error is None, outcome.error
    assert outcome.metrics and all(math.isfinite(value) for value in outcome.metrics.values())
    assert outcome.path.stat().st_size < 1_500_000
    checked, differences = compare(notebook, outcome.path)
    assert checked >= CHECKED.get(notebook.stem, 0), (
        "cells that are the same on every machine have the tag nbval-check-output"
    )
    assert not differences, "\n".join(differences)


def compare(stored, executed):
    """nbval's comparison of the cells that it would compare (`pytest --nbval-lax`), on a run that has taken place already; how many, and what differs."""
    parent = SimpleNamespace(skip_compare=SKIPPED, sanitize_patterns={})
    cells = [
        [
            cell
            for cell in nbformat.read(path, as_version=4).cells
            if "nbval-check-output" in cell.metadata.get("tags", [])
        ]
        for path in (stored, executed)
    ]
    differences = []
    for before, now in zip(*cells, strict=True):
        item = SimpleNamespace(parent=parent, colors=nocolors, sanitize=str, comparison_traceback=[])
        item.format_output_compare = partial(_note, differences)
        outputs = [coalesce_streams(cell.outputs) for cell in (now, before)]
        if not IPyNbCell.compare_outputs(item, *outputs):
            differences += [f"in the cell\n{before.source}", *item.comparison_traceback]
    return len(cells[0]), differences


def _note(differences, key, left, right):
    differences.append(f"{key}: stored\n{left}\nnow\n{right}")


def test_the_comparison_sees_a_difference(tmp_path):
    notebook = FOLDER / "01_catalogue_and_hierarchy.ipynb"
    changed = tmp_path / "changed.ipynb"
    changed.write_text(notebook.read_text().replace("levels:", "LEVELS:", 1 + notebook.read_text().count("levels:")))
    assert compare(notebook, notebook) == (CHECKED[notebook.stem], [])
    assert any("LEVELS:" in line for line in compare(notebook, changed)[1])


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_contract(notebook):
    parameters = declared(notebook)
    assert {name: parameters[name].type for name in STANDARD} == STANDARD
    assert all(parameter.help for parameter in parameters.values())
    cells = nbformat.read(notebook, as_version=4).cells
    assert cells[0].cell_type == "markdown" and cells[0].source.startswith("# ")
    assert "metrics.json" in cells[-1].source
    assert not re.search(r"(^|[^.\w])/(work|root|home|tmp|Users)/", notebook.read_text())
    assert notebook.stat().st_size < 1_000_000
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code), "committed without outputs: python -m hrlib.notebooks --store"
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)
