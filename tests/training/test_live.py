"""The live panel: what it draws and says, and what it leaves in a notebook that papermill runs."""

import time

import nbclient
import nbformat
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import hrlib as hr
from hrlib.training import loop as module
from hrlib.training.fit import FitSettings
from hrlib.training.live import LivePanel, duration, thinned, training_figure

ROWS = [{"epoch": 0, "loss": 3.0, "map@r": 0.1}, {"epoch": 1, "loss": 2.0, "map@r": 0.3}]


@given(st.lists(st.floats(-10, 10), max_size=200), st.integers(1, 50), st.integers(0, 1000))
def test_thinned_keeps_the_sum_and_the_order(values, most, first):
    middles, means = thinned(values, first, most)
    assert len(means) <= most and middles == sorted(middles)
    width = max(1, -(-len(values) // most))
    sizes = [min(width, len(values) - start) for start in range(0, len(values), width)]
    assert np.isclose(np.dot(means, sizes), sum(values), atol=1e-9)
    # a value lies within half a run of its run's middle
    assert all(first <= middle <= first + len(values) - 1 for middle in middles)


def test_few_values_are_kept_as_they_are():
    assert thinned([3.0, 1.0], first=7) == ([7.0, 8.0], [3.0, 1.0])


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (6.6, "0:07"), (59.6, "1:00"), (754, "12:34"), (3723, "1:02:03")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_figure_has_the_loss_and_the_validation_curve():
    figure = training_figure([3.0, 2.0, 1.0], ROWS, first=4)
    loss, score = figure.data
    assert list(loss.x) == [4, 5, 6] and list(loss.y) == [3, 2, 1]
    assert list(score.x) == [0, 1] and list(score.y) == [0.1, 0.3]
    without = training_figure([1.0], [{"epoch": 0, "loss": 1.0}])
    assert not without.data[1].x and "no validation classes" in without.layout.annotations[1].text


@pytest.mark.parametrize("watched", ["0", "1"])
def test_a_panel_lives_and_leaves_a_figure(monkeypatch, capsys, watched):
    monkeypatch.setenv("HRLIB_PROGRESS", watched)
    with LivePanel(10, 2, ROWS[:1]) as panel:
        panel._shown = float("-inf")  # as after the time between two messages
        panel.step(2.5, 1234)
        panel.epoch(ROWS[1])
        assert panel.status(1234).startswith("epoch 2, step 3 of 10: loss 2.500, 1,234 images/s, ")
        if watched == "1":
            assert panel._text.value.startswith("epoch 1, step 3 of 10")
            assert list(panel._chart.data[0].y) == [2.5]
            panel._button.click()
        assert panel.stop is (watched == "1")
    assert capsys.readouterr().out.count("Figure") >= 1  # what IPython prints for it where there is no notebook


def test_time_left_is_by_the_steps_so_far(monkeypatch):
    panel = LivePanel(10, 2, [])
    panel._start = time.perf_counter() - 8
    panel._losses = [1.0] * 4
    assert panel.status(10).endswith("0:08 left")


CELL = """
import hrlib as hr
from tests.tiny import tiny_shop
shop = tiny_shop()
train, validation = shop.split_classes((0.6, 0.4), seed=0)
model = hr.models.image_encoder("small", dim=8)
loss = hr.losses.HierarchicalProxyLoss(train.hierarchy, dim=8)
run = hr.fit(model, loss, train, validation=validation, epochs=2, batch_size=24, live=True)
"""


def test_where_papermill_runs_it_one_figure_is_left(monkeypatch):
    monkeypatch.setenv("HRLIB_PROGRESS", "0")
    sources = ("import hrlib as hr\nhr.explore.use_in_notebook()", CELL)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (output,) = notebook.cells[1].outputs
    figure = output["data"]["application/vnd.plotly.v1+json"]
    assert len(figure["data"]) == 2 and len(figure["data"][1]["x"]) == 2


def test_the_button_ends_the_run_with_its_checkpoint(shop, tmp_path, monkeypatch, capsys):
    """`fit` returns, and a resumed run ends with the weights of one that was not stopped."""
    train, validation = shop.split_classes((0.6, 0.4), seed=0)
    monkeypatch.setenv("HRLIB_PROGRESS", "1")

    def new():
        torch.manual_seed(0)
        return hr.models.image_encoder("small", dim=8), hr.losses.make("hpl-proxy-anchor", train.hierarchy, 8)

    whole = new()
    hr.fit(*whole, train, validation=validation, epochs=3, batch_size=24)
    stopped = new()
    loop = module.Loop(*stopped, train, validation, FitSettings(epochs=3, batch_size=24), tmp_path)
    panels = []
    make = module._live_panel
    monkeypatch.setattr(module, "_live_panel", lambda *given: panels.append(make(*given)) or panels[0])
    take = loop._train_step
    loop._train_step = lambda rows: panels[0]._button.click() or take(rows) if loop.step == 4 else take(rows)
    loop.run(resume=False, live=True)
    assert loop.step == 5 and len(loop.rows) == 1
    assert f"stopped after step 5 of 9; saved in {tmp_path}: resume=True goes on" in capsys.readouterr().out
    resumed = new()
    run = hr.fit(*resumed, train, validation=validation, epochs=3, batch_size=24, out_dir=tmp_path, resume=True)
    assert len(run.history) == 3
    for a, b in zip(whole[0].state_dict().values(), resumed[0].state_dict().values(), strict=True):
        assert torch.equal(a, b)
