"""Badges: put in once, changed in place, and the notebook for Colab is one."""

import nbformat
import pytest

from docs.badges import ROOT, write


@pytest.fixture
def tree(tmp_path):
    (tmp_path / ".binder").mkdir()
    (tmp_path / "README.md").write_text("# hrlib\n\nWhat it is.\n")
    (tmp_path / ".binder" / "colab.ipynb").write_text((ROOT / ".binder" / "colab.ipynb").read_text())
    return tmp_path


def test_they_are_put_in_once_and_changed_in_place(tree):
    write("one/hrlib", tree)
    first = (tree / "README.md").read_text()
    assert first.startswith("# hrlib\n\n[![Open in Binder]") and first.endswith(")\n\nWhat it is.\n")
    assert "mybinder.org/v2/gh/one/hrlib/HEAD" in first and "github/one/hrlib/blob/main/.binder/colab.ipynb" in first
    write("two/kit", tree)
    assert (tree / "README.md").read_text() == first.replace("one/hrlib", "two/kit")
    notebook = nbformat.read(tree / ".binder" / "colab.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert [cell.source.splitlines()[0][:25] for cell in notebook.cells if "REPOSITORY =" in cell.source] == [
        'REPOSITORY = "two/kit"  #'
    ]


@pytest.mark.parametrize("name", ["hrlib", "https://github.com/one/hrlib", "", 'one/"; import os'])
def test_what_is_no_repository_is_refused(tree, name):
    before = (tree / "README.md").read_text()
    with pytest.raises(SystemExit, match="expected owner/name"):
        write(name, tree)
    assert (tree / "README.md").read_text() == before
