"""Graded triplets against a loop over all pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from hrlib import Attributes, HrlibError
from hrlib.training import GradedTripletMiner

EDGES = (0.75, 0.5, 0.25)


def attributes(codes):
    codes = np.asarray(codes)
    names = tuple(tuple(map(str, range(codes.max(initial=-1) + 1))) for _ in codes.T)
    return Attributes(tuple(f"attribute {a}" for a in range(codes.shape[1])), codes, names)


def bin_of(i, j, codes, products=None, categories=None, edges=EDGES, minimum_overlap=2):
    """The bin of a pair by the shares of matches that were chosen here; None: in no bin."""
    if i == j:
        return None
    if products is not None and products[i] == products[j] != -1:
        return 0
    if categories is not None and categories[i] != categories[j] and -1 not in (categories[i], categories[j]):
        return len(edges) + 2
    known = [(a, b) for a, b in zip(codes[i], codes[j], strict=True) if a != -1 and b != -1]
    if len(known) < minimum_overlap:
        return None
    share = sum(a == b for a, b in known) / len(known)
    return next((number for number, edge in enumerate(edges, 1) if share >= edge), len(edges) + 1)


@st.composite
def shops(draw):
    """Codes and the miner's settings: few values, so that every bin occurs, some missing, some items without any."""
    items, columns = draw(st.integers(1, 16)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    codes = rng.integers(0, draw(st.integers(1, 3)), (items, columns))
    codes[rng.random(codes.shape) < draw(st.sampled_from([0, 0.3]))] = -1
    some = {"products": rng.integers(-1, 5, items), "categories": rng.integers(-1, 2, items)}
    settings = {name: values for name, values in some.items() if draw(st.booleans())}
    settings["edges"] = draw(st.sampled_from([EDGES, (), (1.0, 0.6), (2 / 3, 1 / 3)]))
    return codes, {**settings, "minimum_overlap": draw(st.integers(1, columns))}


@given(shop=shops(), seed=st.integers(0, 9), number=st.integers(0, 9), chunk=st.sampled_from([1, 40, 2**21]))
def test_counts_and_draws_are_those_of_a_loop_over_all_pairs(shop, seed, number, chunk):
    codes, settings = shop
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hrlib.training.bins.PAIRS", chunk)  # a combination at a time, a few, all at once
        miner = GradedTripletMiner(attributes(codes), seed=seed, **settings)
        drawn, counts = miner.epoch(number), miner.counts
    items, bins = range(len(codes)), range(len(settings["edges"]) + 3)
    pairs = [[bin_of(i, j, codes, **settings) for j in items] for i in items]
    assert counts.tolist() == [[row.count(b) for b in bins] for row in pairs]
    assert ((drawn.candidates >= 0) == (counts > 0)).all()
    assert drawn.empty.tolist() == [sum(row.count(b) == 0 for row in pairs) for b in bins]
    for anchor, candidates in zip(drawn.anchors, drawn.candidates, strict=True):
        assert all(pairs[anchor][item] == b for b, item in enumerate(candidates) if item >= 0)
    # the order of the bins holds in every triplet, and there is one of every two bins that are not empty
    assert len(drawn.triplets) == len(drawn.bins) == sum(k * (k - 1) // 2 for k in (counts > 0).sum(axis=1))
    for (anchor, positive, negative), (nearer, farther) in zip(drawn.triplets, drawn.bins, strict=True):
        assert anchor not in (positive, negative) and nearer < farther
        assert (pairs[anchor][positive], pairs[anchor][negative]) == (nearer, farther)
    assert len({tuple(row) for row in np.column_stack([drawn.triplets[:, 0], drawn.bins])}) == len(drawn.bins)


def test_every_item_of_a_bin_is_drawn_equally_often():
    """Chi-square over all bins of all anchors and 800 epochs; products and repeated combinations make the bins uneven."""
    rng, epochs = np.random.default_rng(5), 800
    codes = rng.integers(-1, 2, (24, 4))
    codes[12:18] = codes[0]
    settings = {"products": rng.integers(0, 12, 24), "categories": (np.arange(24) % 6 == 0).astype(int)}
    miner = GradedTripletMiner(attributes(codes), seed=1, **settings)
    anchors, bins = np.indices((24, miner.counts.shape[1]))
    times = np.zeros((24, 6, 24), int)
    for number in range(epochs):
        drawn = miner.epoch(number).candidates
        there = drawn >= 0
        np.add.at(times, (anchors[there], bins[there], drawn[there]), 1)
    statistic, freedom = 0.0, 0
    for i in range(24):
        pairs = [bin_of(i, j, codes, **settings) for j in range(24)]
        for b in range(6):
            members = [j for j, other in enumerate(pairs) if other == b]
            if members:
                assert times[i, b].sum() == epochs
                expected = epochs / len(members)
                statistic += ((times[i, b, members] - expected) ** 2 / expected).sum()
                freedom += len(members) - 1
    assert freedom > 200  # else there was little to compare
    assert 0.001 < chi2.sf(statistic, freedom) < 0.999  # neither uneven nor more even than chance


def test_draws_from_different_bins_and_for_different_anchors_are_independent():
    """Two items in each of two bins, drawn for two anchors: all 16 outcomes are equally likely."""
    codes = [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 1, 1], [1, 0, 1, 1]]
    miner = GradedTripletMiner(attributes(codes))
    assert miner.counts[0].tolist() == [0, 2, 0, 2, 0, 0]
    drawn = miner.draw(np.zeros(8000, int), 0).candidates[:, [1, 3]] - [1, 3]
    times = np.bincount(drawn.reshape(4000, 4) @ [1, 2, 4, 8], minlength=16)
    assert times.sum() == 4000 and 0.001 < chi2.sf(((times - 250) ** 2 / 250).sum(), 15) < 0.999


def test_an_epoch_is_a_function_of_seed_and_number():
    codes = np.random.default_rng(0).integers(0, 3, (60, 4))
    first, again = (GradedTripletMiner(attributes(codes), seed=3) for _ in range(2))
    again.epoch(7)  # what was drawn before changes nothing
    assert (first.epoch(2).candidates == again.epoch(2).candidates).all()
    assert (first.epoch(2).candidates != first.epoch(3).candidates).any()
    assert (first.epoch(2).candidates != GradedTripletMiner(attributes(codes), seed=4).epoch(2).candidates).any()
    assert (first.epoch(2).triplets == again.epoch(2).triplets).all()


def test_items_alike_alone_and_without_attributes():
    alike = GradedTripletMiner(attributes(np.zeros((5, 3), int)))
    assert alike.counts.tolist() == [[0, 4, 0, 0, 0, 0]] * 5
    assert alike.epoch(0).triplets.shape == (0, 3) and alike.epoch(0).bins.shape == (0, 2)
    one = GradedTripletMiner(attributes([[0, 1]]), products=[0], categories=[0])
    assert one.epoch(0).empty.tolist() == [1] * 6 and len(one.epoch(0).triplets) == 0
    codes = [[0, 0], [0, 1], [-1, -1], [-1, 0]]
    bare = GradedTripletMiner(attributes(codes), products=[-1, 0, 0, -1], categories=[0, 0, 0, 1])
    assert bare.counts[2].tolist() == [1, 0, 0, 0, 0, 1]  # by its product and by its category alone
    assert bare.epoch(0).triplets[bare.epoch(0).triplets[:, 0] == 2].tolist() == [[2, 1, 3]]
    same = GradedTripletMiner(attributes(codes), products=[0] * 4)
    assert same.counts.tolist() == [[3, 0, 0, 0, 0, 0]] * 4


def test_triplets_by_product_or_by_category_alone():
    codes, products = np.zeros((6, 2), int), np.array([0, 0, 1, 1, 2, 2])
    by_product = GradedTripletMiner(attributes(codes), products=products, edges=()).epoch(0)
    anchor, positive, negative = by_product.triplets.T
    assert len(anchor) == 6 and (positive == anchor ^ 1).all() and (products[negative] != products[anchor]).all()
    by_category = GradedTripletMiner(attributes(codes), categories=products, edges=()).epoch(0)
    assert (by_category.bins == [1, 2]).all() and (by_category.triplets[:, 1] == by_category.triplets[:, 0] ^ 1).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"products": [0, 1]}, r"products of shape \(2,\) and type int64: expected 3 integers, one an item"),
        ({"products": [0, 1, -2]}, "products of shape .* -1 where there is none"),
        ({"categories": ["a", "b", "c"]}, "categories of shape .* expected 3 integers"),
        ({"edges": (0.5, 0.75)}, "expected falling shares above 0 and up to 1"),
        ({"edges": (1.5,)}, "expected falling shares above 0 and up to 1"),
        ({"minimum_overlap": 3}, "minimum_overlap is 3: expected 1 to 2"),
        ({"minimum_overlap": 0}, "minimum_overlap is 0: expected 1 to 2"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(HrlibError, match=message):
        GradedTripletMiner(attributes([[0, 0], [0, 1], [1, 1]]), **settings)


def test_no_items_are_refused():
    with pytest.raises(HrlibError, match="no items to draw triplets from"):
        GradedTripletMiner(attributes(np.empty((0, 2), int)))
