"""Graded relevance against the formulas in plain Python, against scikit-learn, and by its properties."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from hrlib.catalogue import Attributes, Hierarchy
from hrlib.errors import HrlibError
from hrlib.evaluation import evaluate, evaluate_attributes, graded_per_query
from tests.evaluation.made_up import dyadic, random_units, unit_rows

COLUMNS = ("colour", "material", "season")
NAMES = (("blue", "red"), ("cotton", "silk", "wool"), ("autumn", "spring", "summer", "winter"))


def described(n, seed=0, missing=0.2):
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(len(names), size=n) for names in NAMES], axis=1)
    codes[rng.random((n, 3)) < missing] = -1
    return Attributes(COLUMNS, codes, NAMES)


def gain(mine, other, minimum):
    known = [(a, b) for a, b in zip(mine, other, strict=True) if a != -1 and b != -1]
    return sum(a == b for a, b in known) / len(known) if len(known) >= minimum else 0.0


def dcg(gains):
    return math.fsum(g / math.log2(1 + rank) for rank, g in enumerate(gains, start=1))


def slow_table(queries, gallery, asked, found, itself, ks, minimum):
    """The definitions, one item at a time: {(attribute, metric): a value a query}."""
    table = {}
    for q, query in enumerate(queries.tolist()):
        similarity = [sum(a * b for a, b in zip(query, other, strict=True)) for other in gallery.tolist()]
        ranking = sorted((g for g in range(len(gallery)) if not (itself and g == q)), key=lambda g: (-similarity[g], g))
        gains = [gain(asked[q], found[g], minimum) for g in ranking]
        for k in ks:
            ideal = dcg(sorted(gains, reverse=True)[:k])
            table.setdefault(("all attributes", f"ndcg@{k}"), []).append(dcg(gains[:k]) / ideal if ideal else math.nan)
            for a, column in enumerate(COLUMNS):
                values = [found[g][a] for g in ranking[:k] if found[g][a] != -1]
                known = asked[q][a] != -1 and values
                share = sum(value == asked[q][a] for value in values) / len(values) if known else math.nan
                table.setdefault((column, f"precision@{k}"), []).append(share)
    return table


@pytest.mark.parametrize("make", [dyadic, random_units])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize(("n", "minimum", "missing"), [(4, 1, 0.2), (60, 1, 0.0), (60, 2, 0.4), (60, 3, 0.9)])
def test_every_value_is_that_of_the_formula(make, separate, n, minimum, missing):
    x, asked = make(n), described(n, 0, missing)
    gallery, found = (make(45, seed=1), described(45, 1, missing)) if separate else (x, asked)
    extra = {"gallery": gallery, "gallery_attributes": found} if separate else {}
    expected = slow_table(x, gallery, asked.codes, found.codes, not separate, (1, 3), minimum)
    table = graded_per_query(x, asked, ks=(1, 3), minimum_overlap=minimum, **extra)
    assert set(table.columns) == set(expected)
    for column, values in expected.items():
        np.testing.assert_allclose(table[column], values, rtol=1e-6, err_msg=str(column))
    means = evaluate_attributes(x, asked, ks=(1, 3), minimum_overlap=minimum, **extra)
    assert means.index.tolist() == [*COLUMNS, "all attributes"] and means.index.name == "attribute"
    assert means.columns.tolist() == ["precision@1", "precision@3", "ndcg@1", "ndcg@3", "queries"]
    for (name, metric), values in expected.items():
        known = [value for value in values if not math.isnan(value)]
        mean = sum(known) / len(known) if known else math.nan
        assert means.loc[name, metric] == pytest.approx(mean, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize("k", [1, 10, 79])
def test_ndcg_is_scikit_learns(k):
    x, attributes = random_units(80), described(80)
    found = graded_per_query(x, attributes, ks=(k,), minimum_overlap=2)["all attributes", f"ndcg@{k}"]
    for q in range(80):
        others = np.delete(np.arange(80), q)
        gains = np.array([gain(attributes.codes[q], attributes.codes[g], 2) for g in others])
        if not gains.any():
            assert np.isnan(found[q])
            continue
        expected = ndcg_score(gains[None], (x[others] @ x[q])[None], k=k, ignore_ties=True)
        assert found[q] == pytest.approx(expected, rel=1e-6)


def test_precision_at_1_of_an_attribute_is_recall_at_1_of_a_level():
    x, attributes = random_units(60), described(60, missing=0)
    table = evaluate_attributes(x, attributes, ks=(1,))
    for a, column in enumerate(COLUMNS):
        level = Hierarchy.from_frame(pd.DataFrame({column: attributes.codes[:, a].astype(str)}), levels=[column])
        assert table.loc[column, "precision@1"] == evaluate(x, level, ks=(1,)).loc[column, "recall@1"]


@pytest.mark.parametrize("chunk", [1, 7, 59, 1000])
def test_the_size_of_a_chunk_changes_nothing(chunk):
    x, attributes = dyadic(60), described(60)
    straight = graded_per_query(x, attributes, ks=(5, 1))
    pd.testing.assert_frame_equal(graded_per_query(x, attributes, ks=(5, 1), chunk=chunk), straight, check_exact=True)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_permuting_items_and_attributes_and_rotating_the_space(seed):
    x, attributes, rng = random_units(40, seed), described(40, seed), np.random.default_rng(seed)
    order, rotation = rng.permutation(40), np.linalg.qr(rng.standard_normal((16, 16)))[0]
    straight = graded_per_query(x, attributes)
    moved = graded_per_query(x[order], attributes.subset(order))
    pd.testing.assert_frame_equal(moved, straight.iloc[order].reset_index(drop=True), check_exact=True)
    pd.testing.assert_frame_equal(graded_per_query(unit_rows(x @ rotation), attributes), straight)
    other = graded_per_query(x, attributes.select(COLUMNS[::-1]))
    pd.testing.assert_frame_equal(other[straight.columns], straight, check_exact=True)
    assert straight.stack([0, 1], future_stack=True).dropna().between(0, 1).all()


def one_hot(attributes):
    """Vectors whose cosine is the share of attributes that agree, if all are known."""
    rows = [np.eye(len(names))[codes] for names, codes in zip(NAMES, attributes.codes.T, strict=True)]
    return unit_rows(np.concatenate(rows, axis=1))


def test_a_perfect_order_has_ndcg_1_and_the_reverse_the_lowest():
    attributes = described(80, missing=0)
    x = one_hot(attributes)
    assert (graded_per_query(x, attributes, ks=(1, 10, 79))["all attributes"] == 1).all(axis=None)
    gallery, found = one_hot(described(50, 1, 0)), described(50, 1, 0)
    assert (graded_per_query(x, attributes, gallery=gallery, gallery_attributes=found)["all attributes"] == 1).all(None)
    worst, chance = (graded_per_query(y, attributes)["all attributes"] for y in (-x, random_units(80)))
    backwards = graded_per_query(x, attributes, gallery=-x, gallery_attributes=attributes)["all attributes"]
    assert worst.equals(graded_per_query(x, attributes)["all attributes"])  # -x . -x = x . x
    assert (backwards.to_numpy() < 0.6).all() and backwards.mean().item() < chance.mean().item() < 1


def test_values_of_the_gallery_are_matched_by_name():
    x = np.eye(4, dtype=np.float32)
    asked = Attributes.from_frame(pd.DataFrame({"colour": ["red", "blue"], "size": ["s", "m"]}), ["colour", "size"])
    frame = pd.DataFrame({"colour": ["amber", "red", None, "blue"], "size": ["s", "m", "s", "m"]})
    found = Attributes.from_frame(frame, ["colour", "size"])
    assert asked.codes[:, 0].tolist() == [1, 0] and found.codes[:, 0].tolist() == [0, 2, -1, 1]
    table = graded_per_query(x[:2], asked, gallery=x, gallery_attributes=found, ks=(1, 4))
    assert table["colour", "precision@1"].tolist() == [0, 0]  # amber is known and not red; red is not blue
    np.testing.assert_allclose(table["colour", "precision@4"], [1 / 3, 1 / 3])  # the missing one is left out
    # red, s: amber s .5, red m .5, s 1, blue m 0: ideal 1; blue, m: red m .5
    np.testing.assert_allclose(table["all attributes", "ndcg@1"], [0.5, 0.5])


def test_nothing_known_is_nan_without_warning():
    attributes = Attributes(COLUMNS, np.full((5, 3), -1), NAMES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = evaluate_attributes(random_units(5), attributes, ks=(2,))
    assert (table["queries"] == 0).all() and table.drop(columns="queries").isna().all(axis=None)


def test_items_described_alike():
    attributes = Attributes(COLUMNS, np.zeros((30, 3), np.int64), NAMES)
    table = evaluate_attributes(random_units(30), attributes)
    assert (table.loc[list(COLUMNS), "precision@10"] == 1).all() and table.loc["all attributes", "ndcg@10"] == 1


def test_k_beyond_the_gallery_is_nan_with_a_warning():
    with pytest.warns(UserWarning, match=r"ndcg@5, precision@5 will be NaN: a query has only 2 items to search"):
        table = evaluate_attributes(random_units(3), described(3, missing=0), ks=(2, 5))
    assert table[["ndcg@5", "precision@5"]].isna().all(axis=None)
    assert table.loc["colour", "precision@2"] >= 0 and (table["queries"] > 0).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"embeddings": random_units(11)}, "embeddings: 11 rows for attributes of 12 items"),
        ({"embeddings": random_units(12) * 2}, "not of unit length"),
        ({"ks": ()}, r"ks are \(\): expected one or more"),
        ({"ks": (0,)}, "ks are"),
        ({"minimum_overlap": 4}, "minimum_overlap is 4: expected 1 to 3"),
        ({"gallery": random_units(12)}, "gallery_attributes go together: gallery_attributes is missing"),
        ({"gallery_attributes": described(3)}, "gallery is missing"),
        ({"gallery": random_units(3), "gallery_attributes": described(4)}, "gallery: 3 rows for attributes of 4"),
        ({"gallery": random_units(3, dim=8), "gallery_attributes": described(3)}, "the gallery has 8 dimensions"),
        (
            {"gallery": random_units(3), "gallery_attributes": described(3).select(["colour"])},
            "attributes colour and colour, material, season: expected the same",
        ),
        ({"embeddings": random_units(1), "attributes": described(1)}, "one embedding and no gallery"),
        ({"attributes": Attributes(("all attributes",), np.zeros((12, 1), int), (("a",),))}, "rename it"),
    ],
)
def test_bad_input_is_named(arguments, message):
    arguments = {"embeddings": random_units(12), "attributes": described(12)} | arguments
    with pytest.raises(HrlibError, match=message):
        evaluate_attributes(**arguments)


def test_own_rows_of_a_gallery_are_left_out():
    """The same vectors given as a gallery with each query's own row are what the queries are without a gallery."""
    x, known = random_units(40), described(40)
    rows = np.array([7, 3, 12])
    alone = graded_per_query(x, known, ks=(1, 5))
    asked = graded_per_query(x[rows], known.subset(rows), gallery=x, gallery_attributes=known, own=rows, ks=(1, 5))
    pd.testing.assert_frame_equal(asked, alone.iloc[rows].reset_index(drop=True))
    with pytest.raises(HrlibError, match="own: expected 3 integers"):
        evaluate_attributes(x[rows], known.subset(rows), gallery=x, gallery_attributes=known, own=rows[:2])
