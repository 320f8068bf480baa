"""Training: it learns, the best epoch is kept, settings are strict."""

import numpy as np
import pytest
import torch

import hrlib as hr

QUICK = {"epochs": 2, "batch_size": 24, "seed": 1}


def new(shop, weights=(1.0, 0.3)):
    torch.manual_seed(0)
    return hr.models.image_encoder("small", dim=8), hr.losses.HierarchicalProxyLoss(shop.hierarchy, 8, weights=weights)


def test_learns_and_says_how_quickly(shop):
    train, validation = shop.split_classes((0.6, 0.4), seed=0)
    model, loss = new(train)
    before = hr.evaluate(hr.embed(model, train), train.hierarchy)["map@r"]
    run = hr.fit(model, loss, train, validation=validation, keep="last", augment="none", **{**QUICK, "epochs": 20})
    after = hr.evaluate(hr.embed(run.model, train), train.hierarchy)["map@r"]
    assert (after > before).all()
    assert list(run.history.columns) == ["loss", "lr", "images_per_second", "seconds", "map@r"]
    assert len(run.history) == 20 and run.history["loss"].iloc[-1] < run.history["loss"].iloc[0]


def test_best_epoch_is_put_back(shop):
    train, validation = shop.split_classes((0.6, 0.4), seed=0)
    results = {}
    for keep in ("best", "last"):
        model, loss = new(train)
        run = hr.fit(
            model,
            loss,
            train,
            validation=validation,
            keep=keep,
            precision="float32",
            **{**QUICK, "epochs": 5, "lr": 0.02},
        )
        finest = validation.hierarchy.select(["product"])
        results[keep] = hr.evaluate(hr.embed(model, validation, precision="float32"), finest)["map@r"].iloc[0], run
    best, run = results["best"]
    assert best == pytest.approx(run.history["map@r"].max())
    assert results["last"][0] == pytest.approx(run.history["map@r"].iloc[-1])
    assert run.history["map@r"][run.best_epoch] == run.history["map@r"].max()


def test_same_seed_same_weights_and_the_global_generator_is_left_alone(shop):
    torch.manual_seed(5)
    expected = torch.rand(3)
    runs = []
    for _ in range(2):
        model, loss = new(shop)
        torch.manual_seed(5)
        hr.fit(model, loss, shop, **QUICK)
        assert torch.equal(torch.rand(3), expected)
        runs.append(model.state_dict())
    assert all(torch.equal(runs[0][key], runs[1][key]) for key in runs[0])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"epoch": 3}, "'epoch' is no setting of FitSettings; did you mean 'epochs'"),
        ({"epochs": 2.5}, "epochs is 2.5 .float.: expected int"),
        ({"epochs": 0}, "epochs is 0: expected at least 1"),
        ({"augment": "heavy"}, "augment is 'heavy'.*one of 'standard', 'captioned', 'degraded', 'flip', 'none'"),
        ({"resume": True}, "resume=True needs out_dir"),
    ],
)
def test_settings_are_strict(shop, settings, says):
    with pytest.raises(hr.HrlibError, match=says):
        hr.fit(*new(shop), shop, **settings)


def test_validation_without_a_class_of_two_is_refused(shop):
    _, firsts = np.unique(shop.hierarchy.column(0), return_index=True)
    with pytest.raises(hr.HrlibError, match="no class of two photos, so that MAP@R has no value"):
        hr.fit(*new(shop), shop, validation=shop.subset(firsts), **QUICK)


def test_a_loss_that_is_not_finite_is_named(shop):
    model, _ = new(shop)
    with pytest.raises(hr.HrlibError, match="the loss is nan at step 0.*lower lr"):
        hr.fit(model, lambda_loss(lambda e, y: e.sum() * float("nan")), shop, **QUICK)
    assert all(p.isfinite().all() for p in model.parameters())


def lambda_loss(function):
    class Loss(torch.nn.Module):
        def forward(self, embeddings, labels):
            return function(embeddings, labels)

    return Loss()
