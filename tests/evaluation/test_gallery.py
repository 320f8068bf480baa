"""Who asks and what is searched: one coding for both, how many are relevant, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.errors import HierarchyConflict, HrlibError
from hrlib.evaluation.gallery import search

SHOP = {"shoe 1": "shoes", "shoe 2": "shoes", "hat 1": "hats", "hat 2": "hats"}


def units(n):
    return np.tile(np.eye(4, dtype=np.float32)[0], (n, 1))


def tree(*products, **parents):
    rows = [(product, parents.get(product.replace(" ", ""), SHOP.get(product, "bags"))) for product in products]
    return Hierarchy.from_frame(pd.DataFrame(rows, columns=["product", "category"]))


def test_the_queries_search_each_other_but_not_themselves():
    asking = search(units(4), tree("shoe 1", "shoe 1", "shoe 2", "hat 1"))
    assert asking.own.tolist() == [0, 1, 2, 3] and asking.available == 3
    assert asking.gallery is asking.queries and asking.found is asking.asked
    assert asking.relevant().tolist() == [[1, 2], [1, 2], [0, 2], [0, 0]]


def test_a_separate_gallery_is_coded_as_the_queries_are():
    asking = search(units(3), tree("shoe 1", "shoe 2", "hat 2"), units(4), tree("hat 2", "shoe 2", "shoe 2", "bag 9"))
    assert asking.own is None and asking.available == 4
    names = {code: name for code, name in enumerate(["hat 2", "shoe 1", "shoe 2"])}
    assert [names.get(code) for code in asking.asked[:, 0]] == ["shoe 1", "shoe 2", "hat 2"]
    assert [names.get(code) for code in asking.found[:, 0]] == ["hat 2", "shoe 2", "shoe 2", None]
    assert asking.found[3].tolist() == [-1, -1]  # neither the bag nor its category is among the queries
    assert asking.relevant().tolist() == [[0, 2], [2, 2], [1, 1]]


def test_a_query_s_own_row_of_the_gallery_is_left_out():
    shelf = tree("hat 2", "shoe 2", "shoe 2", "hat 1")
    asking = search(units(3), tree("shoe 2", "hat 1", "shoe 2"), units(4), shelf, own=np.array([2, 3, 1]))
    assert asking.own.tolist() == [2, 3, 1] and asking.available == 3
    assert asking.relevant().tolist() == [[1, 1], [0, 1], [1, 1]]
    # a row of another class takes none of the query's away
    asking = search(units(1), tree("shoe 2"), units(4), shelf, own=[3])
    assert asking.relevant().tolist() == [[2, 2]]


@pytest.mark.parametrize("own", [[0, 1], [0, 1, 4], [-1, 0, 1], [0.0, 1.0, 2.0], [[0, 1, 2]]])
def test_rows_that_are_none_of_the_gallery_s(own):
    shoes = tree("shoe 1", "shoe 1", "shoe 2")
    with pytest.raises(HrlibError, match="own: expected 3 integers from 0 to 3, the gallery's row of each query, got"):
        search(units(3), shoes, units(4), tree("shoe 1", "shoe 1", "shoe 2", "hat 1"), own=np.array(own))


def test_own_rows_where_there_is_nothing_else():
    with pytest.raises(HrlibError, match="own without a gallery"):
        search(units(2), tree("shoe 1", "shoe 1"), own=[0, 1])
    with pytest.raises(HrlibError, match="a gallery of one item, which is the query itself"):
        search(units(1), tree("shoe 1"), units(1), tree("shoe 1"), own=[0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((units(3), tree("shoe 1")), HrlibError, "embeddings: 3 rows for a hierarchy of 1 items"),
        ((units(1), tree("shoe 1")), HrlibError, "one embedding and no gallery: there is nothing to be found"),
        ((units(1), tree("shoe 1"), units(1)), HrlibError, "go together: gallery_hierarchy is missing"),
        ((units(1), tree("shoe 1"), None, tree("shoe 1")), HrlibError, "go together: gallery is missing"),
        ((units(1), tree("shoe 1"), units(2), tree("shoe 1")), HrlibError, "gallery: 2 rows for a hierarchy of 1"),
        (
            (units(1), tree("shoe 1"), units(1), tree("shoe 1").select(["product"])),
            HrlibError,
            "the queries' levels are product, category and the gallery's product: expected the same",
        ),
        (
            (units(1), tree("shoe 1"), units(1), tree("shoe 1", shoe1="hats")),
            HierarchyConflict,
            "product 'shoe 1' belongs to 'shoes' among the queries and to 'hats' in the gallery: expected one tree",
        ),
    ],
)
def test_what_does_not_fit_together(arguments, error, message):
    with pytest.raises(error, match=message):
        search(*arguments)
