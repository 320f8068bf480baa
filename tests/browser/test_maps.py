"""Maps in a browser, without a notebook around them: what the legend and the movie's buttons do."""

import numpy as np
import pandas as pd
import pytest
from plotly.io import to_html

import hrlib as hr
from hrlib.explore import movie, project_together, side_by_side


@pytest.fixture(scope="module")
def placed():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"id": range(24), "product": [f"p{n % 6}" for n in range(24)]})
    table["category"] = [f"c{n % 6 // 3}" for n in range(24)]
    tree = hr.Hierarchy.from_frame(table, ["product", "category"])
    shop = hr.Catalogue("made up", table, hr.ImageStore.from_array(np.zeros((24, 1, 1, 3), np.uint8)), tree)
    spaces = {name: rng.normal(size=(24, 5)) for name in ("first", "second")}
    units = {name: x / np.linalg.norm(x, axis=1, keepdims=True) for name, x in spaces.items()}
    return shop, project_together(units, "pca", hierarchy=tree)


@pytest.fixture
def shown(browser, tmp_path):
    """A figure on a page of a notebook's width, and the errors of its console."""
    page = browser.new_page(viewport={"width": 900, "height": 700})
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))

    def show(figure):
        text = to_html(figure, include_plotlyjs=True, div_id="figure", auto_play=False)
        (tmp_path / "figure.html").write_text(text, encoding="utf-8")
        page.goto((tmp_path / "figure.html").as_uri())
        page.locator("#figure .legendtoggle").first.wait_for(state="attached")
        return page

    yield show
    page.close()
    assert errors == []


def test_a_click_on_the_legend_greys_a_superclass_in_every_panel(placed, shown):
    shop, projections = placed
    page = shown(side_by_side(projections, shop, "product"))
    page.locator("#figure .legendtoggle").first.click(force=True)
    page.wait_for_function("figure.data.some(trace => trace.visible === 'legendonly')")
    state = page.evaluate("figure.data.map(trace => [trace.legendgroup ?? null, trace.visible ?? true])")
    assert sum(visible == "legendonly" for _, visible in state) == 2 * 3  # the products of a category, in both panels
    for family, visible in state:
        assert visible == ("legendonly" if family == "0" else True)
    assert page.locator("#figure .scatterlayer path.point").count() == 2 * (24 + 12)  # all in grey, half in colour


def test_nothing_is_cut_off(placed, shown):
    shop, projections = placed
    page = shown(side_by_side(projections, shop, "product"))
    whole = page.locator("#figure").bounding_box()
    for part in ("g.legend", "g.annotation"):
        for place in page.locator(f"#figure {part}").all():
            box = place.bounding_box()
            assert box["x"] >= whole["x"] - 1 and box["x"] + box["width"] <= whole["x"] + whole["width"] + 1
            assert box["y"] + box["height"] <= whole["y"] + whole["height"] + 1


def test_the_movie_plays_to_its_end(placed, shown):
    shop, projections = placed
    film = movie(projections, shop)
    page = shown(film)
    page.locator("#figure .updatemenu-button", has_text="play").click()
    rows = film.data[0].customdata
    target = projections["second"].coordinates[rows, 0].tolist()
    page.wait_for_function(
        "target => target.every((x, at) => Math.abs(figure.calcdata[0][at].x - x) < 1e-5)", arg=target, timeout=20_000
    )
    page.locator("#figure .slider-label", has_text="second").wait_for()
    page.locator("#figure .annotation-text", has_text="disparity").wait_for()  # the second picture's caption
