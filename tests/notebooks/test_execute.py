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
from hrlib.notebooks.lessons import SOLUTION, solutions

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = find((), FOLDER)
LESSONS = [path for path in NOTEBOOKS if path.stem[0].isdigit()]
# at least so many cells of each are compared; in 02 every output is the result of training, which differs between processors
CHECKED = {
    "01_catalogue_and_hierarchy": 8,
    "02_flat_embeddings": 0,
    "03_hierarchical_proxies": 2,
    "08_image_text_codebook": 2,
    "10_choosing_an_index": 2,
    "12_your_own_catalogue": 4,
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
def test_runs_in_the_small_profile_with_its_solutions(notebook, tmp_path):
    (outcome,) = run([notebook], out=tmp_path, cell_timeout=120, solutions=True)
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


def words(notebook):
    return [cell.source for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "markdown"]


@pytest.mark.parametrize("notebook", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_says_what_it_is_for_and_what_to_see(notebook):
    cells = nbformat.read(notebook, as_version=4).cells
    assert re.search(r"\*\*[^*]+\?\*\*", cells[0].source), "the question that it answers"
    for part in ("You will\n", "*You need*", "*Time*", "*What you should see*"):
        assert part in cells[0].source, part
    for number, cell in enumerate(cells):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            told = next(after.source for after in cells[number:] if after.cell_type == "markdown")
            assert re.search(r"\*(What to notice|How to read it)", told), f"under the figure of\n{cell.source}"


@pytest.mark.parametrize("notebook", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_ends_with_exercises_at_three_levels_and_a_summary(notebook):
    text = words(notebook)[-1]
    exercises, summary = text.split("**Summary.**")
    parts = re.split(r"^\*\*\d · ", exercises, flags=re.MULTILINE)
    assert parts[0].strip() == "## Exercises" and [part.split(".**")[0] for part in parts[1:]] == [
        "Try",
        "Apply",
        "Research",
    ]
    for part in parts[1:]:
        assert len(SOLUTION.findall(part)) == 1 and any("assert " in code for code in solutions(part)), part
    assert "(index.ipynb)" in summary
    following = [path.name for path in LESSONS if path.stem > notebook.stem][:1]
    assert all(f"({name})" in summary for name in following), "a link to the next"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_lead_somewhere_and_pictures_have_a_text(notebook):
    for text in words(notebook):
        for mark, alternative, target in re.findall(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", text):
            assert alternative.strip() or not mark, f"{target} has no alternative text"
            assert target.startswith("http") or (FOLDER / target).exists(), target
    for cell in nbformat.read(notebook, as_version=4).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                assert output.metadata.get("image/png", {}).get("alt"), f"no alternative text in\n{cell.source}"
