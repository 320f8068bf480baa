import numpy as np
import pandas as pd

from hrlib.explore import attribute_accuracy_chart, to_png


def test_attribute_accuracy_chart():
    table = pd.DataFrame(
        {
            "values": [3, 0],
            "accuracy": [0.8, np.nan],
            "balanced_accuracy": [0.6, np.nan],
            "majority": [0.5, np.nan],
        },
        index=pd.Index(["colour", "nothing"], name="attribute"),
    )
    chart = attribute_accuracy_chart(table)
    bar, balanced, majority = chart.data
    assert bar.y == ("colour, 3 values: 80%", "nothing, 0 values: nothing known") == majority.y
    assert (bar.x[0], balanced.x[0], majority.x[0]) == (0.8, 0.6, 0.5)
    assert balanced.marker.symbol != majority.marker.symbol  # not by colour alone
    assert to_png(chart).startswith(b"\x89PNG")
