"""The notebooks in JupyterLab, as a person meets them."""

import pytest
from PIL import Image

from tests.browser.lab import put

CHART = """
import pandas as pd
import hrlib as hr
hr.explore.use_in_notebook()
hr.explore.curves({"one": pd.DataFrame({"map@r": [0.1, 0.2]}, index=pd.Index([0, 1], name="epoch"))})
"""


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


def test_a_chart_stays_when_the_window_changes(open_notebook, lab):
    """On a projector, say: the window becomes lower, then narrower too."""
    put(lab, "projected", [CHART])
    notebook = open_notebook("projected")
    assert notebook.run_all(seconds=60)["errors"] == []
    chart = notebook.panel.locator(".jp-RenderedPlotly").first
    chart.locator(".main-svg").first.wait_for()
    before = chart.bounding_box()
    for size in ({"width": 1400, "height": 800}, {"width": 1100, "height": 700}):
        notebook.page.set_viewport_size(size)
        notebook.page.wait_for_timeout(1500)
        assert chart.bounding_box()["height"] == before["height"]
    assert chart.bounding_box()["width"] == pytest.approx(before["width"] - 300, abs=2), "it fits the window"
    assert notebook.console == []
