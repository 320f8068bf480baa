"""Degraded queries against the clean gallery: brute force, and the clean photos as `evaluate` has them."""

import numpy as np
import pandas as pd
import pytest
import torch

import hrlib as hr
from hrlib.degradation import KINDS, degrade
from hrlib.evaluation import robustness
from tests.tiny import tiny_shop

FLOAT32 = {"precision": "float32"}


@pytest.fixture(scope="module")
def shop():
    return tiny_shop()


@pytest.fixture(scope="module")
def model():
    return hr.models.image_encoder("small", dim=8, seed=0)


@pytest.fixture(scope="module")
def clean(model, shop):
    return hr.embed(model, shop, **FLOAT32)


def retrieval(shop):
    def metric(queries, gallery, own):
        whole = shop.hierarchy
        table = hr.evaluate(queries, whole.subset(own), gallery=gallery, gallery_hierarchy=whole, own=own, ks=(1, 5))
        return table[["recall@1", "map@r"]].iloc[0]

    return metric


def value(table, kind, severity, metric):
    (found,) = table.query("kind == @kind and severity == @severity and metric == @metric")["value"]
    return found


def test_severity_0_is_what_evaluate_says_of_the_clean_photos(model, shop, clean):
    table = robustness(model, shop, retrieval(shop), kinds=("blur", "crop"), severities=(2,), **FLOAT32)
    expected = hr.evaluate(clean, shop.hierarchy, ks=(1, 5)).iloc[0]
    for kind in ("blur", "crop"):
        assert value(table, kind, 0, "map@r") == expected["map@r"]
        assert value(table, kind, 0, "recall@1") == expected["recall@1"]
        assert value(table, kind, 0, "finds itself") == 1


def test_every_value_by_brute_force(model, shop, clean):
    table = robustness(model, shop, retrieval(shop), kinds=("scribble",), severities=(1, 5), seed=4, **FLOAT32)
    labels, n = shop.hierarchy.column(0), len(shop)
    for severity in (1, 5):
        pixels = degrade(shop.images[:], "scribble", severity, seed=4)
        worse = hr.Catalogue("worse", shop.items, hr.ImageStore.from_array(pixels), shop.hierarchy)
        queries = hr.embed(model, worse, **FLOAT32)
        itself, first, precision = [], [], []
        for q in range(n):
            ranking = sorted(range(n), key=lambda g: -float(queries[q] @ clean[g]))
            itself.append(ranking[0] == q)
            ranking.remove(q)
            hits = [labels[g] == labels[q] for g in ranking]
            r = sum(hits)
            first.append(hits[0])
            precision.append(sum(sum(hits[: i + 1]) / (i + 1) for i in range(r) if hits[i]) / r)
        assert value(table, "scribble", severity, "finds itself") == pytest.approx(np.mean(itself))
        assert value(table, "scribble", severity, "recall@1") == pytest.approx(np.mean(first))
        assert value(table, "scribble", severity, "map@r") == pytest.approx(np.mean(precision))


def test_the_metric_is_given_queries_gallery_and_own_rows(model, shop, clean):
    calls, chosen = [], np.array([100, 3, 64])

    def metric(queries, gallery, own):
        calls.append(queries)
        np.testing.assert_array_equal(gallery, clean)
        assert own.tolist() == chosen.tolist()
        return {"nearness": float((queries * gallery[own]).sum(1).mean())}

    table = robustness(model, shop, metric, kinds=("crop",), severities=(5, 3), queries=chosen, seed=2, **FLOAT32)
    np.testing.assert_array_equal(calls[0], clean[chosen])
    # a photo is degraded by its row of the catalogue, whichever others are asked for
    pixels = degrade(shop.images[chosen], "crop", 3, seed=2, positions=chosen)
    with torch.inference_mode():
        expected = model.eval()(torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255).numpy()
    np.testing.assert_allclose(calls[1], expected, atol=1e-5)
    assert table["severity"].tolist() == [0, 0, 3, 3, 5, 5]
    assert table["metric"].tolist() == ["nearness", "finds itself"] * 3
    assert value(table, "crop", 0, "nearness") == pytest.approx(1) and value(table, "crop", 5, "nearness") < 1


def test_the_table_has_a_row_a_kind_severity_and_metric_by_kind(model, shop):
    queries = np.arange(0, 120, 10)
    table = robustness(model, shop, severities=(1, 4), queries=queries, **FLOAT32)
    assert table.columns.tolist() == ["kind", "severity", "metric", "value"]
    assert table["kind"].tolist() == list(np.repeat(KINDS, 3)) and table["severity"].tolist() == [0, 1, 4] * 6
    assert (table["metric"] == "finds itself").all() and table["value"].between(0, 1).all()
    again = robustness(model, shop, severities=(1, 4), queries=queries, batch_size=5, **FLOAT32)
    pd.testing.assert_frame_equal(again, table)


def test_a_copy_of_the_photo_is_the_photo(shop):
    """The first of two equal photos is found for both of them, and that is right."""
    twice = shop.subset(np.arange(4).repeat(2))

    class Exact(torch.nn.Module):  # no arithmetic that depends on the place in the batch
        def forward(self, images):
            flat = images[:, :, :4, 0].flatten(1)
            return flat / flat.square().sum(1, keepdim=True).sqrt()

    table = robustness(Exact(), twice, severities=())
    assert len(table) == len(KINDS) and (table["value"] == 1).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kinds": ("rain",)}, "kind is 'rain': expected one of jpeg"),
        ({"severities": (6,)}, "severity is 6: expected"),
        ({"queries": np.array([120])}, "queries: expected 1 integers from 0 to 119"),
        ({"queries": np.array([], int)}, "queries: expected 1 integers from 0 to 119, .* got int64"),
        ({"queries": np.array([0.5])}, "queries: expected 1 integers from 0 to 119"),
    ],
)
def test_what_is_refused_before_anything_is_embedded(shop, settings, message):
    def never(images):
        raise AssertionError("a photo was embedded")

    model = torch.nn.Identity()
    model.forward = never
    with pytest.raises(hr.HrlibError, match=message):
        robustness(model, shop, **settings)
