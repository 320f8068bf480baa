"""Six classes in two dimensions: what the figure shows is what the losses did, and the hierarchy does bring superclasses together."""

import itertools
import math

import numpy as np
import pytest
import torch

import hrlib as hr
from hrlib.explore import six_classes
from hrlib.explore.six_classes import spread, train_six
from hrlib.losses import proxy_nca_pp


def angle(a, b):
    return math.degrees(math.acos(max(-1, min(1, float(a @ b)))))


def test_superclasses_come_together_and_classes_stay_apart():
    seeds = range(5)
    within = {weights: [] for weights in ((1.0,), (1.0, 1.0))}
    for seed, weights in itertools.product(seeds, within):
        points, proxies, labels = train_six(weights, points=6, seed=seed)
        torch.testing.assert_close(points.norm(dim=1), torch.ones(36))
        assert ((points @ proxies.T).argmax(1) == labels).float().mean() > 0.9  # each at its own proxy
        within[weights].append(spread(points, labels))
    flat, hierarchical = (np.array(values) for values in within.values())
    assert hierarchical.mean() < flat.mean() - 15
    assert (hierarchical < 80).all()  # three classes side by side, 60 degrees apart, are 80 apart on average


def test_spread_against_pairs():
    points, _, labels = train_six((1.0,), points=3, steps=2)
    pairs = [
        angle(a, b)
        for (a, i), (b, j) in itertools.combinations(zip(points, labels.tolist(), strict=True), 2)
        if i != j and i // 3 == j // 3
    ]
    assert spread(points, labels) == pytest.approx(np.mean(pairs), abs=1e-3)


def test_flat_is_the_base_loss_alone():
    from hrlib.explore import descend

    points, _, _ = descend(lambda e, y, p: proxy_nca_pp(e, y, p, temperature=1.0), classes=6, points=4, steps=5, seed=3)
    torch.testing.assert_close(train_six((1.0,), points=4, steps=5, seed=3)[0], points[-1])


def test_figure():
    state = torch.random.get_rng_state()
    figure = six_classes(steps=10, points=5)
    assert torch.equal(state, torch.random.get_rng_state())
    points, proxies, labels = train_six((1.0, 1.0), 5, 10)
    assert f"{spread(points, labels):.0f}°" in figure.layout.annotations[1].text
    coarse = [trace for trace in figure.data if trace.name.startswith("coarse")]
    assert [trace.xaxis for trace in coarse] == ["x2", "x2"]  # a flat loss has none
    mean = proxies[:3].mean(0)
    np.testing.assert_allclose([coarse[0].x[0], coarse[0].y[0]], mean, atol=1e-5)
    joined = [trace for trace in figure.data if trace.name == "proxy of A" and trace.xaxis == "x2"]
    np.testing.assert_allclose([joined[0].x[0], joined[0].y[0]], mean, atol=1e-5)
    assert len({trace.marker.symbol for trace in figure.data if trace.showlegend and trace.legendgroup}) == 6


def test_weights_are_checked():
    with pytest.raises(hr.HrlibError, match="weights"):
        six_classes(weight=-1.0)
