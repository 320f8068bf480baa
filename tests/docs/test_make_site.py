"""What the site is made of, before Sphinx reads it, and what the look through the pages finds. `make site` builds it, where a warning is an error."""

import re
import shutil

import growth
import nbformat
import pandas as pd
import pytest
import report
import run_all

import hrlib as hr
from docs.make_site import ROOT, faults, gather
from docs.site_pages import benchmark_page, markdown, shown
from hrlib.notebooks.formulas import picture
from hrlib.notebooks.report import PLOTLY

FIGURE = {"data": [{"type": "scatter", "x": [1], "y": [2]}], "layout": {"title": {"text": "a title"}}}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The site's source, with one notebook as papermill leaves it and the others as they are stored."""
    folder = tmp_path_factory.mktemp("site")
    name = "02_flat_embeddings"
    secret = nbformat.v4.new_code_cell('out_dir = "/somewhere"', metadata={"tags": ["injected-parameters"]})
    outputs = [nbformat.v4.new_output("display_data", {PLOTLY: FIGURE, "image/png": "iVBORw0KGgo="}) for _ in range(2)]
    cells = [
        nbformat.v4.new_markdown_cell("# 02\n\n[more](../README.md), [03](03_hierarchical_proxies.ipynb#the-loss)"),
        secret,
    ]
    cells.append(nbformat.v4.new_code_cell("show()", outputs=outputs))
    (folder / "out" / name).mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "out" / name / f"{name}.ipynb")
    gather(folder / "source", folder / "out")
    return folder / "source"


def test_every_page_has_its_place(source):
    listed = re.findall(r"^\S+$", (source / "index.md").read_text(), re.MULTILINE)
    for page in source.glob("*.md"):
        assert page.stem in listed or page.stem == "index", f"{page.name} is in no table of contents"
    assert {path.name for path in (source / "notebooks").iterdir()} == {
        path.name for path in (ROOT / "notebooks").glob("*.ipynb")
    }
    assert {page.stem for page in (source / "api").glob("*.md")} >= {
        "losses",
        "catalogue",
        "search",
        "explore",
        "errors",
    }


def test_links_lead_to_what_the_site_has(source):
    notebooks = [
        (path, "\n".join(cell.source for cell in nbformat.read(path, 4).cells))
        for path in (source / "notebooks").iterdir()
    ]
    for path, text in [(page, page.read_text()) for page in source.glob("*.md")] + notebooks:
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
        for target in re.findall(r"\]\((?![a-z]+:)([^)#\s]+)", prose):
            assert (path.parent / target).is_file(), f"{path.name} links to {target}"


def test_a_path_that_the_site_does_not_have_is_said_once(source):
    page = (source / "CONTRIBUTING.md").read_text()
    assert "| a loss | `hrlib/losses/csl.py` |" in page and "](notebooks/02_flat_embeddings.ipynb)" in page


def test_a_notebook_that_was_run_has_live_figures_and_no_trace_of_the_machine(source):
    notebook = nbformat.read(source / "notebooks" / "02_flat_embeddings.ipynb", as_version=4)
    prose, code = notebook.cells
    assert prose.source.startswith(
        "# 02\n\nmore (`README.md`), [03](../notebooks/03_hierarchical_proxies.ipynb#the-loss)"
    )
    first, second = (output["data"] for output in code.outputs)
    assert first.keys() == second.keys() == {"text/html"}
    assert (
        first["text/html"].count("plotly.min.js") == 1
        and 'aria-label="a title"' in first["text/html"]
        and "plotly.min.js" not in second["text/html"]
    )
    assert 'id="figure-1"' in first["text/html"] and 'id="figure-2"' in second["text/html"]
    assert (source / "static" / "plotly.min.js").stat().st_size > 1_000_000
    assert "LOOKS" not in (source / "static" / "look.js").read_text()


def test_every_stored_picture_has_a_text(source):
    seen = 0
    for path in (source / "notebooks").iterdir():
        for cell in nbformat.read(path, as_version=4).cells:
            if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
                seen += 1
                assert len(cell.metadata["mystnb"]["image"]["alt"]) > 10
    assert seen > 10


def test_formulas_are_drawn_and_named_as_in_the_code():
    text = (ROOT / "docs" / "maths.md").read_text()
    blocks = re.findall(r"\$\$(.+?)\$\$", text, re.DOTALL)
    inline = re.findall(r"\$([^$\n]+)\$", re.sub(r"\$\$.+?\$\$", "", text, flags=re.DOTALL))
    assert len(blocks) > 15 and len(inline) > 20
    for tex in (*blocks, *inline):
        assert picture(tex).startswith("<img"), f"matplotlib cannot draw {tex}"
    headings = re.findall(r"^### (.*)$", text, re.MULTILINE)
    named = {word for heading in headings for word in re.split(r",? and |, ", heading)}
    metrics = {"recall@k", "r_precision", "map@r", "ap", "severity", "ahd@k", "h-ap", "ndcg", "asi"}
    unknown = [word for word in named - metrics if not hasattr(hr.losses, word)]
    assert unknown == ["Flat rivals by name"]
    missing = {name for name in hr.losses.__all__ if name.endswith("Loss")} - named
    assert not missing, f"{missing} have no formula in docs/maths.md"
    for name in hr.losses.names():
        assert name in text or any(base in name for base in hr.losses.BASES) or name in ("himulcone", "csl"), name


def test_the_glossary_is_in_order():
    terms = re.findall(r"^## (.*)$", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)
    assert len(terms) > 30 and terms == sorted(terms, key=str.lower) and len({*terms}) == len(terms)


def test_the_benchmark_page_has_the_results(source):
    page = (source / "benchmark.md").read_text()
    rows = pd.read_csv(ROOT / "benchmarks" / "results" / "hierarchical_proxies.csv")
    for row in rows.itertuples():
        assert f"{row.mean:+.3f}\u00a0[{row.low:+.3f},\u00a0{row.high:+.3f}]" in page
    for file in (ROOT / "benchmarks" / "results").glob("*.csv"):
        assert f"## {file.stem.replace('_', ' ').capitalize()}\n\nMade by" in page, (
            f"{file.name} is not described in results/README.md"
        )
    assert 'id="differences"' in page and "### On fashion-products" in page


def test_the_benchmark_page_takes_in_what_benchmarks_of_speed_leave(tmp_path):
    stored = tmp_path / "results"
    shutil.copytree(ROOT / "benchmarks" / "results", stored)
    rows = [{"operation": "a", "what": "hr.embed", "n": n, "seconds": n / 1e4, "mb": n / 1e3} for n in (10_000, 30_000)]
    slopes = {"slopes": growth.slopes(rows)}
    lines = [report.line("a step of |csl|", 0.0005, ("theirs", 0.001), asked="half of it", holds=True)]
    for name, more in {"scaling": {"rows": rows, **slopes}, "gpu-X": {}}.items():
        report.write(stored, name, {"benchmark": name, **report.circumstances(), "lines": lines, **more})
    run_all.gathered([stored / "scaling.json"]).to_csv(stored / "speed.csv", index=False)
    page = benchmark_page(stored)
    row = r"| a step of \|csl\| | 500 µs | 1 ms (theirs) |  | 0.50 | half of it | yes |"
    assert page.count(row) == 3 and "## GPU X\n\nMade by `python benchmarks/gpu.py" in page
    assert 'id="growth"' in page and "| hr.embed | 30,000 | 3.000 | 30.000 |" in page
    assert page.count("Made by") == page.count("\n## ") - 1  # all but "In short"


def test_tables_for_reading():
    runs = pd.DataFrame(
        {
            "arm": ["a", "a", "b"],
            "wrong": [0.0, 0.0, 0.4],
            "seed": [0, 1, 0],
            "seconds": [9, 8, 7],
            "score": [0.1, 0.2, 0.5],
        }
    )
    assert markdown(shown(runs)).splitlines() == [
        "| arm | wrong | score | seeds |", "|---|---:|---:|---:|", "| a | 0.000 | 0.150 | 2 |", "| b | 0.400 | 0.500 | 1 |",
    ]  # fmt: skip
    curves = pd.DataFrame(
        {
            "kind": ["jpeg"] * 4,
            "severity": [0, 1, 0, 1],
            "metric": "m",
            "value": [1.0, 0.5, 0.8, 0.3],
            "seed": [0, 0, 1, 1],
        }
    )
    assert markdown(shown(curves)).splitlines()[2] == "| jpeg | m | 2 | 0.900 | 0.400 |"
    intervals = pd.DataFrame({"mean": [0.1], "low": [-0.2], "high": [0.3], "t_low": [-0.4], "t_high": [0.5]})
    assert (
        markdown(shown(intervals)).splitlines()[2].replace("\u00a0", " ")
        == "| +0.100 [-0.200, +0.300] | [-0.400, +0.500] |"
    )
    assert "a\\|b &lt;i>" in markdown(pd.DataFrame({"x": ["a|b <i>"]}))


def test_what_is_wrong_with_a_page_is_found(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "good.html").write_text(
        '<a href="sub/other.html#here">x</a><a href="https://arxiv.org">y</a><img src="p.png" alt="a picture">'
    )
    (tmp_path / "p.png").write_bytes(b"")
    (tmp_path / "sub" / "other.html").write_text(
        '<h2 id="here">x</h2><a href="../good.html">back</a><a href="#here">up</a>'
    )
    assert faults(tmp_path) == []
    (tmp_path / "bad.html").write_text(
        '<a href="gone.html">x</a><a href="sub/other.html#nowhere">x</a><img src="p.png">'
        '<script src="https://cdn.example.org/a.js"></script><link href="//fonts.example.org/a.css">'
    )
    (tmp_path / "bad.css").write_text('@import "https://fonts.example.org/x.css"; a { background: url(local.png) }')
    found = "\n".join(faults(tmp_path))
    assert len(faults(tmp_path)) == 6
    assert (
        "gone.html is not there" in found
        and "#nowhere: no such place" in found
        and "a picture without a text: p.png" in found
    )
    assert (
        "loads https://cdn.example.org/a.js" in found
        and "//fonts.example.org/a.css" in found
        and "https://fonts.example.org/x.css" in found
    )
