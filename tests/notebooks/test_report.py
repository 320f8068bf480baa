import re

import nbformat
import pytest

from hrlib.notebooks.__main__ import main
from hrlib.notebooks.report import PLOTLY, _page

PARAMETERS = 'out_dir: str = "out"  # results'
FIGURE = """
import plotly.graph_objects as go, plotly.io as pio
pio.renderers.default = "plotly_mimetype"
go.Figure(go.Scatter(x=[1, 2], y=[3, 4], name="<script>alert(1)</script>"), layout={"title": "the title of a figure"})
"""
METRICS = 'import json, pathlib\n(pathlib.Path(out_dir) / "metrics.json").write_text(json.dumps({"<b>score": 0.25}))'


@pytest.fixture(scope="module")
def report(tmp_path_factory, write_notebook):
    folder = tmp_path_factory.mktemp("a report")
    prose = nbformat.v4.new_markdown_cell(
        "With $d^2$ as above:\n\n$$L = \\frac{1}{|P|}\\sum_p d_p$$\n\n<details>\n<summary>More</summary>\n\n1. folded\n\n</details>"
    )
    for name, sources in {
        "01_figure": [FIGURE, METRICS],
        "02_bad": ["raise ValueError('<script>no</script>')"],
    }.items():
        path = write_notebook(folder, name, PARAMETERS, *sources)
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(0, prose)
        nbformat.write(notebook, path)
    assert main(["--notebooks", str(folder), "--out", str(folder / "out"), "--jobs", "2"]) == 1
    return folder / "out"


def test_figures_are_in_the_page_and_need_no_network(report):
    page = (report / "report" / "01_figure.html").read_text()
    assert "the title of a figure" in page and 'src="plotly.min.js"' in page and "Plotly.newPlot" in page
    loaded = re.findall(r'(?:src|href)="([^"#]+)"|url\(([^)]+)\)|import .* from .(http[^"\']+)', page)
    loaded = {"".join(found).strip("'") for found in loaded}
    assert {found for found in loaded if not found.startswith("data:")} == {"plotly.min.js"}, "other files are loaded"
    assert "cdn" not in page.replace("cdn.plot.ly", "") and "unpkg" not in page and "text/x-mathjax" not in page


def test_a_figure_that_has_a_png_too_is_shown_once(tmp_path):
    figure = {"data": [{"type": "scatter", "x": [1], "y": [2]}], "layout": {"title": {"text": "only once"}}}
    both = nbformat.v4.new_output("display_data", {PLOTLY: figure, "image/png": "iVBORw0KGgo="})
    alone = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgoA"})
    cells = [nbformat.v4.new_code_cell("show()", outputs=[output]) for output in (both, alone)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "one.ipynb")
    page = _page(tmp_path / "one.ipynb")
    assert page.count("Plotly.newPlot") == 1
    assert re.findall(r'<img[^>]*src="data:image/png;base64,([^"]*)', page) == ["iVBORw0KGgoA"]


def test_formulas_are_drawn(report):
    page = (report / "report" / "01_figure.html").read_text()
    assert (
        page.count('alt="') == page.count('src="data:image/svg+xml;base64,') == 2
        and "$" not in page.split("<main>")[1].split("jp-CodeCell")[0]
    )
    assert (report / "report" / "plotly.min.js").stat().st_size > 1_000_000


def test_what_is_folded_stays_folded(report):
    page = (report / "report" / "01_figure.html").read_text()
    assert page.index("<details>") < page.index("<li>folded</li>") < page.index("</details>")


def test_index_links_pages_and_shows_metrics_and_failures_escaped(report):
    index = (report / "report" / "index.html").read_text()
    assert 'href="01_figure.html"' in index and "0.2500" in index and "&lt;b&gt;score" in index
    assert "what failed" in index and "<script>no" not in index and "&lt;script&gt;no" in index


def test_metrics_table(report):
    assert (report / "metrics.csv").read_text().splitlines() == ["notebook,metric,value", "01_figure,<b>score,0.25"]


def test_wrong_calls_are_told_and_start_nothing(report, capsys):
    folder = str(report.parent)
    assert main(["03", "--notebooks", folder]) == 2
    assert main(["01", "--notebooks", folder, "-p", "epochs"]) == 2
    assert main(["01", "--notebooks", folder, "-p", "seed=1"]) == 2
    assert main(["01", "--notebooks", folder, "-p", "out_dir=a", "-p", " out_dir=b"]) == 2
    assert main(["--notebooks", str(report)]) == 2
    error = capsys.readouterr().err
    assert "0 notebooks begin with '03'" in error and "expected NAME=VALUE" in error and "no parameter 'seed'" in error
    assert "-p out_dir is given twice, as 'a' and 'b'" in error and "no notebooks in" in error
    assert main(["01", "--notebooks", folder, "--list"]) == 0 and "out_dir: str" in capsys.readouterr().out


@pytest.mark.parametrize("more", [["-p", "seed=1"], ["--solutions"]])
def test_outputs_are_stored_only_of_a_readers_first_run(report, capsys, more):
    assert main(["01", "--notebooks", str(report.parent), "--store", *more]) == 2
    assert "leave out -p and --solutions" in capsys.readouterr().err


def test_a_figure_is_described_for_those_who_cannot_see_it(report, tmp_path):
    page = (report / "report" / "01_figure.html").read_text()
    (figure,) = re.findall(r'<div [^>]*role="figure"[^>]*>', page)
    assert 'aria-label="the title of a figure' in figure
    picture = nbformat.v4.new_output(
        "display_data", {"image/png": "iVBORw0KGgoA"}, metadata={"image/png": {"alt": 'a "quoted" <title>'}}
    )
    cells = [nbformat.v4.new_code_cell("show()", outputs=[picture])]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "one.ipynb")
    assert 'alt="a &quot;quoted&quot; &lt;title&gt;"' in _page(tmp_path / "one.ipynb")
