import numpy as np
import pandas as pd

from hrlib.explore import curves, differences, mistake_chart, mistake_heights, tree


def test_curves():
    history = pd.DataFrame({"map@r": [0.1, 0.2]}, index=pd.Index([0, 1], name="epoch"))
    chart = curves({"a": history, "b": history * 2})
    assert [trace.name for trace in chart.data] == ["a", "b"] and list(chart.data[1].y) == [0.2, 0.4]
    assert chart.data[0].line.dash != chart.data[1].line.dash  # not by colour alone


def test_differences():
    table = pd.DataFrame({"mean": [0.1], "low": [0.05], "high": [0.2]}, index=[("product", "map@r")])
    (trace,) = differences(table, "a title").data
    assert trace.y == ("product map@r",)
    np.testing.assert_allclose([trace.error_x.array[0], trace.error_x.arrayminus[0]], [0.1, 0.05])


def test_mistake_heights_against_brute_force(shop, spaces):
    shares = mistake_heights(spaces, shop.hierarchy)
    assert list(shares.columns) == ["product", "category", "root"]
    labels = shop.hierarchy.labels
    for name, vectors in spaces.items():
        similarity = vectors @ vectors.T - 3 * np.eye(36)
        counts = [0, 0, 0]
        for query, item in enumerate(similarity.argmax(1)):
            same = labels[query] == labels[item]
            counts[0 if same[0] else 1 if same[1] else 2] += 1
        np.testing.assert_allclose(shares.loc[name], np.array(counts) / 36)
    chart = mistake_chart(shares)
    assert [trace.name for trace in chart.data] == ["same product", "same category", "nothing shared"]
    assert len({trace.marker.pattern.shape for trace in chart.data}) == 3


def test_tree(shop):
    (trace,) = tree(shop.hierarchy).data
    assert sorted(trace.values) == [9] * 4
    (trace,) = tree(shop.hierarchy, levels=("product", "category")).data
    assert len(trace.ids) == 16 and trace.parents[:4] == ("",) * 4
    assert sum(value for value, parent in zip(trace.values, trace.parents, strict=True) if parent) == 36
