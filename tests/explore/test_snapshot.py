"""The explorer as a still: the item, its nearest in the original space in order, and how right they are."""

import numpy as np
import pytest

from hrlib.explore.photo_sheet import jpeg
from hrlib.explore.projection import Projection
from hrlib.explore.selection import Finder
from hrlib.explore.snapshot import MOST, snapshot
from hrlib.explore.theme import VERDICTS


@pytest.fixture(scope="module")
def finder(shop, spaces):
    return Finder(shop, spaces)


def places(finder):
    x = np.random.default_rng(0).normal(size=(len(finder.catalogue), 2)).astype(np.float32)
    return Projection(x, "pca", {}, {"trustworthiness": 0.9, "points": len(x)}, finder.vectors["flat"])


@pytest.mark.parametrize(("row", "k"), [(0, 5), (17, 12), (35, 99)])
def test_the_item_and_its_nearest(finder, row, k):
    figure = snapshot(finder, places(finder), "flat", row, k, "category", 1)
    vectors = finder.vectors["flat"]
    nearest = [one for one in np.argsort(-(vectors @ vectors[row]), kind="stable") if one != row][: min(k, MOST)]
    photos = [image.source for image in figure.layout.images]
    assert photos == [jpeg(finder.catalogue.images[int(one)]) for one in [*nearest, row]]
    chosen, neighbours = (trace for trace in figure.data if trace.name in ("chosen", "neighbours"))
    np.testing.assert_array_equal([chosen.x, chosen.y], places(finder).coordinates[[row]].T)
    np.testing.assert_array_equal([neighbours.x, neighbours.y], places(finder).coordinates[nearest].T)
    frames = [shape.line.color for shape in figure.layout.shapes if shape.xref == "x2"]
    verdicts = finder.verdicts([row], nearest, 1)
    assert frames[: len(nearest)] == [VERDICTS[one][0] for one in verdicts]
    texts = [note.text for note in figure.layout.annotations]
    for one, verdict in zip(nearest, verdicts, strict=True):
        assert f"<b>{VERDICTS[verdict][2]}</b> {1 - vectors[one] @ vectors[row]:.2f}" in texts


def test_texts_of_the_data_are_escaped(finder):
    figure = snapshot(finder, places(finder), "flat", 1, 3, "category", 1)
    texts = [note.text for note in figure.layout.annotations] + [trace.name or "" for trace in figure.data]
    assert any("&lt;i&gt;cat" in text for text in texts) and not any("<i>" in text for text in texts)
