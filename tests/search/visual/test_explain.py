"""Why an item was found: its path beside the query's, what both have in common, in one sentence."""

import numpy as np
import pandas as pd
import pytest

from hrlib import Hierarchy
from hrlib.search.visual.classes import Classes
from hrlib.search.visual.explain import COLUMNS, Aim, category_table, matched, result_table, said, sentence
from hrlib.search.visual.ranked import Result
from tests.search.visual.small import small_stock, vectors

CLASSES = Classes(Hierarchy.from_frame(pd.DataFrame({"fine": list("abcd"), "coarse": ["x", "x", "y", "y"]})))
SHARES = [np.array([0.0, 0.1, 0.6, 0.3]), np.array([0.1, 0.9])]


def test_where_the_query_belongs():
    assert Aim.of(CLASSES, 0, SHARES, []) == Aim(("y", "c"), "the likely fine (60%)")
    assert Aim.of(CLASSES, 1, SHARES, []) == Aim(("y",), "the likely coarse (90%)")
    assert Aim.of(CLASSES, 0, SHARES, [{"fine": "a"}]) == Aim(("x", "a"), "the fine of the query")
    assert Aim.of(CLASSES, 0, SHARES, [{"coarse": "x"}]).path == ("y", "c"), "its class is not known"
    assert Aim.of(CLASSES, 0, [np.zeros(4), np.zeros(2)], []) == Aim((), "")


@pytest.mark.parametrize(
    ("path", "aim", "alike", "expected"),
    [
        (("x", "a"), ("x", "a"), [], "It lies in x > a, AIM; its cosine distance is 0.250."),
        (
            ("x", "b"),
            ("x", "a"),
            [],
            "It lies in x > b, and has x in common with AIM, a; its cosine distance is 0.250.",
        ),
        (("y", "c"), ("x", "a"), [], "It lies in y > c, apart from AIM, x > a; its cosine distance is 0.250."),
        (("x",), ("x", "a"), [], "It lies in x, and has x in common with AIM, a; its cosine distance is 0.250."),
        (("x",), (), [], "It lies in x; its cosine distance is 0.250."),
        ((), ("x", "a"), ["k: v"], "Its classes are not known; it agrees in k: v; its cosine distance is 0.250."),
        (("x",), (), list("pqr"), "It lies in x; it agrees in p, q and r; its cosine distance is 0.250."),
    ],
)
def test_the_sentence(path, aim, alike, expected):
    assert sentence(path, Aim(aim, "AIM"), alike, 0.25) == expected


def test_what_is_in_common():
    record = {"fine": "a", "colour": "red", "size": 3.0, "price": 2.5}
    common = matched(record, [{"colour": "red", "fine": "a"}, {"size": 3}], ["colour", "size", "brand"], None, ["fine"])
    assert common == ["colour: red", "size: 3"]
    assert matched(record, [], ["colour"], {"price": (2, 3), "fine": "a", "gone": 1}, ["fine"]) == ["price: 2.5"]
    assert [said(value) for value in (2.0, 2.5, 2, "2.0", True)] == ["2", "2.5", "2", "2.0", "True"]


def test_the_likeliest_classes():
    table = category_table(CLASSES, 0, SHARES)
    assert table.to_dict("list") == {
        "category": ["c", "d", "b"],
        "path": ["y > c", "y > d", "x > b"],
        "probability": [0.6, 0.3, 0.1],
    }


def test_the_table_of_results():
    stock, x = small_stock(), vectors()
    near = stock.near(x[3], 6)
    shown = [Result(2, 0.5, []), Result(0, 0.4, ["other"])]
    table = result_table((near, shown), stock, 0, Aim((), ""), [], {"category": "category 1", "colour": "red"})
    assert list(table) == COLUMNS and table["id"].tolist() == [near.ids[2], near.ids[0]]
    rows = [int(one.split()[1]) for one in table["id"]]
    assert table["path"].tolist() == [f"category {row % 2} > product {row % 8}" for row in rows]
    np.testing.assert_allclose(table["distance"], 1 - x[rows] @ x[3], atol=1e-6)
    assert table["others"].tolist() == [[], ["other"]] and table["score"].tolist() == [0.5, 0.4]
    colours = [("red", "blue", None)[row % 3] for row in rows]
    assert table["matched"].tolist() == [[f"colour: {one}"] if one else [] for one in colours]
    empty = result_table((near, []), stock, 0, Aim((), ""), [], None)
    assert list(empty) == COLUMNS and not len(empty)
