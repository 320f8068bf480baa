"""A run to watch in a notebook: curves as they grow, the speed, the time left, and a button that ends it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from hrlib import progress
from hrlib.explore.theme import PALETTE, figure
from hrlib.widgets import close

POINTS = 300  # of the loss curve: more cannot be told apart at its width
REFRESH = 0.5  # seconds between two messages to the browser


def training_figure(losses: list[float], history: list[dict[str, Any]], first: int = 0) -> go.Figure:
    """The loss by step (means of so many steps that `POINTS` are left) and, if there is one, MAP@R on validation classes by epoch.

    Args:
        losses: of the steps `first`, `first` + 1, ...: an interrupted run that goes on has those of its second part.
        history: the rows of `Run.history`, as dictionaries.
    """
    steps, means = thinned(losses, first)
    epochs = [row["epoch"] for row in history if "map@r" in row]
    scores = [row["map@r"] for row in history if "map@r" in row]
    right = "MAP@R on validation classes by epoch" if scores or not history else "no validation classes"
    drawn = make_subplots(1, 2, subplot_titles=["loss by step", right], figure=figure())
    style = {"mode": "lines", "line": {"color": PALETTE[0], "width": 2}, "showlegend": False}
    drawn.add_scatter(x=steps, y=means, **style, row=1, col=1)
    style = {"mode": "lines+markers", "line": {"color": PALETTE[1], "width": 2}, "showlegend": False}
    drawn.add_scatter(x=epochs, y=scores, **style, row=1, col=2)
    drawn.update_xaxes(title="step", row=1, col=1)
    drawn.update_xaxes(title="epoch", rangemode="tozero", tick0=0, dtick=max(1, len(epochs) // 8), row=1, col=2)
    drawn.update_yaxes(rangemode="tozero", row=1, col=2)
    return drawn.update_layout(height=300, margin={"l": 50, "r": 20, "t": 50, "b": 50})


def thinned(values: list[float], first: int = 0, most: int = POINTS) -> tuple[list[float], list[float]]:
    """At most `most` means of equally long runs of the values (the last may be shorter), and the middles of the runs, counted from `first`."""
    width = max(1, -(-len(values) // most))
    starts = range(0, len(values), width)
    runs = [values[start : start + width] for start in starts]
    middles = [first + start + (len(run) - 1) / 2 for start, run in zip(starts, runs, strict=True)]
    return middles, [float(np.mean(run)) for run in runs]


def duration(seconds: float) -> str:
    """Seconds for people: "0:07", "12:34", "1:02:03"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class LivePanel:
    """Two curves, a line of text and a button, in the cell that trains; at the end a figure that stays.

    A button's click reaches a kernel that is busy only where the front end sends the messages of widgets to a subshell, as JupyterLab 4.4
    and later do with ipykernel 7. Elsewhere the front end's own stop (■, an interrupt) ends the run after the step in flight. Where
    nobody watches (papermill) only the figure at the end is made.
    """

    def __init__(self, steps: int, done: int, history: list[dict[str, Any]]):
        self.stop = False
        self._steps, self._first, self._history = steps, done, list(history)
        self._losses: list[float] = []

    def __enter__(self) -> LivePanel:
        self._box = self._handle = None
        if progress.shown():
            self._open()
        self._start = self._shown = time.perf_counter()
        return self

    def step(self, loss: float, images_per_second: int) -> None:
        """After a step."""
        self._losses.append(loss)
        now = time.perf_counter()
        if self._box and now - self._shown >= REFRESH:
            self._shown = now
            self._refresh(images_per_second)

    def epoch(self, row: dict[str, Any]) -> None:
        """After an epoch: its row of the history."""
        self._history.append(row)

    def status(self, images_per_second: int) -> str:
        """The line of text."""
        done = len(self._losses)
        left = (time.perf_counter() - self._start) / max(done, 1) * (self._steps - self._first - done)
        return (
            f"epoch {len(self._history)}, step {self._first + done} of {self._steps}: loss {self._losses[-1]:.3f}, "
            f"{images_per_second:,} images/s, {duration(left)} left"
        )

    def __exit__(self, *_) -> None:
        from IPython.display import display

        left = training_figure(self._losses, self._history, self._first)
        if self._box:
            close(self._box)
        if self._handle:
            # not the figure itself: it would show itself anew instead of taking the widget's place
            self._handle.update(left._repr_mimebundle_(None, None), raw=True)
        else:
            display(left)

    def _open(self) -> None:
        import ipywidgets
        from IPython.display import display

        self._chart = go.FigureWidget(training_figure([], self._history))
        self._text = ipywidgets.Label("the first step ...")
        self._button = ipywidgets.Button(
            description="Stop", icon="stop", tooltip="end the run after this step, keep what it has learned"
        )
        self._button.on_click(self._ask_to_stop)
        self._box = ipywidgets.VBox([ipywidgets.HBox([self._button, self._text]), self._chart])
        self._handle = display(self._box, display_id=True)
        # ipykernel from 7.4 on sends a click to the shell that made the button, which trains; without that mark it goes where the browser asks
        vars(self._button.comm or self).pop("_reply_subshell_id", None)

    def _ask_to_stop(self, button) -> None:
        self.stop = True
        button.disabled, button.description = True, "Stopping ..."

    def _refresh(self, images_per_second: int) -> None:
        self._text.value = self.status(images_per_second)
        new = training_figure(self._losses, self._history, self._first)
        with self._chart.batch_update():
            for old, trace in zip(self._chart.data, new.data, strict=True):
                old.x, old.y = trace.x, trace.y
            self._chart.layout.xaxis2.dtick = new.layout.xaxis2.dtick
