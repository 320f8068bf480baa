"""The committed notebooks: each runs in the small profile, keeps the contract of DESIGN, and its stored outputs still hold."""

import math
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from hrlib.notebooks import declared, find, run

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = find((), FOLDER)
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


@pytest.mark.parametrize(
    "notebook", [path for path in NOTEBOOKS if path.stem.startswith(("01", "index"))], ids=lambda path: path.stem
)
def test_stored_outputs_hold(notebook):
    """nbval runs the notebook again and compares the cells tagged nbval-check-output."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-kernel-name=python3",
        "-q",
        "-p",
        "no:xdist",
        str(notebook),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER.parent)
    assert done.returncode == 0, done.stdout[-3000:]


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
