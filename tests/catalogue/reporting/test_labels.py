"""What is said of labels, attributes and texts: where it applies, in numbers, with the rows."""

import numpy as np
import pandas as pd
import pytest

from tests.catalogue.reporting.test_report import shop


def test_labels_that_are_no_tree():
    found = shop(category=[0, 0, 0, 0, 1, 1, 1, 1, 2, 0, 2, 2], product=[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5]).report()
    rows = found.findings["conflicts"].rows
    assert rows.to_dict("records") == [{"row": 9, "id": "item 9", "level": "category", "was": "0", "became": "2"}]
    assert found.findings["single photos"].rows["id"].tolist() == ["item 11"]
    assert "catalogue.at_level('category')" in found.findings["single photos"].advice
    alone = shop(category=[0] * 11 + [1], product=[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5]).report()  # in its category, too
    assert alone.findings["single photos"].advice.startswith("Add photos of them: asked")


@pytest.mark.parametrize(
    ("product", "category", "said"),
    [
        ([0] * 12, [0] * 12, "level 'product' has a single class; level 'category' has a single class"),
        (list(range(6)) * 2, [0] * 12, "level 'category' has a single class."),
        (list(range(6)) * 2, list("abcdef") * 2, "level 'category' has a class for each of 'product'"),
    ],
)
def test_levels_that_say_nothing(product, category, said):
    found = shop(product=product, category=category).report().findings["levels"]
    assert said in found.said
    assert ("nothing can be learned" in found.advice) == (len(set(product)) == 1)


def test_one_level_is_told():
    catalogue = shop().at_level("category")
    assert "'category' is the only level" in catalogue.report().findings["levels"].said


def test_attributes_and_texts():
    columns = {
        "colour": ["red", None, np.nan, " "] + ["blue"] * 8,
        "text": ["A mug", "a  mug", None, "", *map(str, range(8))],
    }
    found = shop(**columns).report().findings
    assert list(found) == ["attributes", "missing texts", "shared texts"]
    assert found["attributes"].rows.to_dict("records") == [
        {"attribute": "colour", "values": 2, "missing": 3, "share": 0.25}
    ]
    assert "colour in 25% of the rows" in found["attributes"].said
    assert found["missing texts"].rows["id"].tolist() == ["item 2", "item 3"]
    assert (
        found["shared texts"].rows["text"].tolist() == ["A mug", "a  mug"]
        and "which have 1 text." in found["shared texts"].said
    )


def test_lists_of_texts():
    found = (
        shop(text=pd.Series([["one", "two"], ["Two", "one"], ["one"], [], *([f"t{row}"] for row in range(8))]))
        .report()
        .findings
    )
    assert found["missing texts"].rows["row"].tolist() == [3] and found["shared texts"].rows["row"].tolist() == [0, 1]
