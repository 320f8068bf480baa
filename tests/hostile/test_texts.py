"""Titles, names and values with HTML in them, through every figure, widget and report: nothing of the data may come to life."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import ipywidgets as widgets
import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from ipywidgets.widgets.widget import _instances

import hrlib as hr
from hrlib import explore
from hrlib.explore import SearchDemo, to_png
from hrlib.losses import AttributeLoss, HierarchicalProxyLoss
from hrlib.notebooks.report import write_report
from hrlib.notebooks.run import Outcome
from hrlib.search import VisualSearch
from hrlib.spreadsheet import FORMULA
from hrlib.training import GradedTripletMiner
from hrlib.training.live import training_figure
from tests.explore.test_static import KIT
from tests.hostile.damage import FORMULAS, NASTY

OURS = {"b", "br", "i", "extra", "sup", "sub"}  # what the kit's figures themselves use of what plotly reads as markup
LOUD = {
    "script",
    "img",
    "iframe",
    "object",
    "embed",
    "link",
    "meta",
    "base",
    "form",
    "svg",
    "style",
    "title",
    "textarea",
}


class Elements(HTMLParser):
    """The elements and attributes in a text, as a browser finds them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes


def alive(text, allowed=None):
    """What of the data has become an element or an attribute in a text that is taken for HTML; of figures, whatever is not `allowed`."""
    found = Elements(text)
    wrong = [tag for tag in found.tags if (tag not in allowed if allowed is not None else tag in LOUD - {"img"})]
    for name, value in found.attributes:
        if name.startswith("on") or name == "data-hostile" or (value or "").strip().lower().startswith("javascript:"):
            wrong.append(f"{name}={value}")
        if name == "src" and not (value or "").startswith("data:image/"):
            wrong.append(f"{name}={value}")
    return wrong


def leaves(value, path=""):
    """Every text in a figure's JSON, with its place."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from leaves(part, f"{path}[]")
    elif isinstance(value, str):
        yield path, value


# what plotly never shows: names by which parts find each other, and what buttons do
UNSEEN = re.compile(r"(legendgroup|uid|source|\.ids\[\]|frames\[\]\.name|args(\[\])+|\.template\..*)$")


@pytest.fixture(scope="module")
def shop():
    """36 items whose every text is hostile, different where that matters."""
    rng, rows = np.random.default_rng(0), np.arange(36)
    product, category = f"product {NASTY}", f"category {NASTY}"
    items = pd.DataFrame(
        {
            "id": [f"{row} {NASTY}" for row in rows],
            product: [f"{row % 12} {NASTY}" for row in rows],
            category: [f"{row % 4} {NASTY}" for row in rows],
            f"colour {NASTY}": [(f"red {NASTY}", f"blue {NASTY}", None)[row % 3] for row in rows],
            f"price {NASTY}": rows / 2,
            f"title {NASTY}": [[f"{FORMULAS[row % len(FORMULAS)]} {row} {NASTY}", f"$x_{row}$"] for row in rows],
        }
    )
    pixels = rng.integers(0, 255, (36, 16, 16, 3), dtype=np.uint8)
    hierarchy = hr.Hierarchy.from_frame(items, [product, category])
    attributes, caption = (f"colour {NASTY}", f"price {NASTY}"), f"title {NASTY}"
    return hr.Catalogue(f"shop {NASTY}", items, hr.ImageStore.from_array(pixels), hierarchy, attributes, caption)


def unit(x):
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def spaces():
    rng = np.random.default_rng(1)
    return {f"{name} {NASTY}": unit(rng.normal(size=(36, 8))) for name in ("flat", "other")}


@pytest.fixture(scope="module")
def searches(shop):
    models = {f"{seed} {NASTY}": hr.models.image_encoder("small", dim=8, seed=seed) for seed in range(2)}
    return {name: VisualSearch.index(model, shop) for name, model in models.items()}


def history():
    return pd.DataFrame({f"map@r {NASTY}": [0.1, 0.2], f"hours {NASTY}": [1.0, 2.0]})


def maps(shop, spaces):
    return explore.project_together(spaces, "pca", hierarchy=shop.hierarchy)


def first(spaces):
    return next(iter(spaces.values()))


def robustness():
    rows = [(f"kind {NASTY}", s, f"map@r {NASTY}", 0.5, 0) for s in range(3)]
    return {NASTY: pd.DataFrame(rows, columns=["kind", "severity", "metric", "value", "seed"])}


def graded(shop, spaces):
    known = hr.Attributes.from_frame(shop.items, shop.attributes)
    drawing = GradedTripletMiner(known, products=shop.hierarchy.column(0), categories=shop.hierarchy.column(1))
    return explore.graded_gallery(shop, known, drawing, [0, 5])


def accuracy(shop, spaces):
    known = hr.Attributes.from_frame(shop.items, shop.attributes)
    return explore.attribute_accuracy_chart(AttributeLoss(known, 8).accuracy(first(spaces), known))


def clusters(shop, spaces):
    frame = shop.hierarchy.frame().iloc[:, :1]
    frame[f"cluster {NASTY}"] = [f"{label % 3} {NASTY}" for label in shop.hierarchy.column(0)]
    return explore.cluster_tree(shop, hr.Hierarchy.from_frame(frame), np.eye(3, 8))


def reconstruction(shop):
    return hr.models.VariationalAutoencoder(hr.models.image_encoder("small", dim=8, seed=0), (16, 16), seed=0)


def local(spaces, count):
    return unit(np.random.default_rng(count).normal(size=(36, 16, 8)))


# a line for each figure function; level 0 and level 1 where a figure is by level
FIGURES = {
    "curves": lambda s, e, v: explore.curves({NASTY: history()}, f"map@r {NASTY}", f"hours {NASTY}"),
    "differences": lambda s, e, v: explore.differences(
        pd.DataFrame({"mean": [0.1], "low": [0.0], "high": [0.3]}, index=[(NASTY, "map@r")]), NASTY
    ),
    "mistake_chart": lambda s, e, v: explore.mistake_chart(explore.mistake_heights(e, s.hierarchy)),
    "tree": lambda s, e, v: explore.tree(s.hierarchy, levels=s.hierarchy.levels),
    "cluster_tree": lambda s, e, v: clusters(s, e),
    "contact_sheet": lambda s, e, v: explore.contact_sheet(s),
    "neighbour_gallery": lambda s, e, v: explore.neighbour_gallery(s, e, [1, 5], k=4),
    "photo_pairs": lambda s, e, v: explore.photo_pairs(
        s, pd.DataFrame({"row": [0, 1], "other": [6, 9], "similarity": [1.0, 0.98]}), NASTY
    ),
    "scatter": lambda s, e, v: explore.scatter(next(iter(maps(s, e).values())), s, 1),
    "scatter by attribute": lambda s, e, v: explore.scatter(next(iter(maps(s, e).values())), s, s.attributes[0]),
    "side_by_side": lambda s, e, v: explore.side_by_side(maps(s, e), s, 0),
    "movie": lambda s, e, v: explore.movie(maps(s, e), s, 1),
    "proxy_map": lambda s, e, v: explore.proxy_map(first(e), s, HierarchicalProxyLoss(s.hierarchy, dim=8), "pca"),
    "distance_matrix": lambda s, e, v: explore.distance_matrix(first(e), s.hierarchy),
    "mistake_sankey": lambda s, e, v: explore.mistake_sankey(first(e), s.hierarchy, 0),
    "snapshot": lambda s, e, v: explore.Explorer(s, e, maps(s, e)).static(3),
    "joint_space": lambda s, e, v: explore.joint_space({NASTY: (first(e), first(e))}, s, 1, method="pca"),
    "crossmodal_gallery": lambda s, e, v: explore.crossmodal_gallery(
        s, first(e), np.repeat(first(e), 2, axis=0), [1, 5], 3
    ),
    "code_gallery": lambda s, e, v: explore.code_gallery(s, [NASTY] * 36, np.eye(8)[:3], first(e), first(e), 2),
    "word_map": lambda s, e, v: explore.word_map(s, local(e, 0), [NASTY, "red"], np.eye(8)[:2], [0, 3]),
    "graded_gallery": lambda s, e, v: graded(s, e),
    "attribute_accuracy_chart": lambda s, e, v: accuracy(s, e),
    "robustness_curves": lambda s, e, v: explore.robustness_curves(robustness(), f"map@r {NASTY}"),
    "degraded_examples": lambda s, e, v: explore.degraded_examples(s, 1),
    "reconstructions": lambda s, e, v: explore.reconstructions(reconstruction(s), s, [1, 2]),
    "traversal": lambda s, e, v: explore.traversal(reconstruction(s), s, 1, [0, 1], 3),
    "search_results": lambda s, e, v: explore.search_results(
        next(iter(v.values())), {NASTY: next(iter(v.values())).search(s.images[3])}, title=NASTY
    ),
    "training_figure": lambda s, e, v: training_figure([2.0, 1.0], [{"epoch": 0, "map@r": 0.1}]),
}
# of what no name and no text of the data is in
PLAIN = {
    "alternative_text",
    "proxies_on_a_circle",
    "six_classes",
    "to_png",
    "use_in_notebook",
    "descend",
    "colours",
    "bin_names",
}
# what is made for these figures, or tested as a widget below
OTHERS = {
    "Explorer",
    "Projection",
    "SearchDemo",
    "class_distances",
    "mistakes",
    "mistake_heights",
    "project",
    "project_together",
}


def test_no_figure_is_forgotten():
    figures = {name.split(" ")[0] for name in FIGURES}
    assert set(explore.__all__) - figures == PLAIN | OTHERS
    assert {name.split(" ")[0] for name in KIT} <= figures | PLAIN


@pytest.mark.parametrize("name", FIGURES)
def test_figures(name, shop, spaces, searches, tally):
    torch.manual_seed(0)
    drawn = FIGURES[name](shop, spaces, searches)
    texts = [(path, text) for path, text in leaves(json.loads(drawn.to_json())) if not UNSEEN.search(path)]
    wrong = [(path, bad) for path, text in texts if (bad := alive(text, OURS))]
    tally("HTML and scripts in names, titles and values", "figures", failed=bool(wrong), times=len(texts))
    assert not wrong, wrong[:3]
    assert "&quot;" not in drawn.to_json(), "plotly does not know this entity, and would show it"


@pytest.mark.parametrize(
    "name", ["tree", "scatter", "neighbour_gallery", "mistake_sankey", "snapshot", "crossmodal_gallery"]
)
def test_figures_as_pictures(name, shop, spaces, searches, tally):
    """matplotlib would read $...$ as a formula, and fail where it is none."""
    data = to_png(FIGURES[name](shop, spaces, searches), width=700)
    tally("HTML and formulas in names, titles and values", "to_png")
    assert data.startswith(b"\x89PNG")


def check_widgets(tally, reader):
    every = list(_instances.values())
    texts = [one.value for one in every if isinstance(one, (widgets.HTML, widgets.HTMLMath))]
    raw = [
        one
        for one in every
        if getattr(one, "description_allow_html", False) or getattr(one, "tooltip_allow_html", False)
    ]
    wrong = [bad for text in texts if (bad := alive(text))]
    tally("HTML and scripts in names, titles and values", reader, failed=bool(wrong or raw), times=len(texts))
    assert texts and any("&lt;script&gt;" in text for text in texts) and not wrong and not raw, wrong[:3]


def test_the_explorer(shop, spaces, tally, tmp_path):
    explorer = explore.Explorer(shop, spaces, maps(shop, spaces), out_dir=tmp_path)
    explorer.choose([1])
    explorer.choose([1, 2, 3], f"text {NASTY}")
    explorer.controls.text.value = f"nothing {NASTY}"
    explorer.keep()
    explorer.export()
    check_widgets(tally, "Explorer")
    lines = (tmp_path / "kept.csv").read_text(encoding="utf-8-sig").splitlines()
    cells = pd.read_csv(tmp_path / "kept.csv", dtype=str).astype(str).to_numpy().ravel()
    wrong = [cell for cell in cells if cell.startswith(FORMULA)]
    tally("formulas in names, titles and values", "CSV of the Explorer", failed=bool(wrong), times=len(cells))
    assert len(lines) > 4 and not wrong and any(cell.startswith("'=") for cell in cells)


def test_the_search_demo(searches, tally):
    demo = SearchDemo(searches, k=5)
    c = demo.controls
    demo.pick(demo.items.ids()[0])
    c.rerank.value = True
    c.id.value = f"no such id {NASTY}"
    c.name.value = f"new {NASTY}"
    c.add.click()
    check_widgets(tally, "SearchDemo")


def test_our_scripts_make_no_html_of_texts(tally):
    """The widgets' JavaScript sets text and attributes only."""
    sources = list(Path(explore.__file__).parent.glob("*.js"))
    dangerous = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function|DOMParser"
    wrong = [source.name for source in sources if re.search(dangerous, source.read_text())]
    tally(
        "HTML and scripts in names, titles and values",
        "JavaScript of the widgets",
        failed=bool(wrong),
        times=len(sources),
    )
    assert sources and not wrong


def test_a_catalogue_in_a_notebook(shop, tally):
    wrong = alive(shop._repr_html_(), {"p", "table", "thead", "tbody", "tr", "th", "td"})
    tally("HTML and scripts in names, titles and values", "a Catalogue in a notebook", failed=bool(wrong))
    assert not wrong


def test_the_report_of_a_catalogue(shop, tally):
    told = shop.report()
    tags = {"p", "b", "i", "br", "h4", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"}
    wrong = alive(told._repr_html_(), tags)
    for drawn in (told.sheet(), *(told.pairs(name) for name, found in told.findings.items() if "other" in found.rows)):
        wrong += [
            bad
            for path, text in leaves(json.loads(drawn.to_json()))
            if not UNSEEN.search(path)
            for bad in alive(text, OURS)
        ]
    tally(
        "HTML and scripts in names, titles and values",
        "the report of a Catalogue",
        failed=bool(wrong),
        times=len(told.findings),
    )
    assert told.findings and "&lt;script&gt;" in told._repr_html_() and not wrong, wrong[:3]


@pytest.fixture(scope="module")
def page(shop, spaces, tmp_path_factory):
    """The report of a notebook whose outputs hold hostile texts in every form that a cell may print."""
    out = tmp_path_factory.mktemp("report")
    figure = json.loads(FIGURES["scatter"](shop, spaces, None).to_json())
    outputs = [
        nbformat.v4.new_output("display_data", {"application/vnd.plotly.v1+json": figure}),
        nbformat.v4.new_output(
            "execute_result", {"text/plain": NASTY, "text/html": shop.items.to_html()}, execution_count=1
        ),
        nbformat.v4.new_output("execute_result", {"text/plain": NASTY}, execution_count=1),
        nbformat.v4.new_output("stream", name="stdout", text=NASTY),
        nbformat.v4.new_output("stream", name="stderr", text=NASTY),
        nbformat.v4.new_output("error", ename="HrlibError", evalue=NASTY, traceback=[f"\x1b[31m{NASTY}\x1b[0m"]),
    ]
    cell = nbformat.v4.new_code_cell(f"print({NASTY!r})", outputs=outputs, execution_count=1)
    name = "01 javascript:alert(1) <b data-hostile=1>"
    path = out / name / f"{name}.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    metrics = {f"metric {NASTY}": 0.5, "text": NASTY, "list": [NASTY]}
    write_report([Outcome(name, path, 1.0, NASTY, metrics), Outcome("javascript:alert(1)", path, 1.0)], out)
    return out / "report", name


def test_the_report_of_notebooks(page, tally):
    folder, name = page
    kit = {"script", "style", "title", "meta", "svg", "link", "src=plotly.min.js"}  # of the page itself
    for file in (folder / "index.html", folder / f"{name}.html"):
        found = Elements(file.read_text(encoding="utf-8"))
        text = file.read_text(encoding="utf-8")
        wrong = [bad for bad in alive(text) if bad not in kit]
        wrong += [
            script for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL) if script == "alert(1)"
        ]
        wrong += [tag for tag in found.tags if tag in {"iframe", "object", "embed", "base", "form", "textarea"}]
        tally("HTML and scripts in names, titles and values", "the notebooks' HTML report", failed=bool(wrong))
        assert not wrong, wrong[:5]
        links = [value for key, value in found.attributes if key == "href" and value and not value.startswith("#")]
        assert all(not link.lower().startswith("javascript:") for link in links)


def test_quotes_in_a_title_are_seen_as_they_are(shop, spaces):
    """Of the entities plotly.js knows but a few: &quot; would be read in the picture."""
    drawn = explore.scatter(next(iter(maps(shop, spaces).values())), shop, 0, title='a 5" pan & its lid')
    assert drawn.layout.title.text == 'a 5" pan &amp; its lid'
