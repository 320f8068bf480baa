"""Masked classification against its formula in loops, pytorch-metric-learning and scikit-learn."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytorch_metric_learning.losses import NormalizedSoftmaxLoss
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.utils.class_weight import compute_class_weight

import hrlib as hr
from hrlib.losses import AttributeLoss
from hrlib.losses.attributes import value_weights
from tests.tiny import tiny_shop

COLUMNS = ("colour", "material", "season", "nothing", "constant")
NAMES = (("blue", "green", "red"), ("cotton", "wool"), ("autumn", "spring", "summer", "winter"), (), ("always",))
HEADS = {0: 3, 1: 2, 2: 4}
CODES = arrays(np.int64, st.tuples(st.integers(1, 9), st.just(5)), elements=st.integers(-1, 5))


def made_up(n=60, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.stack([np.minimum(rng.geometric(0.6, n) - 1, len(names) - 1) for names in NAMES], axis=1)
    codes[rng.random((n, 5)) < 0.2] = -1
    return hr.Attributes(COLUMNS, codes, NAMES)


def made(attributes=None, seed=0, dim=8, **settings):
    torch.manual_seed(seed)
    return AttributeLoss(attributes or made_up(), dim, **settings)


def points(n, seed=0, dim=8):
    return F.normalize(torch.randn(n, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def written_out(loss, train, x, codes):
    """The formula, one item, one attribute and one value at a time, in double precision."""
    unit = [(row / row.norm()).tolist() for row in loss.proxies.detach().double()]
    items = []
    for point, item in zip(x.double().tolist(), codes.tolist(), strict=True):
        losses, start = [], 0
        for a, size in HEADS.items():
            rows, start = unit[start : start + size], start + size
            if not 0 <= item[a] < size:
                continue
            counts = [(train.codes[:, a] == v).sum() for v in range(size)]
            raw = [min(math.sqrt(max(counts) / max(count, 1)), 10) for count in counts]
            mean = sum(w * count for w, count in zip(raw, counts, strict=True)) / sum(counts)
            logits = [20 * sum(p * q for p, q in zip(point, row, strict=True)) for row in rows]
            losses.append(raw[item[a]] / mean * (math.log(sum(map(math.exp, logits))) - logits[item[a]]))
        if losses:
            items.append(sum(losses) / len(losses))
    return sum(items) / max(1, len(items))


@given(CODES, st.integers(0, 5))
def test_it_is_the_formula_in_loops(codes, seed):
    loss, x = made(seed=seed), points(len(codes), seed)
    assert loss(x, torch.from_numpy(codes)).item() == pytest.approx(written_out(loss, made_up(), x, codes), abs=1e-4)


def test_one_attribute_without_weights_is_normalised_softmax():
    train = made_up().select(["season"])
    loss, peer = made(train, balance=0), NormalizedSoftmaxLoss(4, 8, temperature=0.05)
    peer.W.data = loss.proxies.detach().T.clone()
    x, labels = points(12).requires_grad_(), torch.arange(12) % 4
    ours, theirs = loss(x, labels[:, None]), peer(x, labels)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(torch.autograd.grad(ours, x), torch.autograd.grad(theirs, x), rtol=1e-4, atol=1e-5)


@given(arrays(np.int64, st.integers(1, 60), elements=st.integers(-1, 4)), st.floats(0, 2), st.floats(1, 20))
def test_weights_of_values(codes, balance, bound):
    weights = value_weights(codes, 5, balance, bound)
    counts = np.bincount(codes[codes >= 0], minlength=5)
    if counts.any():
        assert weights @ counts == pytest.approx(counts.sum())  # mean 1 over the items
    assert (weights > 0).all() and weights.max() <= bound * (1 + 1e-9)
    order = np.argsort(counts)
    assert (np.diff(weights[order]) <= 1e-12).all()  # the rarer the heavier
    assert (value_weights(codes, 5, 0, bound) == 1).all()


def test_weights_of_balance_one_are_scikit_learns():
    codes = np.repeat(np.arange(4), [50, 20, 3, 1])
    expected = compute_class_weight("balanced", classes=np.arange(4), y=codes)
    np.testing.assert_allclose(value_weights(codes, 4, 1.0, math.inf), expected)


def test_masked_values_change_neither_loss_nor_gradient():
    loss, codes = made(), torch.from_numpy(made_up().codes[:12])
    without = torch.full((3, 5), -1)
    x = points(15).requires_grad_()
    alone, more = loss(x[:12], codes), loss(x, torch.cat([codes, without]))
    torch.testing.assert_close(more, alone)
    for a, b in zip(*(torch.autograd.grad(value, [x, loss.proxies]) for value in (alone, more)), strict=True):
        torch.testing.assert_close(a, b)
    beyond = torch.where(
        codes == -1, torch.tensor([3, 2, 4, 0, 1]), codes
    )  # values that the training items do not have
    beyond[:, 4] = 0
    assert torch.equal(loss(x[:12], beyond), alone)


def test_a_batch_without_any_known_value_has_loss_zero_and_gradient_zero():
    loss, x = made(), points(4).requires_grad_()
    value = loss(x, torch.full((4, 5), -1))
    value.backward()
    assert value == 0 and (x.grad == 0).all() and (loss.proxies.grad == 0).all()
    assert all(math.isnan(share) for share in loss.report().values())


def test_attributes_without_two_values_have_no_head():
    some = made_up().select(["colour", "material", "season"])
    whole, heads = made(), made(some)
    codes = torch.from_numpy(made_up().codes)
    assert torch.equal(whole(points(60), codes), heads(points(60), codes[:, :3]))
    assert list(whole.report()) == ["accuracy.colour", "accuracy.material", "accuracy.season"]
    assert whole.extra_repr() == "colour: 3 values, material: 2 values, season: 4 values"


def test_accuracy_is_scikit_learns():
    loss, x, attributes = made(), points(60), made_up()
    found, table = loss.predict(x.numpy()), loss.accuracy(x, attributes)
    assert found.shape == (60, 5) and (found[:, 3:] == -1).all()
    for a, column in enumerate(COLUMNS):
        row, truth = table.loc[column], attributes.codes[:, a]
        known = truth >= 0
        assert row["values"] == len(NAMES[a]) and row["known"] == known.sum()
        if a not in HEADS:
            assert row[["accuracy", "balanced_accuracy", "majority"]].isna().all()
            continue
        assert row["accuracy"] == pytest.approx(accuracy_score(truth[known], found[known, a]))
        assert row["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth[known], found[known, a]))
        assert row["majority"] == np.bincount(truth[known]).max() / known.sum()


def test_predictions_are_the_nearest_proxies():
    loss = made()
    assert loss.predict(loss.proxies.detach())[:3, 0].tolist() == [0, 1, 2]
    assert loss.predict(loss.proxies.detach())[5:, 2].tolist() == [0, 1, 2, 3]


def test_accuracy_matches_values_by_name():
    loss, attributes = made(), made_up()
    frame = pd.DataFrame(
        {c: [NAMES[a][v] if v >= 0 else None for v in attributes.codes[:, a]] for a, c in enumerate(COLUMNS)}
    )
    frame.loc[0, "colour"] = "amber"  # no training item has it, and in a coding of these items alone it comes first
    expected = attributes.codes.copy()
    expected[0, 0] = -1
    other = hr.Attributes.from_frame(frame, COLUMNS)
    assert other.codes[0, 0] == 0
    truth = hr.Attributes(COLUMNS, expected, NAMES)
    pd.testing.assert_frame_equal(loss.accuracy(points(60), other), loss.accuracy(points(60), truth))


def test_the_report_is_the_accuracy_since_the_last_one():
    loss, attributes = made(), made_up()
    codes = torch.from_numpy(attributes.codes)
    for part in range(0, 60, 7):
        loss(points(60)[part : part + 7], codes[part : part + 7])
    again = made(seed=1)
    again.load_state_dict(loss.state_dict())  # a run that goes on from a checkpoint in the middle of an epoch
    loss.eval()
    loss(-points(60), codes)  # not in training: does not count
    told, table = loss.report(), loss.accuracy(points(60), attributes)
    assert told == again.report()
    for a in HEADS:
        assert told[f"accuracy.{COLUMNS[a]}"] == pytest.approx(table.loc[COLUMNS[a], "accuracy"])
    assert math.isnan(loss.report()["accuracy.colour"])  # begun anew


def test_fit_learns_attributes_also_beside_another_loss():
    shop = tiny_shop()
    attributes = hr.Attributes.from_frame(shop.items, ["category", "product"])
    codes = attributes.codes.copy()
    codes[::5] = -1  # items without any
    attributes = hr.Attributes(attributes.columns, codes, attributes.names)
    torch.manual_seed(0)
    tasks = {
        "attributes": AttributeLoss(attributes, 16),
        "products": hr.losses.make("proxy-anchor", shop.hierarchy, 16),
    }
    model = hr.models.image_encoder("small", dim=16, seed=0)
    settings = {"epochs": 8, "batch_size": 24, "augment": "none", "targets": {"attributes": codes}}
    run = hr.fit(model, hr.losses.MultiTaskLoss(tasks), shop, **settings)
    column = run.history["attributes.accuracy.category"]
    assert column.between(0, 1).all() and column.iloc[-1] > column.iloc[0]
    assert run.history["loss.attributes"].iloc[-1] < run.history["loss.attributes"].iloc[0]
    table = tasks["attributes"].accuracy(hr.embed(model, shop), attributes)
    assert table["known"].tolist() == [96, 96] and (table["accuracy"] > table["majority"]).all()


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: made(scale=0), "scale=0, balance=0.5, bound=10.0: expected numbers above 0"),
        (lambda: made(balance=-1), "balance=-1"),
        (lambda: made(bound=0.5), "bound=0.5"),
        (lambda: made(made_up().select(["nothing", "constant"])), "constant: 1 values.*expected an attribute with two"),
        (lambda: made()(points(4, dim=7), torch.zeros(4, 5).long()), r"embeddings are \(4, 7\): expected \(B, 8\)"),
        (lambda: made()(points(4), torch.zeros(4, 4).long()), r"attributes are \(4, 4\).*int64 of shape \(4, 5\)"),
        (lambda: made()(points(4), torch.zeros(4, 5)), "attributes are .* torch.float32: expected int64"),
        (lambda: made()(points(0), torch.zeros(0, 5).long()), r"embeddings are \(0, 8\).*one or more"),
        (lambda: made().accuracy(points(3), made_up()), "3 embeddings for attributes of 60 items"),
        (
            lambda: made().accuracy(points(60), made_up().select(["season"])),
            "attributes season and colour.*expected the same; .*select",
        ),
    ],
)
def test_bad_input_is_named(action, message):
    with pytest.raises(hr.HrlibError, match=message):
        action()
