"""The metrics of a whole hierarchy: against the formulas in plain Python, scikit-learn, chance, and by properties."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom
from sklearn.metrics import average_precision_score, ndcg_score

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HrlibError
from hrlib.evaluation import evaluate, paired_bootstrap, per_query
from tests.evaluation.made_up import LEVELS, dyadic, frame, random_products, random_units, tree, unit_rows

WHOLE = "all levels"


def levs(queries, gallery, asked, found, itself):
    """On how many levels a query and the item at each rank have the same name: a list a query."""
    rankings = []
    for q, query in enumerate(queries.tolist()):
        similarity = [sum(a * b for a, b in zip(query, other, strict=True)) for other in gallery.tolist()]
        order = sorted((g for g in range(len(gallery)) if not (itself and g == q)), key=lambda g: (-similarity[g], g))
        rankings.append([sum(asked[level][q] == found[level][g] for level in LEVELS) for g in order])
    return rankings


def slow_ap(lev, at_least):
    relevant = [value >= at_least for value in lev]
    precisions = [sum(relevant[:k]) / k for k in range(1, len(lev) + 1) if relevant[k - 1]]
    return sum(precisions) / len(precisions) if precisions else math.nan


def slow_h_ap(lev, depth):
    rel = [value / depth / lev.count(value) if value else 0.0 for value in lev]
    total = 0.0
    for k in range(1, len(lev) + 1):
        if rel[k - 1] > 0:
            h_rank = rel[k - 1] + sum(min(rel[j], rel[k - 1]) for j in range(k - 1))
            total += h_rank / k
    return total / sum(rel) if any(lev) else math.nan


def slow_ndcg(lev):
    def dcg(values):
        return sum((2**value - 1) / math.log2(1 + rank) for rank, value in enumerate(values, start=1))

    return dcg(lev) / dcg(sorted(lev, reverse=True)) if any(lev) else math.nan


def slow_asi(lev, depth):
    ideal, r = sorted(lev, reverse=True), len(lev) - lev.count(0)
    total = 0.0
    for k in range(1, r + 1):
        total += sum(min(lev[:k].count(at), ideal[:k].count(at)) for at in range(1, depth + 1)) / k
    return total / r if r else math.nan


@pytest.mark.parametrize("make", [dyadic, random_units])
@pytest.mark.parametrize("n", [2, 7, 60])
@pytest.mark.parametrize("separate", [False, True])
def test_every_value_is_that_of_the_formula(make, n, separate):
    x, gallery = make(n), make(45, seed=1) if separate else make(n)
    asked = frame(random_products(n))
    found = frame(random_products(45, seed=1, products=14)) if separate else asked
    rankings = levs(x, gallery, asked, found, not separate)
    extra = {"gallery": gallery, "gallery_hierarchy": Hierarchy.from_frame(found, levels=LEVELS)} if separate else {}
    ks = (1,) if n == 2 else (1, 3)
    table = per_query(x, Hierarchy.from_frame(asked, levels=LEVELS), ks=ks, hierarchical=True, **extra)
    expected = {
        **{(level, "ap"): [slow_ap(lev, 3 - height) for lev in rankings] for height, level in enumerate(LEVELS)},
        (WHOLE, "h-ap"): [slow_h_ap(lev, 3) for lev in rankings],
        (WHOLE, "ndcg"): [slow_ndcg(lev) for lev in rankings],
        (WHOLE, "asi"): [slow_asi(lev, 3) for lev in rankings],
        **{(WHOLE, f"ahd@{k}"): [3 - sum(lev[:k]) / k if any(lev) else math.nan for lev in rankings] for k in ks},
    }
    for column, values in expected.items():
        np.testing.assert_allclose(table[column], values, rtol=1e-12, err_msg=str(column))
    means = evaluate(x, Hierarchy.from_frame(asked, levels=LEVELS), ks=ks, hierarchical=True, **extra)
    for (level, metric), values in expected.items():
        known = [value for value in values if not math.isnan(value)]
        mean = sum(known) / len(known) if known else math.nan
        assert means.loc[level, metric] == pytest.approx(mean, rel=1e-12, nan_ok=True)
    assert means.loc[WHOLE, "queries"] == sum(map(any, rankings))


@pytest.mark.parametrize("separate", [False, True])
def test_scikit_learn_agrees(separate):
    x, gallery, hierarchy = random_units(80), random_units(60, seed=1), tree(random_products(80))
    other = tree(random_products(60, seed=1)) if separate else hierarchy
    extra = {"gallery": gallery, "gallery_hierarchy": other} if separate else {}
    table = per_query(x, hierarchy, ks=(1,), hierarchical=True, **extra)
    searched = gallery if separate else x
    asked, found = hierarchy.frame().to_numpy(), other.frame().to_numpy()
    for q in range(80):
        there = np.arange(len(searched)) != q if not separate else np.ones(60, bool)
        scores = (searched.astype(float) @ x[q].astype(float))[there]
        agree = (asked[q] == found)[there]
        for height, level in enumerate(LEVELS):
            if agree[:, height].any():
                expected = average_precision_score(agree[:, height], scores)
                assert table.loc[q, (level, "ap")] == pytest.approx(expected, abs=1e-9)
        gains = 2.0 ** agree.sum(axis=1) - 1
        assert table.loc[q, (WHOLE, "ndcg")] == pytest.approx(ndcg_score([gains], [scores]), abs=1e-9)


def test_the_table_has_a_row_of_the_whole_hierarchy_and_the_rest_is_as_without_it():
    x, hierarchy = random_units(60), tree(random_products(60))
    table, plain = evaluate(x, hierarchy, ks=(1, 5), hierarchical=True), evaluate(x, hierarchy, ks=(1, 5))
    assert table.index.tolist() == [*LEVELS, WHOLE] and table.index.name == "level"
    new = ["ap", "h-ap", "ndcg", "asi", "ahd@1", "ahd@5"]
    assert table.columns.tolist() == [*plain.columns[:-1], *new, "queries"]
    pd.testing.assert_frame_equal(table.loc[LEVELS, plain.columns], plain, check_exact=True)
    assert table.loc[WHOLE, plain.columns[:-1]].isna().all() and table.loc[LEVELS, new[1:]].isna().all(axis=None)
    assert table.loc[LEVELS, "ap"].notna().all() and table.loc[WHOLE, new[1:]].notna().all()
    queries = per_query(x, hierarchy, ks=(1, 5), hierarchical=True)
    assert queries.columns.unique("level").tolist() == [*LEVELS, WHOLE]
    assert queries["product"].columns.tolist() == [*plain.columns[:-1], "ap"]
    assert queries[WHOLE].columns.tolist() == new[1:]


def test_the_paired_bootstrap_takes_a_column():
    x, hierarchy = random_units(60), tree(random_products(60))
    a, b = (
        per_query(vectors, hierarchy, hierarchical=True) for vectors in (x, unit_rows(x + random_units(60, seed=1)))
    )
    difference = paired_bootstrap(a[WHOLE, "h-ap"], b[WHOLE, "h-ap"], groups=hierarchy.column("product"), n=100)
    assert difference.mean == pytest.approx((b[WHOLE, "h-ap"] - a[WHOLE, "h-ap"]).mean())


def near_by_the_tree(products):
    """Embeddings with an axis a product, category and department, so that nearness follows the tree."""
    x = np.zeros((len(products), 20), np.float32)
    for row, product in enumerate(products):
        x[row, [product, 12 + product // 2, 18 + product // 6]] = 0.8, 0.48, 0.36
    return unit_rows(x)


def test_a_perfect_embedding():
    products = np.repeat(np.arange(12), 4)
    table = evaluate(near_by_the_tree(products), tree(products), hierarchical=True)
    np.testing.assert_allclose(table.loc[LEVELS, "ap"], 1, rtol=1e-12)
    np.testing.assert_allclose(table.loc[WHOLE, ["h-ap", "ndcg", "asi"]].astype(float), 1, rtol=1e-12)
    # three of the product, then 2 of the category's four
    assert table.loc[WHOLE, ["ahd@1", "ahd@5"]].tolist() == pytest.approx([0, 2 / 5])


def test_h_ap_prefers_a_rare_coarse_match_to_one_of_many_fine_ones():
    # in a class of n_2 + 1 and a superclass with one item more: rel(2) = 1 / n_2, rel(1) = (1/2) / 1
    for many, perfect in ((2, True), (3, False)):
        products = np.array([0] * (many + 1) + [1] + [6] * 5)
        value = per_query(
            near_by_the_tree(products), tree(products).select(["product", "category"]), hierarchical=True, ks=(1,)
        ).loc[0, (WHOLE, "h-ap")]
        assert (value == pytest.approx(1, rel=1e-12)) == perfect
    assert value == pytest.approx((1 + (1 / 2 + 3 * 1 / 3) / 4) / (1 + 1 / 2))


def test_a_random_embedding_is_near_what_chance_gives():
    hierarchy = tree(np.repeat(np.arange(12), 25))
    runs = [evaluate(random_units(300, seed, dim=64), hierarchy, hierarchical=True) for seed in range(10)]
    table = pd.concat(runs).groupby(level=0).mean()
    n, exactly, ranks = 299, {3: 24, 2: 25, 1: 100}, np.arange(1, 300)
    relevant = {level: sum(exactly[m] for m in range(3 - height, 4)) for height, level in enumerate(LEVELS)}
    for level, r in relevant.items():
        expected = np.mean((1 + (ranks - 1) * (r - 1) / (n - 1)) / ranks)  # itself and, before it, a share of the rest
        assert table.loc[level, "ap"] == pytest.approx(expected, abs=0.01)
    rel = {m: m / 3 / exactly[m] for m in exactly}
    h_ap = 0.0
    for m in exactly:
        for j in exactly:
            before = (ranks - 1) * (exactly[j] - (j == m)) / (n - 1)
            h_ap += exactly[m] / n * min(rel[j], rel[m]) * (((j == m) + before) / ranks).sum()
    assert table.loc[WHOLE, "h-ap"] == pytest.approx(h_ap / 2, abs=0.01)  # sum rel = 1/3 + 2/3 + 1
    gains = sum(exactly[m] * (2**m - 1) for m in exactly) / n
    ideal = np.repeat([2**m - 1 for m in exactly], list(exactly.values())) / np.log2(1 + ranks[:149])
    assert table.loc[WHOLE, "ndcg"] == pytest.approx(gains * (1 / np.log2(1 + ranks)).sum() / ideal.sum(), abs=0.01)
    asi, better = np.zeros(149), 0
    for size in exactly.values():
        for k in ranks[:149]:
            x = np.arange(size + 1)
            asi[k - 1] += (hypergeom.pmf(x, n, size, k) * np.minimum(x, np.clip(k - better, 0, size))).sum() / k
        better += size
    assert table.loc[WHOLE, "asi"] == pytest.approx(asi.mean(), abs=0.01)
    height = (25 * 1 + 100 * 2 + 150 * 3) / n
    assert table.loc[WHOLE, ["ahd@1", "ahd@10"]].tolist() == pytest.approx([height, height], abs=0.03)


@given(st.integers(0, 10_000), st.integers(2, 40), st.sampled_from([dyadic, random_units]))
def test_one_level_is_average_precision(seed, n, make):
    hierarchy = tree(random_products(n, seed))
    for level in LEVELS:
        alone = per_query(make(n, seed), hierarchy.select([level]), ks=(1,), hierarchical=True)
        np.testing.assert_allclose(alone[WHOLE, "h-ap"], alone[level, "ap"], rtol=1e-12)
        whole = per_query(make(n, seed), hierarchy, ks=(1,), hierarchical=True)
        np.testing.assert_allclose(whole[level, "ap"], alone[level, "ap"], rtol=1e-12)
        wrong = 1 - alone[level, "recall@1"]
        np.testing.assert_array_equal(alone[WHOLE, "ahd@1"], wrong)


@given(st.integers(0, 10_000))
def test_values_are_in_their_ranges(seed):
    table = per_query(random_units(40, seed), tree(random_products(40, seed)), hierarchical=True)
    for metric in ("h-ap", "ndcg", "asi"):
        assert table[WHOLE, metric].dropna().between(0, 1 + 1e-12).all()
    assert table[WHOLE][["ahd@1", "ahd@5", "ahd@10"]].stack().between(0, 3).all()
    for level in LEVELS:
        of_level = table[level].dropna(subset="ap")
        assert (of_level["map@r"] <= of_level["ap"] + 1e-12).all() and (of_level["ap"] <= 1 + 1e-12).all()
        assert (of_level["ap"] > 0).all()  # what is relevant is found, however late


@given(st.integers(0, 10_000))
def test_permuting_the_items_permutes_the_results(seed):
    x, products = random_units(40, seed), random_products(40, seed)
    order = np.random.default_rng(seed).permutation(40)
    straight = per_query(x, tree(products), hierarchical=True).iloc[order].reset_index(drop=True)
    pd.testing.assert_frame_equal(per_query(x[order], tree(products[order]), hierarchical=True), straight, rtol=1e-12)


@pytest.mark.parametrize("chunk", [1, 2, 13, 59, 60, 10_000])
def test_the_size_of_a_chunk_changes_nothing(chunk):
    x, hierarchy = dyadic(60), tree(random_products(60))
    expected = per_query(x, hierarchy, hierarchical=True)
    pd.testing.assert_frame_equal(per_query(x, hierarchy, hierarchical=True, chunk=chunk), expected, rtol=1e-12)


def test_ties_are_broken_by_row_order():
    x = np.tile(np.eye(4, dtype=np.float32)[0], (6, 1))  # all the same: the ranking of each query is the row order
    table = per_query(x, tree([0, 1, 0, 1, 0, 1]).select(["product", "category"]), ks=(1,), hierarchical=True)
    assert table.loc[0, ("product", "ap")] == pytest.approx((1 / 2 + 2 / 4) / 2)  # rows 1 to 5, of which 2 and 4
    assert table[WHOLE, "ahd@1"].tolist() == [1, 1, 0, 1, 0, 1]


def test_what_has_nothing_relevant_is_nan_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lone = evaluate(random_units(12), tree(6 * np.arange(12)), hierarchical=True)  # 12 departments of one item
        mixed = per_query(random_units(4), tree([0, 0, 1, 6]), ks=(1,), hierarchical=True)
        one = evaluate(random_units(12), tree([0] * 12), hierarchical=True)  # one class: each ranking is perfect
    assert (lone["queries"] == 0).all() and lone.drop(columns="queries").isna().all(axis=None)
    assert mixed["product", "ap"].notna().tolist() == [True, True, False, False]
    assert mixed[WHOLE].notna().all(axis=1).tolist() == [True, True, True, False]
    np.testing.assert_allclose(one.loc[WHOLE, ["h-ap", "ndcg", "asi"]].astype(float), 1, rtol=1e-12)
    assert one.loc[WHOLE, "ahd@10"] == 0


def test_beyond_the_gallery_it_is_nan_with_a_warning():
    with pytest.warns(UserWarning, match="recall@5, ahd@5 will be NaN: a query has only 2 items to search"):
        table = evaluate(random_units(3), tree([0, 0, 1]), ks=(1, 5), hierarchical=True)
    assert math.isnan(table.loc[WHOLE, "ahd@5"]) and not math.isnan(table.loc[WHOLE, "ahd@1"])


def test_a_level_may_not_be_called_all_levels():
    hierarchy = Hierarchy.from_frame(pd.DataFrame({WHOLE: ["a", "a", "b"]}))
    assert evaluate(random_units(3), hierarchy, ks=(1,)).index.tolist() == [WHOLE]
    with pytest.raises(
        HrlibError, match="a level is called 'all levels', as the row of the whole hierarchy is: rename"
    ):
        evaluate(random_units(3), hierarchy, ks=(1,), hierarchical=True)
