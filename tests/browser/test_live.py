"""A run in JupyterLab: curves that grow, and the button that ends it while its cell is at work."""

from PIL import Image

from tests.browser.lab import put

MAKE = """
import hrlib as hr
hr.explore.use_in_notebook()
train, validation = hr.load("synthetic", size="small").split_classes((0.8, 0.2), seed=0)
model = hr.models.image_encoder("small", dim=16)
loss = hr.losses.HierarchicalProxyLoss(train.hierarchy, dim=16)
"""
TRAIN = """
run = hr.fit(model, loss, train, validation=validation, epochs=500, live=True, out_dir="live run")
print("ended after", run.facts["step"] < run.facts["steps"], len(run.history) > 0)
"""


def test_the_button_ends_the_run_and_a_figure_stays(open_notebook, lab):
    put(lab, "live", [MAKE, TRAIN])
    notebook = open_notebook("live")
    panel = notebook.panel
    notebook.command("runmenu:run-all", wait=False)
    stop = panel.get_by_role("button", name="Stop")
    stop.wait_for()
    # the first epoch is over: there is something on both charts
    panel.get_by_text("epoch 1, step").wait_for()
    panel.locator(".js-plotly-plot .scatterlayer .trace").first.wait_for()
    assert panel.get_by_text(" images/s, ").is_visible() and panel.get_by_text(" left").is_visible()
    assert Image.open(notebook.picture("1 it trains")).getcolors(100) is None
    stop.click()
    panel.get_by_text("ended after True True").wait_for()
    assert (
        panel.get_by_text("stopped after step").is_visible() and panel.get_by_text("resume=True goes on").is_visible()
    )
    stop.wait_for(state="detached")
    assert panel.locator(".jp-OutputArea .js-plotly-plot").count() == 1
    assert Image.open(notebook.picture("2 it is stopped")).getcolors(100) is None
    assert notebook.state()["errors"] == [] and notebook.tracebacks == [] and notebook.console == []
