"""The metrics against the formulas in plain Python, against pytorch-metric-learning, and by their properties."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HierarchyConflict, HrlibError
from hrlib.evaluation import evaluate, per_query
from tests.evaluation.made_up import LEVELS, dyadic, frame, random_products, random_units, tree, unit_rows


def slow_table(queries, gallery, asked, found, itself, ks):
    """The definitions, one item at a time, from tables of names: {(level, metric): a value a query}."""
    table = {}
    for q, query in enumerate(queries.tolist()):
        similarity = [sum(a * b for a, b in zip(query, other, strict=True)) for other in gallery.tolist()]
        ranking = sorted((g for g in range(len(gallery)) if not (itself and g == q)), key=lambda g: (-similarity[g], g))
        heights = [height for height, level in enumerate(LEVELS) if asked[level][q] == found[level][ranking[0]]]
        for level in LEVELS:
            relevant = [asked[level][q] == found[level][g] for g in ranking]
            r = sum(relevant)
            values = {f"recall@{k}": float(any(relevant[:k])) for k in ks}
            hits = total = 0
            for i, hit in enumerate(relevant[:r], start=1):
                if hit:
                    hits += 1
                    total += hits / i
            values["r_precision"] = hits / r if r else math.nan
            values["map@r"] = total / r if r else math.nan
            values["severity"] = math.nan if relevant[0] else float(min(heights, default=len(LEVELS)))
            for metric, value in values.items():
                table.setdefault((level, metric), []).append(value if r else math.nan)
    return table


@pytest.mark.parametrize("make", [dyadic, random_units])
@pytest.mark.parametrize("n", [2, 7, 60])
@pytest.mark.parametrize("separate", [False, True])
def test_every_value_is_exactly_that_of_the_formula(make, n, separate):
    x, gallery = make(n), make(45, seed=1) if separate else make(n)
    asked, found = (
        frame(random_products(n)),
        frame(random_products(45, seed=1, products=14) if separate else random_products(n)),
    )
    expected = slow_table(x, gallery, asked, found, not separate, ks=(1, 3))
    extra = {"gallery": gallery, "gallery_hierarchy": Hierarchy.from_frame(found, levels=LEVELS)} if separate else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two items: recall@3 is NaN, see below
        table = per_query(x, Hierarchy.from_frame(asked, levels=LEVELS), ks=(1, 3), **extra)
        means = evaluate(x, Hierarchy.from_frame(asked, levels=LEVELS), ks=(1, 3), **extra)
    assert list(table.columns) == list(expected)
    for column, values in expected.items():
        if n == 2 and not separate and column[1] == "recall@3":
            assert table[column].isna().all()
            continue
        np.testing.assert_array_equal(table[column], values, err_msg=str(column))  # equal, not close
        known = [value for value in values if not math.isnan(value)]
        assert means.loc[column] == pytest.approx(
            math.fsum(known) / len(known) if known else math.nan, rel=1e-12, nan_ok=True
        )
    assert means["queries"].tolist() == [sum(not math.isnan(v) for v in expected[level, "map@r"]) for level in LEVELS]


def test_the_table_has_a_row_a_level_and_a_column_a_metric():
    table = evaluate(random_units(60), tree(random_products(60)))
    assert table.index.tolist() == LEVELS and table.index.name == "level"
    assert table.columns.tolist() == [
        "recall@1",
        "recall@5",
        "recall@10",
        "r_precision",
        "map@r",
        "severity",
        "queries",
    ]
    assert table["queries"].dtype == int


def test_ties_are_broken_by_row_order():
    x = np.tile(np.eye(4, dtype=np.float32)[0], (6, 1))  # all the same: the ranking of each query is the row order
    table = per_query(x, tree([0, 1, 0, 1, 0, 1]), ks=(1, 2))["product"]
    assert table["recall@1"].tolist() == [0, 0, 1, 0, 1, 0]  # row 0 finds row 1 first, all others find row 0
    assert table["map@r"].tolist() == [1 / 4, 0, 1 / 2, 1 / 4, 1 / 2, 1 / 4]


def test_a_query_is_left_out_by_its_row_not_by_its_place():
    x = np.repeat(np.eye(4, dtype=np.float32), 2, axis=0)  # every item has a duplicate, of its own class
    assert (evaluate(x, tree([0, 0, 2, 2, 4, 4, 6, 6]), ks=(1,)).loc["product", ["recall@1", "map@r"]] == 1).all()


@pytest.mark.parametrize("level", range(3))
def test_pytorch_metric_learning_agrees(level):
    x, hierarchy = random_units(200), tree(random_products(200, products=60))  # some products have one item only
    calculator = AccuracyCalculator(
        include=("precision_at_1", "r_precision", "mean_average_precision_at_r"),
        k="max_bin_count",
        device=torch.device("cpu"),
    )
    labels = torch.from_numpy(hierarchy.labels[:, level].copy())
    expected = calculator.get_accuracy(torch.from_numpy(x), labels)
    row = evaluate(x, hierarchy).iloc[level]
    assert row["recall@1"] == pytest.approx(expected["precision_at_1"], abs=1e-9)
    assert row["r_precision"] == pytest.approx(expected["r_precision"], abs=1e-9)
    assert row["map@r"] == pytest.approx(expected["mean_average_precision_at_r"], abs=1e-9)


@pytest.mark.parametrize("chunk", [1, 2, 13, 59, 60, 10_000])
def test_the_size_of_a_chunk_changes_nothing(chunk):
    x, hierarchy = dyadic(60), tree(random_products(60))
    pd.testing.assert_frame_equal(per_query(x, hierarchy, chunk=chunk), per_query(x, hierarchy), check_exact=True)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_permuting_the_items_permutes_the_results(seed):
    x, products = random_units(40, seed), random_products(40, seed)
    order = np.random.default_rng(seed).permutation(40)
    straight = per_query(x, tree(products)).iloc[order].reset_index(drop=True)
    pd.testing.assert_frame_equal(per_query(x[order], tree(products[order])), straight, check_exact=True)
    split = per_query(x, tree(products), gallery=x, gallery_hierarchy=tree(products))
    shuffled = per_query(x, tree(products), gallery=x[order], gallery_hierarchy=tree(products[order]))
    pd.testing.assert_frame_equal(shuffled, split, check_exact=True)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_rotating_the_space_changes_nothing(seed):
    x, hierarchy = random_units(40, seed), tree(random_products(40, seed))
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((16, 16)))[0]
    pd.testing.assert_frame_equal(evaluate(unit_rows(x @ rotation), hierarchy), evaluate(x, hierarchy), atol=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 40))
def test_one_level_equals_that_level_of_many(seed, n):
    x, hierarchy = random_units(n, seed), tree(random_products(n, seed))
    whole = per_query(x, hierarchy, ks=(1,))
    for level in LEVELS:
        alone = per_query(x, hierarchy.select([level]), ks=(1,))
        metrics = ["recall@1", "r_precision", "map@r"]
        pd.testing.assert_frame_equal(alone[level][metrics], whole[level][metrics], check_exact=True)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_values_are_in_their_ranges_and_in_their_order(seed):
    table = per_query(random_units(40, seed), tree(random_products(40, seed)))
    for height, level in enumerate(LEVELS):
        of_level = table[level].dropna(subset="map@r")
        assert of_level.drop(columns="severity").stack().between(0, 1).all()
        assert (of_level["map@r"] <= of_level["r_precision"]).all()
        assert (of_level["recall@1"] <= of_level["recall@5"]).all() and (
            of_level["recall@5"] <= of_level["recall@10"]
        ).all()
        assert of_level["severity"].dropna().between(height + 1, len(LEVELS)).all()
        assert (of_level["severity"].isna() == (of_level["recall@1"] == 1)).all()


def test_a_perfect_embedding():
    products = np.repeat(np.arange(12), 4)
    x = np.zeros((48, 20), np.float32)  # an axis a product, category and department, so that nearness follows the tree
    for row, product in enumerate(products):
        x[row, [product, 12 + product // 2, 18 + product // 6]] = 0.8, 0.48, 0.36
    table = evaluate(unit_rows(x), tree(products))
    assert (table[["recall@1", "recall@5", "recall@10", "r_precision", "map@r"]] == 1).all(axis=None)
    assert table["severity"].isna().all() and (table["queries"] == 48).all()


def test_a_random_embedding_is_near_what_chance_gives():
    hierarchy = tree(np.repeat(np.arange(10), 60))
    table = (
        pd.concat([evaluate(random_units(600, seed, dim=64), hierarchy) for seed in range(10)]).groupby(level=0).mean()
    )
    for level, relevant in (("product", 59), ("category", 119)):
        share = relevant / 599
        # E[1/R sum_i rel_i P@i] in a random order: the item at rank i and, before it, a share of the other ones
        expected = sum(share * (1 + (i - 1) * (relevant - 1) / 598) / i for i in range(1, relevant + 1)) / relevant
        assert table.loc[level, "recall@1"] == pytest.approx(share, abs=0.02)  # 0.007 is its standard deviation
        assert table.loc[level, "r_precision"] == pytest.approx(share, abs=0.005)
        assert table.loc[level, "map@r"] == pytest.approx(expected, abs=0.005)
    # of the 540 items of another product are in the same category, the same department, the other one: 60, 240, 240 for
    # the six products of the first department, 60, 120, 360 for the four of the second
    severity = 0.6 * (60 + 2 * 240 + 3 * 240) / 540 + 0.4 * (60 + 2 * 120 + 3 * 360) / 540
    assert table.loc["product", "severity"] == pytest.approx(severity, abs=0.04)


def test_classes_of_the_gallery_are_matched_by_name():
    x = np.eye(4, dtype=np.float32)
    queries, gallery = tree([0, 2, 6, 9]), tree([9, 6, 2, 30])  # coded differently; product 0 is not in the gallery
    table = per_query(x, queries, gallery=x[::-1].copy(), gallery_hierarchy=gallery, ks=(1,))
    assert table["product", "recall@1"].tolist()[1:] == [1, 1, 1] and np.isnan(table["product", "recall@1"][0])
    aligned = per_query(x[1:], tree([2, 6, 9]), gallery=x[::-1].copy(), gallery_hierarchy=tree([9, 6, 2, 30]), ks=(1,))
    pd.testing.assert_frame_equal(aligned, table[1:].reset_index(drop=True), check_exact=True)
    assert evaluate(x, queries, gallery=x, gallery_hierarchy=gallery, ks=(1,))["queries"].tolist() == [3, 3, 4]


def test_numpy_and_torch_and_other_float_types_give_the_same():
    x, hierarchy = dyadic(30), tree(random_products(30))
    expected = evaluate(x, hierarchy)
    for other in (torch.from_numpy(x), x.astype(np.float64), x.astype(np.float16), torch.from_numpy(x).bfloat16()):
        pd.testing.assert_frame_equal(evaluate(other, hierarchy), expected, check_exact=True)


def test_recall_beyond_the_gallery_is_nan_with_a_warning():
    x, hierarchy = random_units(3), tree([0, 0, 1])
    with pytest.warns(
        UserWarning, match=r"recall@5, recall@10 will be NaN: a query has only 2 items to search; give ks up to 2"
    ):
        table = evaluate(x, hierarchy)
    assert table[["recall@5", "recall@10"]].isna().all(axis=None)
    assert table["recall@1"].notna().all() and table["map@r"].notna().all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(x, hierarchy, ks=(1, 2))
        evaluate(x, hierarchy, ks=())


def test_one_class_only_is_all_right_and_nothing_relevant_is_nan():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = evaluate(random_units(12), tree([0] * 12))
        lone = evaluate(random_units(12), tree(6 * np.arange(12)))  # 12 departments of one item
    assert (one[["recall@1", "r_precision", "map@r"]] == 1).all(axis=None) and one["severity"].isna().all()
    assert (lone["queries"] == 0).all() and lone.drop(columns="queries").isna().all(axis=None)


def test_a_single_item():
    x, hierarchy = random_units(1), tree([0])
    with pytest.raises(HrlibError, match="one embedding and no gallery: there is nothing to be found"):
        evaluate(x, hierarchy)
    assert evaluate(x, hierarchy, gallery=x, gallery_hierarchy=hierarchy, ks=(1,))["recall@1"].tolist() == [1, 1, 1]


def with_nan():
    x = random_units(12)
    x[4] = np.nan
    return x


OTHER_TREE = frame([0, 1]).assign(category=["category000", "category900"])  # product 1 under another category


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"embeddings": with_nan()}, HrlibError, r"embeddings: 1 of 12 rows hold NaN or infinity \(row 4\)"),
        (
            {"embeddings": random_units(12) * 3},
            HrlibError,
            "12 of 12 rows are not of unit length .* divide each row by its norm",
        ),
        ({"embeddings": random_units(11)}, HrlibError, "embeddings: 11 rows for a hierarchy of 12 items"),
        ({"ks": (0,)}, HrlibError, r"ks are \(0,\): expected different integers"),
        ({"ks": (1.5,)}, HrlibError, "ks are"),
        ({"ks": (5, 5)}, HrlibError, "ks are"),
        ({"chunk": -1}, HrlibError, "chunk is -1"),
        ({"gallery": random_units(12)}, HrlibError, "gallery and gallery_hierarchy go together"),
        ({"gallery_hierarchy": tree([0])}, HrlibError, "gallery and gallery_hierarchy go together"),
        (
            {"gallery": random_units(3), "gallery_hierarchy": tree([0])},
            HrlibError,
            "gallery: 3 rows for a hierarchy of 1 items",
        ),
        (
            {"gallery": random_units(1, dim=8), "gallery_hierarchy": tree([0])},
            HrlibError,
            "the gallery has 8 dimensions",
        ),
        (
            {"gallery": random_units(1), "gallery_hierarchy": tree([0]).select(["product"])},
            HrlibError,
            "levels are product, category, department and the gallery's product: expected the same; .*select",
        ),
        (
            {"gallery": random_units(2), "gallery_hierarchy": Hierarchy.from_frame(OTHER_TREE, levels=LEVELS)},
            HierarchyConflict,
            "product 'product001' belongs to 'category000' among the queries and to 'category900' in the gallery",
        ),
    ],
)
def test_bad_input(settings, error, message):
    arguments = {"embeddings": random_units(12), "hierarchy": tree(np.arange(12))} | settings
    with pytest.raises(error, match=message):
        evaluate(**arguments)


@pytest.mark.parametrize("hierarchical", [False, True])
def test_own_rows_of_the_gallery_are_left_out_as_those_of_queries_that_search_each_other(hierarchical):
    x, hierarchy = dyadic(60), tree(random_products(60))
    expected = per_query(x, hierarchy, hierarchical=hierarchical)
    found = per_query(
        x, hierarchy, gallery=x, gallery_hierarchy=hierarchy, own=np.arange(60), hierarchical=hierarchical
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    some = np.array([5, 59, 0, 17])
    found = per_query(
        x[some], hierarchy.subset(some), gallery=x, gallery_hierarchy=hierarchy, own=some, hierarchical=hierarchical
    )
    pd.testing.assert_frame_equal(found, expected.iloc[some].reset_index(drop=True), check_exact=True)
