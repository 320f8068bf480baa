"""Writes small notebooks."""

import nbformat
import pytest


@pytest.fixture(scope="session")
def write_notebook():
    """write_notebook(folder, name, parameters, *sources) -> path: a cell tagged `parameters`, then the sources."""

    def write(folder, name, parameters, *sources):
        folder.mkdir(parents=True, exist_ok=True)
        cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
        cells += [nbformat.v4.new_code_cell(source) for source in sources]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(
            cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
        )
        nbformat.write(notebook, folder / f"{name}.ipynb")
        return folder / f"{name}.ipynb"

    return write
