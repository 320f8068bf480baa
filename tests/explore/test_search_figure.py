"""The figure of what searches have found: every photo and its texts."""

import numpy as np
import plotly.graph_objects as go
import pytest

import hrlib as hr
from hrlib.search import VisualSearch
from hrlib.training.embed import embed_photos
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


class Named(hr.models.SmallEncoder):
    """A text is here a photo of one shade."""

    def encode_texts(self, texts):
        return embed_photos(self, np.full((len(texts), 24, 20, 3), 90, np.uint8))


def test_a_text_stands_where_the_photo_of_a_query_would():
    search = VisualSearch.index(Named(8), catalogue())
    found = {name: search.search(text=name) for name in ("red & running shoes", "blue")}
    figure = hr.explore.search_results(search, found | {"a photo": search.search(photo())}, k=2)
    assert len(figure.layout.images) == 2 + 2 + (1 + 2)
    (first,) = [note for note in figure.layout.annotations if note.text == "red &amp; running"]
    (second,) = [note for note in figure.layout.annotations if note.text == "blue"]
    tops = sorted({image.y for image in figure.layout.images})
    assert tops[0] < first.y < tops[0] + 0.9 and tops[1] < second.y < tops[1] + 0.9
    assert hr.explore.to_png(figure)[:4] == b"\x89PNG"


def test_no_result_and_bad_input():
    search = searches(catalogue(2))["flat"]
    nothing = search.search(photo(), 5, where={"price": (99, None)})
    assert len(hr.explore.search_results(search, {"none": nothing}).layout.images) == 1
    with pytest.raises(hr.HrlibError, match="0 queries and k = 6"):
        hr.explore.search_results(search, {})
    with pytest.raises(hr.HrlibError, match="k = 0"):
        hr.explore.search_results(search, {"none": nothing}, k=0)
