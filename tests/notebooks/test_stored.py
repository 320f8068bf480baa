import nbformat

from hrlib.notebooks import run
from hrlib.notebooks.stored import store_outputs


def test_outputs_without_traces_of_the_run(tmp_path, write_notebook):
    path = write_notebook(tmp_path, "one", 'out_dir: str = "out"  # results', "6 * 7")
    (outcome,) = run([path], out=tmp_path / "out")
    store_outputs(outcome.path, path)
    text = path.read_text()
    assert "42" in text and str(tmp_path) not in text and "papermill" not in text and "injected" not in text
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.cells[0].metadata == {"tags": ["parameters"]}
    again = path.read_bytes()
    (outcome,) = run([path], out=tmp_path / "out")
    store_outputs(outcome.path, path)
    assert path.read_bytes() == again


def test_of_a_figure_the_png_is_kept(tmp_path, write_notebook):
    code = "import hrlib as hr\nhr.explore.use_in_notebook(png=True)\nhr.explore.theme.figure(title='one')"
    path = write_notebook(tmp_path, "one", 'out_dir: str = "out"  # results', code)
    (outcome,) = run([path], out=tmp_path / "out")
    executed = nbformat.read(outcome.path, as_version=4).cells[-1].outputs[0]["data"]
    assert {"application/vnd.plotly.v1+json", "image/png"} <= executed.keys()
    store_outputs(outcome.path, path)
    (output,) = nbformat.read(path, as_version=4).cells[-1].outputs
    assert output.data["image/png"] == executed["image/png"] and "application/vnd.plotly.v1+json" not in output.data
    assert output.metadata == {"image/png": {"alt": "one"}}
