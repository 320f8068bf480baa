"""How findings show the items that they are about."""

import numpy as np
import pandas as pd
import pytest

from hrlib.catalogue.reporting.finding import counted, item_table, pair_table
from tests.catalogue.reporting.test_report import shop


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 photos"), (1, "1 photo"), (2, "2 photos"), (np.int64(1203), "1,203 photos")]
)
def test_counts_in_words(count, text):
    assert counted(count, "photo") == text


def test_items_have_their_row_id_and_path_from_the_coarsest_level_on():
    table = item_table(shop(), np.array([11, 0]))
    assert table.to_dict("list") == {"row": [11, 0], "id": ["item 11", "item 0"], "path": ["2 > 5", "0 > 0"]}
    assert list(item_table(shop(), np.zeros(0, np.int64))) == ["row", "id", "path"]


def test_pairs_have_both_sides_whatever_their_index():
    pairs = pd.DataFrame({"row": [0, 2], "other": [4, 3], "similarity": [1.0, 0.98]}, index=[7, 3])
    table = pair_table(shop(), pairs)
    assert list(table) == ["row", "id", "path", "other", "other id", "other path", "similarity"]
    assert table.iloc[1].tolist() == [2, "item 2", "0 > 1", 3, "item 3", "0 > 1", 0.98]
    assert table["other id"].tolist() == ["item 4", "item 3"] and len(table) == 2
