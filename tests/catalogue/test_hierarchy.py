"""Hierarchies: labels, ancestors, subsets and conflicts, against brute force over the names."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.catalogue import Hierarchy, lca_height
from hrlib.errors import HierarchyConflict, HrlibError

LEVELS = ["product", "category", "department"]
SHOP = pd.DataFrame(
    {
        "product": ["p2", "p1", "p2", "p3", "p4"],
        "category": ["hoodie", "shirt", "hoodie", "boot", "boot"],
        "department": ["apparel", "apparel", "apparel", "footwear", "footwear"],
    }
)


@st.composite
def trees(draw) -> pd.DataFrame:
    """A random tree over random rows: each class draws one parent."""
    sizes = sorted((draw(st.integers(1, 6)) for _ in LEVELS), reverse=True)
    above = [draw(st.lists(st.integers(0, c - 1), min_size=n, max_size=n)) for n, c in pairwise(sizes)]
    finest = draw(st.lists(st.integers(0, sizes[0] - 1), min_size=1, max_size=20))
    columns = [np.array(finest)]
    for parent in above:
        columns.append(np.array(parent)[columns[-1]])
    named = zip(LEVELS, columns, strict=True)
    return pd.DataFrame({level: [f"{level} {label}" for label in column] for level, column in named})


def assert_same(a: Hierarchy, b: Hierarchy) -> None:
    assert (a.levels, a.names) == (b.levels, b.names)
    np.testing.assert_array_equal(a.labels, b.labels)
    for ours, theirs in zip(a.parents, b.parents, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_labels_names_and_parents_of_a_small_shop():
    shop = Hierarchy.from_frame(SHOP)
    assert shop.levels == tuple(LEVELS)
    assert shop.names == (("p1", "p2", "p3", "p4"), ("boot", "hoodie", "shirt"), ("apparel", "footwear"))
    assert shop.labels.tolist() == [[1, 1, 0], [0, 2, 0], [1, 1, 0], [2, 0, 1], [3, 0, 1]]
    assert shop.labels.dtype == np.int64 and shop.labels.flags.c_contiguous
    assert [parent.tolist() for parent in shop.parents] == [[2, 1, 0, 0], [1, 0, 0]]
    assert shop.ancestors.tolist() == [[0, 2, 0], [1, 1, 0], [2, 0, 1], [3, 0, 1]]
    assert shop.ancestors_of(1).tolist() == [[0, 1], [1, 0], [2, 0]] and shop.ancestors_of(-1).tolist() == [[0], [1]]
    assert shop.superclass == 1 and shop.select([2]).superclass == 0, "of one level it is that one"
    assert (len(shop), shop.depth, shop.n_classes) == (5, 3, (4, 3, 2))
    assert repr(shop) == "Hierarchy(5 rows: 4 product < 3 category < 2 department)"
    assert shop.path(0) == ("apparel", "hoodie", "p2")
    assert shop.column("category").tolist() == shop.column(1).tolist() == shop.column(-2).tolist() == [1, 2, 1, 0, 0]
    assert shop.conflicts.empty and list(shop.conflicts) == ["row", "level", "was", "became"]


@given(trees())
def test_names_come_back(frame):
    hierarchy = Hierarchy.from_frame(frame)
    pd.testing.assert_frame_equal(hierarchy.frame(), frame, check_dtype=False)
    assert_same(Hierarchy.from_frame(hierarchy.frame()), hierarchy)
    for level, parent in enumerate(hierarchy.parents):
        np.testing.assert_array_equal(parent[hierarchy.labels[:, level]], hierarchy.labels[:, level + 1])
    np.testing.assert_array_equal(hierarchy.ancestors[hierarchy.column(0)], hierarchy.labels)


@given(trees(), st.randoms())
def test_labels_do_not_depend_on_the_order_of_rows(frame, random):
    order = random.sample(range(len(frame)), len(frame))
    shuffled, hierarchy = Hierarchy.from_frame(frame.iloc[order]), Hierarchy.from_frame(frame)
    assert shuffled.names == hierarchy.names
    np.testing.assert_array_equal(shuffled.labels, hierarchy.labels[order])


@given(trees(), st.data())
def test_subset_is_the_hierarchy_of_those_rows_and_composes(frame, data):
    hierarchy = Hierarchy.from_frame(frame)
    rows = data.draw(st.lists(st.integers(0, len(frame) - 1), min_size=1, max_size=12))
    again = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=12))
    part = hierarchy.subset(rows)
    assert_same(part, Hierarchy.from_frame(frame.iloc[rows]))
    assert_same(part.subset(again), hierarchy.subset(np.array(rows)[again]))
    mask = np.isin(np.arange(len(frame)), rows)
    assert_same(hierarchy.subset(mask), hierarchy.subset(sorted(set(rows))))


@given(trees(), st.sets(st.sampled_from(LEVELS), min_size=1))
def test_select_is_the_hierarchy_of_those_columns(frame, chosen):
    kept = [level for level in LEVELS if level in chosen]
    assert_same(Hierarchy.from_frame(frame).select(kept), Hierarchy.from_frame(frame, levels=kept))


@given(trees())
def test_lca_height_against_walking_up_the_names(frame):
    hierarchy = Hierarchy.from_frame(frame)
    rows = np.arange(len(frame))
    heights = hierarchy.lca_height(rows[:, None], rows)
    for a in rows:
        for b in rows:
            same = [frame[level].iloc[a] == frame[level].iloc[b] for level in LEVELS]
            assert heights[a, b] == (same.index(True) if any(same) else len(LEVELS))
    assert (heights == heights.T).all() and (heights.diagonal() == 0).all()
    np.testing.assert_array_equal(lca_height(hierarchy.labels[:, None], hierarchy.labels), heights)
    ultrametric = np.maximum(heights[:, :, None], heights[None, :, :])
    assert (heights[:, None, :] <= ultrametric).all()
    assert hierarchy.lca_height(0, 0).shape == ()


def test_numbers_are_ordered_by_value_and_zero_to_c_keeps_its_values():
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(12), 2))
    hierarchy = Hierarchy.from_frame({"class": labels, "superclass": labels // 4})
    np.testing.assert_array_equal(hierarchy.labels, np.stack([labels, labels // 4], axis=1))
    assert hierarchy.names[0][9:] == ("9", "10", "11")


@pytest.mark.parametrize("dtype", ["category", "string", object])
def test_text_of_any_column_type(dtype):
    assert_same(Hierarchy.from_frame(SHOP.astype(dtype)), Hierarchy.from_frame(SHOP))


def test_one_class_one_row_and_one_level():
    one = Hierarchy.from_frame({"class": ["a"]}, levels="class")
    assert (one.labels.tolist(), one.names, one.parents, one.n_classes) == ([[0]], (("a",),), (), (1,))
    assert one.ancestors.tolist() == [[0]] and one.select("class").levels == ("class",)


SOCKS = pd.DataFrame(
    {
        "type": ["socks", "socks", "watch", "socks", "watch", "mask", "mask"],
        "group": ["legwear", "legwear", "wrist", "wrist", "wrist", "face", "arm"],
        "master": ["apparel", "apparel", "accessories", "accessories", "accessories", "beauty", "sport"],
    }
)


def test_two_parents_are_named_with_the_rows():
    with pytest.raises(HierarchyConflict) as error:
        Hierarchy.from_frame(SOCKS)
    text = str(error.value)
    assert "type 'socks' has 2 parents on level 'group': 'legwear' in 2 rows (0, 1), 'wrist' in 1 row (3)" in text
    assert "2, where 2 rows (3, 5) disagree" in text and "on_conflict='majority'" in text


def test_levels_in_the_wrong_order_are_a_conflict_that_says_the_order():
    with pytest.raises(HierarchyConflict, match=r"fine to coarse \(got department, category, product\)"):
        Hierarchy.from_frame(SHOP, levels=LEVELS[::-1])


def test_majority_takes_the_commonest_parent_and_of_equals_the_first_and_reports_the_rows():
    tree = Hierarchy.from_frame(SOCKS, on_conflict="majority")
    assert tree.path(3) == ("apparel", "legwear", "socks")
    assert tree.path(5) == ("sport", "arm", "mask")
    assert "face" not in tree.names[1] and "beauty" not in tree.names[2]
    changed = [tuple(row) for row in tree.conflicts.itertuples(index=False)]
    assert changed == [
        (3, "group", "wrist", "legwear"),
        (3, "master", "accessories", "apparel"),
        (5, "group", "face", "arm"),
        (5, "master", "beauty", "sport"),
    ]
    assert tree.subset([5, 0, 5]).conflicts["row"].tolist() == [0, 0, 2, 2]
    assert tree.select(["type", "master"]).conflicts["level"].unique().tolist() == ["master"]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=25))
def test_majority_gives_a_tree_and_leaves_a_tree_alone(rows):
    frame = pd.DataFrame(rows, columns=LEVELS)
    tree = Hierarchy.from_frame(frame, on_conflict="majority")
    assert_same(Hierarchy.from_frame(tree.frame().astype(int)), tree)
    assert_same(Hierarchy.from_frame(tree.frame().astype(int), on_conflict="majority"), tree)
    changed = frame.astype(str).to_numpy() != tree.frame().to_numpy()
    assert [(r, LEVELS.index(level)) for r, level in tree.conflicts[["row", "level"]].itertuples(index=False)] == [
        (r, c) for r, c in zip(*np.nonzero(changed), strict=True)
    ]
    for child, group in frame.groupby("product"):
        counts = group["category"].value_counts()
        expected = min(counts.index[counts == counts.max()])
        assert tree.frame()["category"][frame["product"] == child].eq(str(expected)).all()


@pytest.mark.parametrize(
    ("frame", "levels", "message"),
    [
        (SHOP.iloc[:0], None, "0 rows, 3 levels"),
        (SHOP, [], "5 rows, 0 levels"),
        (SHOP, ["produkt", "category"], "no column 'produkt' .*did you mean 'product'"),
        (SHOP, ["product", "product"], "same column twice"),
        (pd.concat([SHOP, SHOP[["product"]]], axis=1), ["product"], "2 columns 'product'"),
        (SHOP.assign(category=[None, "a", np.nan, "b", "b"]), None, r"'category' is missing .* in 2 rows \(0, 2\)"),
        (SHOP.assign(category=["x", " ", "x", "", "y"]), None, r"2 rows \(1, 3\)"),
        (pd.DataFrame({"class": [None] * 7}), None, r"7 rows \(0, 1, 2, 3, 4, \.\.\.\)"),
        (pd.DataFrame({"class": [1.0, np.nan]}), None, r"1 row \(1\)"),
    ],
)
def test_bad_tables_are_refused_by_name(frame, levels, message):
    with pytest.raises(HrlibError, match=message):
        Hierarchy.from_frame(frame, levels)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda shop: shop.index("departement"), "no level 'departement'; did you mean 'department'"),
        (lambda shop: shop.column(3), r"no level 3: expected 0 to 2 \(product"),
        (lambda shop: shop.subset([]), "no rows, out of 5"),
        (lambda shop: shop.subset(np.zeros(5, bool)), "no rows"),
        (lambda shop: shop.subset([0, 5]), "rows from 0 to 5: expected 0 to 4"),
        (lambda shop: shop.lca_height(0, -1), "rows from -1 to -1"),
        (lambda shop: shop.subset([0.5]), "rows of type float64"),
        (lambda shop: shop.subset([True, False]), r"mask of shape \(2,\) for 5 rows"),
        (lambda shop: shop.select([]), "each once, in this order"),
        (lambda shop: shop.select(["department", "product"]), "each once, in this order"),
        (lambda shop: Hierarchy.from_frame(SHOP, on_conflict="ignore"), "expected 'raise' or 'majority'"),
    ],
)
def test_bad_arguments_are_refused_by_name(call, message):
    with pytest.raises(HrlibError, match=message):
        call(Hierarchy.from_frame(SHOP))


def test_a_large_table():
    n = 200_000
    product = np.random.default_rng(0).integers(0, n // 5, n)
    tree = Hierarchy.from_frame({"product": product, "category": product % 90, "department": product % 90 % 7})
    assert tree.subset(slice(0, n, 2)).n_classes[1:] == (90, 7)


def test_values_that_are_no_names_are_refused():
    with pytest.raises(HrlibError, match=r"'class' holds values that are no names .*expected text or numbers"):
        Hierarchy.from_frame({"class": [["a", "b"], ["c"]]})
