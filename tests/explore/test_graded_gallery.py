"""Pictures of what a miner draws."""

import numpy as np
import pytest

import hrlib as hr
from hrlib.training import GradedTripletMiner
from tests.tiny import tiny_shop

COLUMNS = ["light", "shape", "size"]


@pytest.fixture(scope="module")
def shop():
    return tiny_shop()


@pytest.fixture(scope="module")
def known(shop):
    rng = np.random.default_rng(0)
    return hr.Attributes(tuple(COLUMNS), rng.integers(-1, 3, (len(shop), 3)), (("a", "b", "c"),) * 3)


def miner(shop, known, **settings):
    return GradedTripletMiner(known, products=shop.hierarchy.column(0), categories=shop.hierarchy.column(1), **settings)


def test_every_candidate_is_there_with_what_matches(shop, known):
    drawing = miner(shop, known)
    anchors = [0, 60, 119]
    figure = hr.explore.graded_gallery(shop, known, drawing, anchors)
    candidates = drawing.draw(np.array(anchors), 0).candidates
    assert len(figure.layout.images) == len(anchors) + (candidates >= 0).sum()
    texts = [note.text for note in figure.layout.annotations]
    assert texts.count("empty") == (candidates < 0).sum()
    first = candidates[0][candidates[0] >= 0][0]
    pairs = [(a, b) for a, b in zip(known.codes[0], known.codes[first], strict=True) if -1 not in (a, b)]
    assert f"{sum(a == b for a, b in pairs)} of {len(pairs)}" in texts
    assert hr.explore.to_png(figure)[:4] == b"\x89PNG"


def test_bins_are_called_by_their_edges(shop, known):
    names = ["same product", "≥ 0.75", "0.5 – 0.75", "0.25 – 0.5", "< 0.25", "other category"]
    assert hr.explore.bin_names(miner(shop, known)) == names
    assert hr.explore.bin_names(miner(shop, known, edges=())) == ["same product", "any match", "other category"]
    assert len(names) == miner(shop, known).counts.shape[1]


def test_bad_input_is_named(shop, known):
    drawing = miner(shop, known)
    for anchors in ([], [120], [-1], [0.5]):
        with pytest.raises(hr.HrlibError, match="expected one or more rows from 0 to 119"):
            hr.explore.graded_gallery(shop, known, drawing, anchors)
    with pytest.raises(hr.HrlibError, match="attributes of 3"):
        hr.explore.graded_gallery(shop, known.subset([0, 1, 2]), drawing, [0])
