"""The map's widget is open to the browser only with its data, and with what changed before it was shown."""

import numpy as np

from hrlib.explore.map_widget import MapWidget


def test_it_opens_with_its_data():
    figure = MapWidget([{"type": "scatter", "x": np.arange(3.0), "y": np.arange(3.0)}], {"width": 300})
    assert figure.comm is None
    figure.data[0].y = np.array([5.0, 6.0, 7.0])
    opened = []
    figure.observe(lambda change: opened.append(figure.get_state()), "comm")
    assert figure.complete() is figure
    (state,) = opened  # what the browser is told first
    assert state["_widget_layout"]["width"] == 300 and len(state["_widget_data"]) == 1
    (y,) = [trace["y"] for trace in figure._widget_data]
    assert list(y) == [5, 6, 7]
    comm = figure.comm
    figure.data[0].y = np.array([1.0, 2.0, 3.0])
    figure.complete()  # shown once more
    assert figure.comm is comm and list(figure._widget_data[0]["y"]) == [1, 2, 3]


def test_what_the_browser_makes_of_the_traces_is_not_taken_over():
    figure = MapWidget([{"type": "scatter", "x": np.arange(3.0), "y": np.arange(3.0)}]).complete()
    delta = {"uid": figure.data[0].uid, "x": {"dtype": "float64", "shape": [3]}}
    figure._js2py_traceDeltas = {"trace_deltas": [delta], "trace_edit_id": figure._last_trace_edit_id}
    assert list(figure.data[0].x) == [0, 1, 2]
