"""The figure of what searches have found: every photo and its texts."""

from dataclasses import replace

import plotly.graph_objects as go
import pytest

import hrlib as hr
from tests.explore.test_search_demo import NASTY, catalogue, photo, searches


def test_every_result_is_there_with_its_classes_and_distance():
    search = searches(catalogue())["flat"]
    found = {"a photo": search.search(photo(), 5), "a part of it <b>": search.search(photo(), 3, crop=(0, 0, 30, 60))}
    figure = hr.explore.search_results(search, found, k=4)
    assert type(figure) is go.Figure and len(figure.layout.images) == (1 + 4) + (1 + 3)
    texts = [note.text for note in figure.layout.annotations]
    for one in found.values():
        for row in one.table.head(4).itertuples():
            assert any(text.startswith(f"at {row.distance:.3f}") for text in texts) and row.category in texts
    assert "a part of it &lt;b&gt;" in texts and not any(NASTY in text for text in texts)
    assert hr.explore.to_png(figure)[:4] == b"\x89PNG"


def test_no_result_and_bad_input():
    search = searches(catalogue(2))["flat"]
    nothing = search.search(photo(), 5, where={"price": (99, None)})
    assert len(hr.explore.search_results(search, {"none": nothing}).layout.images) == 1
    words = replace(search.search(photo(), 5), query=None)  # of a text alone there is no photo
    assert len(hr.explore.search_results(search, {"red shoes": words}).layout.images) == 2
    with pytest.raises(hr.HrlibError, match="0 queries and k = 6"):
        hr.explore.search_results(search, {})
    with pytest.raises(hr.HrlibError, match="k = 0"):
        hr.explore.search_results(search, {"none": nothing}, k=0)
