"""Parents by the majority, labels and names, by loops written out."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HierarchyConflict, HrlibError
from hrlib.catalogue.tree import changes, compact, encode, majority_parents, no_conflicts, refuse_two_parents

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(PAIRS)
def test_the_parent_that_most_rows_have_and_of_equals_the_lowest(pairs):
    codes = {child: code for code, child in enumerate(sorted({child for child, _ in pairs}))}
    child, parent = np.array([(codes[one], above) for one, above in pairs]).T
    for code, found in enumerate(majority_parents(child, parent)):
        counts = Counter(parent[child == code].tolist())
        assert found == min(counts, key=lambda above: (-counts[above], above))


@given(PAIRS)
def test_what_disagrees_is_refused_or_listed(pairs):
    frame = pd.DataFrame(pairs, columns=["fine", "coarse"])
    columns = [encode(frame[name], name) for name in frame]
    given, names = np.stack([codes for codes, _ in columns], axis=1), tuple(texts for _, texts in columns)
    parents = majority_parents(*given.T)
    tree = np.stack([given[:, 0], parents[given[:, 0]]], axis=1)
    changed = changes(given, tree, ("fine", "coarse"), names)
    astray = [row for row in range(len(given)) if given[row, 1] != tree[row, 1]]
    assert changed["row"].tolist() == astray and list(changed) == list(no_conflicts())
    for _, row, level, was, became in changed.itertuples():
        assert level == "coarse" and was == str(pairs[row][1]) and became == names[1][tree[row, 1]]
    if astray:
        with pytest.raises(HierarchyConflict, match=rf"{len(astray)} rows? \({astray[0]}.* disagree with the majority"):
            refuse_two_parents(given, [parents], ("fine", "coarse"), names)
    else:
        refuse_two_parents(given, [parents], ("fine", "coarse"), names)


@given(st.lists(st.sampled_from(["b", "a", " c", "10", "9"]), min_size=1))
def test_labels_are_in_the_order_of_the_names(values):
    labels, names = encode(pd.Series(values), "x")
    assert list(names) == sorted(set(values)) and [names[label] for label in labels] == values


def test_numbers_are_in_the_order_of_their_values_and_what_is_no_name_is_refused():
    assert encode(pd.Series([10, 9, 10]), "x")[1] == ("9", "10")
    with pytest.raises(HrlibError, match=r"'x' is missing or blank in 2 rows \(1, 2\)"):
        encode(pd.Series(["a", None, " "]), "x")
    with pytest.raises(HrlibError, match="'x' holds values that are no names"):
        encode(pd.Series([["a"], ["b"]]), "x")


def test_classes_without_a_row_are_gone():
    labels, names, (parents,) = compact(
        np.array([[2, 1], [4, 0], [2, 1]]), (("a", "b", "c", "d", "e"), ("x", "y")), [np.array([0, 0, 1, 1, 0])]
    )
    assert labels.tolist() == [[0, 1], [1, 0], [0, 1]] and names == (("c", "e"), ("x", "y"))
    assert parents.tolist() == [1, 0]
