"""The search demo in JupyterLab, and notebook 11 as an app: uploads, a crop box, scribbles, filters, an added item, and files that are no photos."""

import contextlib
import io
import os
import socket
import subprocess
import sys
import time
import zlib

import numpy as np
from PIL import Image

from tests.browser.lab import ROOT, put

SECONDS = 240_000  # ms: other jobs may keep the processor busy
MAKE = """
import numpy as np
import pandas as pd
import hrlib as hr
from hrlib.search import VisualSearch

rng, rows = np.random.default_rng(0), np.arange(60)
nasty = "<script>window.hacked = 1</script><img src=nowhere onerror='window.hacked = 1'>"
items = pd.DataFrame({
    "id": [f"sku-{row:03d}" for row in rows],
    "product": [f"product {row % 12:02d} {nasty}" for row in rows],
    "category": [("tops", "shoes", "mugs", "lamps")[row % 4] for row in rows],
    "colour": [("red", "blue", None)[row % 3] for row in rows],
    "price": rows / 2,
})
shade = rng.integers(20, 235, (12, 3))[rows % 12]
pixels = np.clip(shade[:, None, None] + rng.normal(0, 15, (60, 48, 48, 3)), 0, 255).astype(np.uint8)
hierarchy = hr.Hierarchy.from_frame(items, ["product", "category"])
shop = hr.Catalogue("shop", items, hr.ImageStore.from_array(pixels), hierarchy, ("colour", "price"))
models = {"flat": hr.models.image_encoder("small", dim=16, seed=0), "hierarchical": hr.models.image_encoder("small", dim=16, seed=1)}
searches = {name: VisualSearch.index(model, shop) for name, model in models.items()}
"""
WORDS = """
tokenizer = hr.models.Tokenizer.train(["red tops", "blue shoes", "red mugs", "blue lamps"], vocabulary=60)
searches = {"dual": VisualSearch.index(hr.models.dual_encoder(tokenizer, dim=16, width=16, layers=1, seed=0), shop, near_duplicate=None)}
"""
SHOW = """
demo = hr.explore.SearchDemo(searches, k=6)
demo
"""


def png(pixels):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return data.getvalue()


def two_halves():
    """Dark and smooth on the left, bright and rough on the right."""
    rng = np.random.default_rng(1)
    photo = np.full((120, 200, 3), (20, 30, 90), np.uint8)
    photo[:, 100:] = np.clip(rng.normal(200, 40, (120, 100, 3)), 0, 255)
    return photo


def hostile():
    """Name of a file -> its bytes, and what is to be said."""
    good = png(two_halves())
    jpeg, gif = io.BytesIO(), io.BytesIO()
    Image.fromarray(two_halves()).save(jpeg, "JPEG")
    frames = [Image.fromarray(np.full((9, 9, 3), shade, np.uint8)) for shade in (0, 99, 200)]
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    bomb = bytearray(good)
    bomb[16:24] = (65_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bytes(bomb[12:29])).to_bytes(4, "big")
    return {
        "empty.jpg": (b"", "the file is empty"),
        "cut.jpg": (jpeg.getvalue()[:1500], "cut off or damaged"),
        "text.png": (b"not a photo", "not a JPEG, PNG or WEBP picture"),
        "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.hacked = 1'/>", "but SVG"),
        "bomb.png": (bytes(bomb), "more than the cap"),
        "moving.gif": (gif.getvalue(), "but GIF"),
        "huge.jpg": (b"\xff\xd8\xff" + b"\0" * 20_000_000, "20.0 MB, more than the 9 MB"),
    }


class Demo:
    """The demo in a page: `root` is a locator around it."""

    def __init__(self, page, root):
        self.page, self.root = page, root
        self.canvas, self.status = root.locator(".hrlib-canvas canvas"), root.locator(".hrlib-canvas [role=status]")

    def upload(self, name, data, says):
        self.root.get_by_label("Upload a photo").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": data}
        )
        self.status.get_by_text(says).or_(self.status.filter(has_text=says)).first.wait_for()

    def shown(self):
        return self.page.evaluate("() => [...document.querySelectorAll('figure[data-id]')].map(one => one.dataset.id)")

    def changed(self, before):
        """The results once they are others than `before`."""
        self.page.wait_for_function(
            "before => { const now = [...document.querySelectorAll('figure[data-id]')].map(one => one.dataset.id);"
            " return now.length && now.join() !== before }",
            arg=",".join(before),
        )
        self.page.wait_for_timeout(1500)  # both models' results are there
        return self.shown()

    def drag(self, *spots):
        """Over the canvas, by parts of its width and height."""
        box = self.canvas.bounding_box()
        (x, y), *others = [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in spots]
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for spot in others:
            self.page.mouse.move(*spot, steps=5)
        self.page.mouse.up()


def begun(open_notebook, lab, name, cells):
    """The demo that the last of some cells shows, in JupyterLab."""
    put(lab, name, cells)
    notebook = open_notebook(name)
    notebook.page.context.set_default_timeout(SECONDS)
    state = notebook.run_all(seconds=SECONDS / 1000)
    assert state["errors"] == [] and all(state["counts"])
    notebook.page.add_style_tag(content=".Toastify { display: none }")
    shown = Demo(notebook.page, notebook.panel)
    shown.notebook = notebook
    shown.status.get_by_text("Upload a photo").wait_for()
    return shown


def test_words(open_notebook, lab):
    demo = begun(open_notebook, lab, "search-words", [MAKE, WORDS, SHOW])
    demo.root.get_by_label("in words").fill("red mugs")
    demo.page.keyboard.press("Enter")
    demo.status.filter(has_text='dual: 6 results for "red mugs"').wait_for()
    alone = demo.changed([])
    assert demo.canvas.is_hidden()
    demo.root.locator(".hrlib-strip button").first.click()
    demo.status.filter(has_text='and "red mugs"').wait_for()
    both = demo.changed(alone)
    demo.notebook.picture("8 words and a photo")
    demo.root.get_by_role("button", name="Without the photo").click()
    assert demo.changed(both) == alone and demo.canvas.is_hidden()
    demo.notebook.picture("9 words alone")
    assert demo.notebook.console == [] and demo.notebook.tracebacks == []


def test_search_demo(open_notebook, lab):
    demo = begun(open_notebook, lab, "search-demo", [MAKE, SHOW])
    page, root, notebook = demo.page, demo.root, demo.notebook
    assert root.get_by_label("in words").count() == 0
    root.locator(".hrlib-strip button img").first.wait_for()
    root.locator(".hrlib-strip").scroll_into_view_if_needed()
    demo.upload("mine.png", png(two_halves()), "flat: 6 results, hierarchical: 6 results for mine.png")
    whole = demo.changed([])
    assert len(whole) == 12 and root.get_by_label("results of hierarchical").count() == 1
    notebook.picture("1 an upload")

    demo.drag((0.55, 0.1), (0.8, 0.6), (0.95, 0.9))
    cut = demo.changed(whole)
    assert "crop box from 11" in demo.canvas.get_attribute("aria-label")
    notebook.picture("2 a crop box")

    root.get_by_role("button", name="Pen", exact=True).click()
    page.wait_for_timeout(1000)
    demo.drag((0.6, 0.3), (0.9, 0.3), (0.6, 0.6), (0.9, 0.6), (0.6, 0.8))
    demo.changed(cut)
    notebook.picture("3 a scribble")
    root.get_by_role("button", name="Undo").click()
    page.wait_for_function(
        "before => [...document.querySelectorAll('figure[data-id]')].map(one => one.dataset.id).join() === before",
        arg=",".join(cut),
    )

    root.get_by_role("button", name="Filters", exact=True).click()
    root.get_by_label("colour").locator("option", has_text="red").locator("..").select_option("red")
    page.wait_for_function(
        "() => { const ids = [...document.querySelectorAll('figure[data-id]')].map(one => +one.dataset.id.slice(4));"
        " return ids.length === 8 && ids.every(id => id % 3 === 0) }"
    )
    notebook.picture("4 a filter")  # red items are of four products, and near-duplicates are grouped

    before = demo.shown()
    for name, (data, says) in hostile().items():
        demo.upload(name, data, says)
        assert demo.status.inner_text().startswith(f"{name}: ") and demo.shown() == before
    notebook.picture("5 no photo")
    root.get_by_role("button", name="Clear filters").click()
    unfiltered = demo.changed(before)

    root.get_by_role("button", name="Add to the catalogue").click()
    root.get_by_label("id", exact=True).fill("mine <b>")
    root.get_by_label("class").fill("mugs")
    root.get_by_role("button", name="Add this photo").click()
    demo.status.get_by_text("mine <b> was added as mugs").or_(demo.status.filter(has_text="was added")).first.wait_for()
    added = demo.changed(unfiltered)
    assert added[0] == added[6] == "mine <b>"
    notebook.picture("6 an added item")
    root.get_by_role("button", name="Remove").click()
    assert "mine <b>" not in demo.changed(added)

    # by keys alone: a photo of the strip, a box, moved and taken away
    strip = root.locator(".hrlib-strip button").first
    strip.focus()
    page.keyboard.press("Enter")
    demo.status.filter(has_text="for item sku-").wait_for()
    demo.canvas.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    assert "crop box from 12, 12 to 36, 36" in demo.canvas.get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert "crop box from 13, 12 to 37, 37" in demo.canvas.get_attribute("aria-label")
    page.keyboard.press("Escape")
    assert "no crop box" in demo.canvas.get_attribute("aria-label")
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("() => (document.activeElement.innerText || document.activeElement.type || '').trim()")
        )
    assert {"Pen", "Undo", "Clear", "Add to the catalogue"} <= set(reached), reached

    page.set_viewport_size({"width": 900, "height": 1400})
    page.wait_for_timeout(1500)
    demo.canvas.scroll_into_view_if_needed()
    notebook.picture("7 narrow")
    assert page.evaluate("window.hacked") is None and root.locator("img[src=nowhere]").count() == 0
    assert notebook.console == [] and notebook.tracebacks == []


@contextlib.contextmanager
def app(folder):
    """Notebook 11 as `make demo` serves it, trained for a moment; its port, its process and its log."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HRLIB_PROGRESS": "0", "OMP_NUM_THREADS": "1"}
    environment |= {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    run = [sys.executable, "-m", "hrlib.notebooks", "11", "-p", "interactive=true", "-p", "epochs=1", "--out", folder]
    done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True)
    notebook = folder / "11_visual_search_demo" / "11_visual_search_demo.ipynb"
    assert done.returncode == 0, done.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [
        sys.executable,
        "-m",
        "voila",
        "--Voila.config_file_paths=docs",
        "--no-browser",
        f"--port={port}",
        notebook,
    ]
    log = folder / "voila.log"
    with open(log, "wb") as file:
        process = subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield port, process, log
    finally:
        process.terminate()
        process.wait(30)


def answers(port, process, log):
    """Wait until something listens on the port."""
    deadline = time.time() + 120
    while time.time() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.3)
    raise AssertionError(f"the app does not answer: {log.read_text()[-2000:]}")


def test_the_app_answers(browser, tmp_path):
    with app(tmp_path) as (port, process, log):
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(SECONDS)
        answers(port, process, log)  # which starts no kernel, as asking for the page does
        page.goto(f"http://127.0.0.1:{port}/")
        demo = Demo(page, page.locator("body"))
        page.get_by_role("heading", name="Visual search: try it").wait_for()
        demo.status.get_by_text("Upload a photo").wait_for()
        assert page.get_by_text("Checked claims").count() == 0 and page.locator(".jp-InputArea-editor").count() == 0
        demo.upload("mine.png", png(two_halves()), "8 results for mine.png")
        assert len(demo.changed([])) == 16
        page.screenshot(path=tmp_path / "the app.png", full_page=True)
        page.context.close()
