import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hrlib as hr
from hrlib.degradation import KINDS, degrade
from hrlib.explore import degraded_examples, robustness_curves, to_png


def table(drop, kinds=KINDS, seeds=(0,), severities=range(6)):
    rows = [
        (kind, severity, metric, scale * (0.8 - drop * severity * (1 + at) + 0.03 * seed), seed)
        for at, kind in enumerate(kinds)
        for severity in severities
        for metric, scale in (("map@r", 1.0), ("finds itself", 0.5))
        for seed in seeds
    ]
    return pd.DataFrame(rows, columns=["kind", "severity", "metric", "value", "seed"])


def test_a_panel_a_kind_and_a_line_a_model():
    tables = {"standard": table(0.02).drop(columns="seed"), "<b>degraded</b>": table(0.01).drop(columns="seed")}
    chart = robustness_curves(tables, "map@r")
    assert len(chart.data) == 12 and [text.text for text in chart.layout.annotations] == list(KINDS)
    assert [line.name for line in chart.data if line.showlegend] == ["standard", "&lt;b&gt;degraded&lt;/b&gt;"]
    for number, line in enumerate(chart.data):
        drop, at = (0.02, 0.01)[number // 6], number % 6
        np.testing.assert_allclose(line.y, [0.8 - drop * severity * (1 + at) for severity in range(6)])
        np.testing.assert_allclose(line.x, range(6), atol=0.1)
        assert line.xaxis == f"x{at + 1 if at else ''}" and list(line.customdata) == list(range(6))
        assert line.error_y.array is None
    first, second = chart.data[0], chart.data[6]
    assert first.line.dash != second.line.dash and first.marker.symbol != second.marker.symbol
    assert first.line.color != second.line.color
    ranges = {tuple(chart.layout[axis].range) for axis in chart.layout if axis.startswith("yaxis")}
    assert len(ranges) == 1 and ranges.pop()[0] == 0  # panels can be compared, and nothing is cut off below
    assert to_png(chart, width=900)


def test_seeds_are_a_mean_with_bars_from_the_lowest_to_the_highest():
    chart = robustness_curves(
        {"three": table(0.02, kinds=("blur",), seeds=(0, 1, 5), severities=(0, 4))}, "finds itself"
    )
    (line,) = chart.data
    values = 0.5 * (0.8 - 0.02 * np.array([[0], [4]]) + 0.03 * np.array([0, 1, 5]))
    np.testing.assert_allclose(line.y, values.mean(1))
    np.testing.assert_allclose(np.add(line.y, line.error_y.array), values.max(1))
    np.testing.assert_allclose(np.subtract(line.y, line.error_y.arrayminus), values.min(1))


def test_values_below_zero_and_of_zero_are_seen():
    for level in (-0.3, 0.0):
        made = table(0.0).assign(value=level)
        low, high = robustness_curves({"a": made}, "map@r").layout.yaxis.range
        assert low <= level < high


def test_a_metric_that_is_not_there():
    with pytest.raises(
        hr.HrlibError, match="standard: no values of the metric 'map'; the table has map@r, finds itself"
    ):
        robustness_curves({"standard": table(0.1)}, "map")
    with pytest.raises(hr.HrlibError, match="no tables"):
        robustness_curves({}, "map@r")


def test_examples_are_the_photos_that_are_measured(shop):
    sheet = degraded_examples(shop, 7, kinds=("crop", "overlay"), seed=3)
    assert len(sheet.layout.images) == 12
    for image in sheet.layout.images:
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(image.source.split(",")[1]))).convert("RGB"))
        kind, severity = ("crop", "overlay")[int(image.y)], int(image.x)
        expected = degrade(shop.images[[7]], kind, severity, seed=3, positions=[7])[0]
        # as a JPEG: nearer to what it should be than to the photo that it was made from by far
        error = np.abs(shown.astype(float) - expected).mean()
        assert error < 45 and (severity < 3 or error < 0.8 * np.abs(shown.astype(float) - shop.images[7]).mean())
    texts = [text.text for text in sheet.layout.annotations]
    assert texts == ["0", "1", "2", "3", "4", "5", "crop", "overlay"]


def test_a_row_that_is_none(shop):
    with pytest.raises(hr.HrlibError, match="row is 36: expected 0 to 35"):
        degraded_examples(shop, 36)
