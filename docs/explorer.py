"""Takes the README's picture of the explorer, in JupyterLab: `make picture`. It needs Chromium (Debian: apt-get install chromium).

A hierarchical model is trained on the synthetic catalogue; a lasso is drawn around the part of the map where a category drawn at random
is most frequent.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser.lab import Notebook, chromium, jupyterlab, put

CELLS = (
    """
import numpy as np, torch
import hrlib as hr
from hrlib.explore import Explorer
train, test = hr.load("synthetic", size="small", seed=0).split_classes(seed=0)
test, _ = test.split_classes((0.6, 0.4), seed=0)
spaces = {}
for name, weights in {"hierarchical": (1.0, 0.3), "flat": (1.0,)}.items():
    torch.manual_seed(0)
    model = hr.models.image_encoder("small", dim=64)
    loss = hr.losses.HierarchicalProxyLoss(train.hierarchy, dim=64, base="proxy-nca", weights=weights)
    hr.fit(model, loss, train, epochs=12, batch_size=32)
    spaces[name] = hr.embed(model, test)
""",
    "explorer = Explorer(test, spaces)\nexplorer",
)
# around the two items that are nearest to each other, in pixels of the page
LASSO = """() => {
    const gd = document.querySelector('.js-plotly-plot'), {_fullLayout: {xaxis, yaxis}} = gd, box = gd.getBoundingClientRect();
    const items = gd._fullData.find(trace => trace.name === 'items');
    const at = Array.from(items.x).map((x, i) => [box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(items.y[i])]);
    const near = spot => at.filter(other => Math.hypot(other[0] - spot[0], other[1] - spot[1]) < 26).length;
    return at.reduce((best, spot) => near(spot) > near(best) ? spot : best);
}"""


def main(path: str) -> None:
    with chromium() as browser, tempfile.TemporaryDirectory() as folder, jupyterlab(Path(folder)) as lab:
        put(lab, "explorer", CELLS)
        page = browser.new_context(viewport={"width": 1300, "height": 1000}, device_scale_factor=1.5).new_page()
        page.set_default_timeout(300_000)
        notebook = Notebook(page, lab, "explorer", Path(folder))
        state = notebook.run_all(600)
        assert not state["errors"], state["errors"]
        page.add_style_tag(content=".Toastify { display: none }")
        notebook.command("application:toggle-left-area")
        plot = notebook.panel.locator(".js-plotly-plot")
        plot.scroll_into_view_if_needed()
        page.wait_for_function(
            "() => document.querySelector('.js-plotly-plot')?._fullData?.some(t => t.name === 'items')"
        )
        page.wait_for_timeout(3000)
        x, y = page.evaluate(LASSO)
        page.mouse.move(x - 28, y - 28)
        page.mouse.down()
        for dx, dy in ((28, -28), (34, 0), (28, 28), (0, 34), (-28, 28), (-34, 0), (-28, -26)):
            page.mouse.move(x + dx, y + dy, steps=5)
        page.mouse.up()
        notebook.panel.get_by_text("chosen, by lasso").first.wait_for()
        page.wait_for_timeout(3000)
        shot = Path(folder) / "explorer.png"
        notebook.panel.locator(".jp-OutputArea-output", has=page.locator(".js-plotly-plot")).first.screenshot(path=shot)
        Image.open(shot).convert("RGB").quantize(256, kmeans=2).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
