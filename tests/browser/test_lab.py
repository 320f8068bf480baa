"""The notebooks in JupyterLab, as a person meets them."""

import pytest
from PIL import Image


def test_index_opens_and_links_to_the_others(open_notebook):
    notebook = open_notebook("index")
    assert notebook.panel.locator("h1").first.inner_text().startswith("hrlib")
    notebook.panel.get_by_role("link", name="01 · A catalogue and its hierarchy").click()
    notebook.page.locator(".jp-NotebookPanel:visible h1", has_text="A catalogue and its hierarchy").wait_for()
    assert Image.open(notebook.picture("links to 01")).size == (1400, 1000)
    assert notebook.console == []


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("01_catalogue_and_hierarchy", ("hr.explore.contact_sheet", "hr.explore.tree")),
        ("04_discovered_hierarchies", ("hr.explore.cluster_tree", "hr.explore.differences")),
    ],
)
def test_a_notebook_runs_from_top_to_bottom(open_notebook, name, figures):
    """In a folder of its own, without the repository around it."""
    notebook = open_notebook(name)
    state = notebook.run_all(seconds=180)
    assert state["errors"] == [] and all(state["counts"])
    notebook.panel.locator(".jp-Notebook").evaluate("element => element.focus()")
    for number, figure in enumerate(figures):
        cell = notebook.panel.locator(".jp-CodeCell", has_text=figure).first
        cell.scroll_into_view_if_needed()
        plot = cell.locator(".js-plotly-plot .main-svg").first
        plot.wait_for()
        assert plot.bounding_box()["width"] > 400
        notebook.page.wait_for_timeout(500)
        assert Image.open(notebook.picture(f"figure {number}")).getcolors(50) is None, "the page is blank"
    assert notebook.console == []
