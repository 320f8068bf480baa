import plotly.graph_objects as go
import pytest

from hrlib.explore.alternative import LENGTH, alternative_text


def words(*traces, **layout):
    return alternative_text(go.Figure(traces, layout).to_plotly_json())


def test_title_axes_and_names():
    lines = [go.Scatter(x=[0, 1], y=[1, 2], name=name) for name in ("flat", "<b>hierarchical</b>")]
    hidden = go.Scatter(x=[0], y=[0], name="of no matter", showlegend=False)
    found = words(*lines, hidden, title="a &amp; b<br>over time", xaxis_title="epoch", yaxis_title="map@r")
    assert found == "a & b over time. across: epoch; up: map@r. flat, hierarchical"


def test_labels_of_trees_and_flows_and_texts_each_once():
    tree = go.Treemap(labels=["shop", "mug"], parents=["", "shop"])
    flow = go.Sankey(node={"label": ["mug", "pan"]}, link={"source": [0], "target": [1], "value": [2]})
    notes = [{"text": text, "showarrow": False} for text in ("✗", "<b>query</b>", "✗")]
    assert words(tree, flow, annotations=notes) == "shop, mug, pan, ✗, query"


def test_axes_that_are_not_shown_are_not_told():
    assert words(title="photos", xaxis={"title": "column", "visible": False}) == "photos"


def test_of_an_animation_its_end_is_told_as_the_picture_shows_it():
    frames = [
        go.Frame(name=name, data=[{"x": [1]}], traces=[0], layout={"annotations": [{"text": f"at {name}"}]})
        for name in ("epoch 1", "epoch 7")
    ]
    moving = go.Figure(go.Scatter(x=[0], y=[0]), {"title": "points", "annotations": [{"text": "at epoch 1"}]}, frames)
    assert alternative_text(moving.to_plotly_json()) == "points. at epoch 7, epoch 7"


@pytest.mark.parametrize("figure", [{}, {"data": [], "layout": {}}])
def test_there_is_always_a_text(figure):
    assert alternative_text(figure) == "a figure without words"


def test_it_is_not_too_long():
    many = [{"text": f"class {number}", "showarrow": False} for number in range(100)]
    found = words(title="photos", annotations=many)
    assert len(found) <= LENGTH and found.startswith("photos. class 0, class 1") and found.endswith("…")
