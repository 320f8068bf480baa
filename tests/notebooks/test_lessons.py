import json

import nbformat
import pytest

from hrlib import HrlibError
from hrlib.notebooks import run
from hrlib.notebooks.__main__ import main
from hrlib.notebooks.lessons import copy_for_students, solutions, with_solutions, without_solutions

EXERCISE = """## Exercises

**1 · Try.** What is `value`, doubled?

<details>
<summary>Solution</summary>

Multiply it:

```python
doubled = 2 * value
assert doubled == 42
```

and print it, in a shell: `python -c ...`

```
not python
```

```python
open(out_dir + "/solved", "w").close()
```

</details>

**2 · Apply.** Why?

<details>
<summary>More on this</summary>

```python
raise RuntimeError("this is no solution")
```

</details>

**Summary.** Nothing."""
CODE = ["doubled = 2 * value\nassert doubled == 42", 'open(out_dir + "/solved", "w").close()']


@pytest.fixture
def lesson(tmp_path, write_notebook):
    path = write_notebook(
        tmp_path / "notebooks", "01_one", 'out_dir: str = "out"  # results', "value = 21", "after = 1"
    )
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(2, nbformat.v4.new_markdown_cell(EXERCISE))
    nbformat.write(notebook, path)
    return path


def test_solutions_are_the_python_that_is_folded_under_that_name():
    assert solutions(EXERCISE) == CODE and solutions("```python\n1\n```\n") == []


def test_cells_of_solutions_stand_where_the_exercise_does(lesson):
    notebook = nbformat.read(lesson, as_version=4)
    solved = with_solutions(notebook)
    nbformat.validate(solved)
    assert [cell.source for cell in solved.cells[3:]] == [*CODE, "after = 1"]
    assert [cell for cell in solved.cells if "solution" not in cell.metadata.get("tags", [])] == notebook.cells


def test_a_reader_runs_no_solution_and_the_tests_do(lesson, tmp_path):
    (outcome,) = run([lesson], out=tmp_path / "reader")
    assert outcome.error is None and not (tmp_path / "reader" / "01_one" / "solved").exists()
    (outcome,) = run([lesson], out=tmp_path / "tests", solutions=True)
    assert outcome.error is None and (tmp_path / "tests" / "01_one" / "solved").exists()
    assert outcome.path.stat().st_size < 4 * lesson.stat().st_size, "the notebook is not in its own metadata"
    lesson.write_text(lesson.read_text().replace("doubled == 42", "doubled == 43"))
    assert main(["--notebooks", str(lesson.parent), "--out", str(tmp_path / "wrong"), "--solutions"]) == 1
    assert "assert doubled == 43" in json.loads((tmp_path / "wrong" / "01_one" / "run.json").read_text())["error"]


def test_students_get_the_exercises_only(lesson, tmp_path, capsys):
    assert main(["--notebooks", str(lesson.parent), "--copy", str(tmp_path / "class")]) == 0
    assert "1 notebooks without solutions" in capsys.readouterr().out
    given, own = (nbformat.read(path, as_version=4) for path in (tmp_path / "class" / lesson.name, lesson))
    nbformat.validate(given)
    text = given.cells[2].source
    assert "doubled" not in text.replace("`value`, doubled", "") and "Solution" not in text
    assert "Try" in text and "More on this" in text and text.endswith("**Summary.** Nothing.")
    assert given.cells[:2] == own.cells[:2] and given.cells[3:] == own.cells[3:]
    assert given == without_solutions(given), "once is enough"


def test_the_work_of_a_student_is_kept(lesson, tmp_path):
    folder = tmp_path / "class"
    (copied,) = copy_for_students([lesson], folder)
    assert copy_for_students([lesson], folder) == [copied], "what is the same may be there"
    copied.write_text("my answers")
    with pytest.raises(HrlibError, match=r"other versions of 01_one\.ipynb.*nothing was written.*--force"):
        copy_for_students([lesson], folder)
    assert copied.read_text() == "my answers"
    copy_for_students([lesson], folder, force=True)
    assert "Try" in copied.read_text()


@pytest.mark.parametrize("force", [False, True])
def test_the_notebooks_themselves_keep_their_solutions(lesson, force):
    before = lesson.read_bytes()
    with pytest.raises(HrlibError, match="is the folder of 01_one.ipynb itself"):
        copy_for_students([lesson], lesson.parent / ".." / lesson.parent.name, force)
    assert lesson.read_bytes() == before


def test_force_is_for_copies(lesson, capsys):
    assert main(["--notebooks", str(lesson.parent), "--force"]) == 2
    assert "--force is for --copy DIR" in capsys.readouterr().err
