"""The explorer in JupyterLab: the pointer on its map, a click, a lasso and a text, and titles that hold a script."""

import pytest
from PIL import Image

from tests.browser.lab import put

SECONDS = 180_000  # ms: other jobs may keep the processor busy
MAKE = """
import numpy as np
import pandas as pd
import hrlib as hr
from hrlib.explore import Explorer
from hrlib.explore.projection import project_together

rng = np.random.default_rng(0)
rows = np.arange(96)
nasty = "<script>window.hacked = 1</script><img src=nowhere onerror='window.hacked = 1'>"
items = pd.DataFrame({
    "id": [f"sku-{row:03d}" for row in rows],
    "product": [f"product {row % 12:02d} <b>bold</b>" for row in rows],
    "category": [f"category {row % 4} {nasty}" for row in rows],
    "colour": [("red", "blue", None)[row % 3] for row in rows],
    "title": [f"item {row} {nasty}" for row in rows],
})
shade = rng.integers(40, 215, (12, 3))[rows % 12]
pixels = np.clip(shade[:, None, None] + rng.normal(0, 20, (96, 48, 48, 3)), 0, 255).astype(np.uint8)
hierarchy = hr.Hierarchy.from_frame(items, ["product", "category"])
catalogue = hr.Catalogue("shop", items, hr.ImageStore.from_array(pixels), hierarchy, ("colour",), "title")

def space(noise):
    x = 2 * rng.normal(size=(4, 16))[rows % 4] + rng.normal(size=(12, 16))[rows % 12] + noise * rng.normal(size=(96, 16))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)

spaces = {"flat " + nasty: space(0.6), "hierarchical": space(0.3)}
"""
SHOW = """
explorer = Explorer(catalogue, spaces, project_together(spaces, "pca", hierarchy=hierarchy), k=6)
explorer
"""
# where the items are on the page, and the edges of the map
SPOTS = """() => {
    const gd = document.querySelector('.js-plotly-plot'), {_fullLayout: {xaxis, yaxis}} = gd;
    const box = gd.getBoundingClientRect(), spots = {};
    const items = gd._fullData.find(trace => trace.name === 'items');
    Array.from(items.customdata).forEach((row, at) => {
        spots[row] = [box.x + xaxis._offset + xaxis.d2p(items.x[at]), box.y + yaxis._offset + yaxis.d2p(items.y[at])];
    });
    const left = box.x + xaxis._offset, top = box.y + yaxis._offset;
    return {spots, left, top, right: left + xaxis._length, bottom: top + yaxis._length};
}"""


@pytest.fixture
def explorer(open_notebook, lab):
    """The notebook with the explorer in it, run and drawn."""
    put(lab, "explorer", [MAKE, SHOW])
    notebook = open_notebook("explorer")
    notebook.page.context.set_default_timeout(SECONDS)
    state = notebook.run_all(seconds=SECONDS / 1000)
    assert state["errors"] == [] and all(state["counts"])
    notebook.panel.locator(".js-plotly-plot .main-svg").first.wait_for()
    notebook.page.add_style_tag(
        content=".Toastify { display: none }"
    )  # JupyterLab's question about news lies over the gallery
    notebook.panel.locator(".js-plotly-plot").scroll_into_view_if_needed()
    notebook.page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot')._fullData.some(trace => trace.name === 'items')"
    )
    notebook.page.wait_for_timeout(2000)  # the page comes to rest
    return notebook


def shown(notebook):
    """Rows of the photos in the gallery."""
    figures = notebook.panel.locator("figure[data-row]")
    return [int(figure.get_attribute("data-row")) for figure in figures.all()]


def chosen(notebook, text):
    notebook.panel.get_by_text(text).first.wait_for()


def test_explorer(explorer):
    page, panel = explorer.page, explorer.panel
    where = page.evaluate(SPOTS)
    assert len(where["spots"]) == 96
    assert Image.open(explorer.picture("1 at first")).getcolors(200) is None

    # the item furthest to the right, so that the pointer meets no other one
    row, (x, y) = max(where["spots"].items(), key=lambda spot: spot[1][0])
    page.mouse.move(x - 30, y)
    page.mouse.move(x, y, steps=4)
    photo = panel.locator(f'img[alt^="item {row} <script>"]')
    photo.wait_for()
    assert photo.evaluate("image => image.naturalWidth") == 48 and shown(explorer) == []
    explorer.picture("2 hover")

    page.mouse.click(x, y)
    chosen(explorer, f"chosen: row {row}, by click")
    neighbours = shown(explorer)
    assert len(neighbours) == 6 and int(row) not in neighbours
    explorer.picture("3 click")

    # a lasso around the left half of the map
    where = page.evaluate(SPOTS)
    middle = (where["left"] + where["right"]) / 2
    held = [row for row, (x, _) in where["spots"].items() if x < middle]
    left, top, bottom = where["left"] + 3, where["top"] + 3, where["bottom"] - 3
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((middle, top), (middle, bottom), (left, bottom), (left, top + 2)):
        page.mouse.move(*corner, steps=6)
    page.mouse.up()
    chosen(explorer, f"{len(held)} chosen, by lasso")
    assert 0 < len(held) < 96 and shown(explorer) != neighbours
    assert not {int(row) for row in held} & set(shown(explorer))
    explorer.picture("4 lasso")

    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot .selectionlayer path').length > 0")
    text = panel.get_by_label("find")
    text.fill("SKU-04")
    text.press("Enter")
    chosen(explorer, "10 chosen, by text 'SKU-04'")
    panel.get_by_role("button", name="Next", exact=True).focus()
    page.keyboard.press("Enter")
    chosen(explorer, "chosen: row 40, by next")
    page.wait_for_function("() => !document.querySelector('.js-plotly-plot .selectionlayer path')")  # the lasso is gone
    page.wait_for_timeout(1000)
    explorer.picture("5 text and next")

    before = shown(explorer)
    panel.get_by_label("model").select_option("hierarchical")
    panel.get_by_text("nearest in the space “hierarchical”").wait_for()
    assert panel.get_by_text("chosen: row 40, by next").is_visible() and len(before) == len(shown(explorer)) == 6
    panel.get_by_label("colour").select_option("product")
    panel.get_by_label("filter by").select_option("colour")
    panel.get_by_label("value").select_option("red")
    panel.get_by_text("32 of 96 items match the filter").or_(
        panel.get_by_text("1 chosen by next, 6 neighbours")
    ).first.wait_for()
    page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot').data.some(trace => trace.name === 'items' && trace.x.length === 32)"
    )
    page.wait_for_function(
        "() => [...document.querySelectorAll('figure[data-row]')].every(figure => figure.dataset.row % 3 === 0)"
    )
    page.wait_for_timeout(1500)
    explorer.picture("6 other model, colour and filter")

    # the points of the new drawing know their items
    where = page.evaluate(SPOTS)
    row, (x, y) = min(where["spots"].items(), key=lambda spot: spot[1][0])
    page.mouse.move(x + 20, y)
    page.mouse.move(x, y, steps=4)
    panel.get_by_text(f"row {row}", exact=True).wait_for()  # a click is one on what the pointer has found
    page.mouse.click(x, y)
    chosen(explorer, f"chosen: row {row}, by click")
    panel.get_by_role("button", name="Back", exact=True).click()
    chosen(explorer, "chosen: row 40, by next")

    page.set_viewport_size({"width": 1000, "height": 1400})
    page.wait_for_timeout(1500)
    panel.get_by_label("model").scroll_into_view_if_needed()
    explorer.picture("7 narrow")

    assert page.evaluate("window.hacked") is None
    assert panel.get_by_text("<script>window.hacked = 1</script>").count() > 0
    assert panel.locator("img[src=nowhere]").count() == 0
    assert explorer.console == [] and explorer.tracebacks == []
