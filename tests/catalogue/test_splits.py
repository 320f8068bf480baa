"""Dividing is tested where it is used, in test_catalogue.py; here the drawing of rows and the official parts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import Hierarchy, HrlibError
from hrlib.catalogue.splits import official_parts, sample_rows

# 24 classes in 4 superclasses, 5 rows each; the first 12 classes train, the others test
CLASSES = np.repeat(np.arange(24), 5)
HIERARCHY = Hierarchy.from_frame(pd.DataFrame({"class": CLASSES, "superclass": CLASSES % 4}))
SPLIT = pd.Series(np.where(CLASSES < 12, "train", "test"))


@given(n=st.integers(2, 24), seed=st.integers(0, 50), photos=st.none() | st.integers(1, 7))
def test_each_part_of_a_split_gives_its_share(n, seed, photos):
    rows = sample_rows(HIERARCHY, n, seed, SPLIT, photos)
    drawn = pd.Series(CLASSES[rows])
    assert (np.diff(rows) > 0).all() and drawn.nunique() == n
    assert (drawn.value_counts() == min(photos or 5, 5)).all()
    assert abs((drawn.unique() < 12).sum() - n / 2) <= 0.5
    assert abs(pd.Series(drawn.unique() % 4).value_counts().reindex(range(4), fill_value=0) - n / 4).max() < 2


def test_a_split_within_the_classes_changes_nothing():
    within = pd.Series(np.tile(["train", "test", "val", "test", "train"], 24))
    np.testing.assert_array_equal(sample_rows(HIERARCHY, 7, 3, within), sample_rows(HIERARCHY, 7, 3))


def test_the_seed_decides_classes_and_photos():
    assert (sample_rows(HIERARCHY, 6, 1, SPLIT, 2) == sample_rows(HIERARCHY, 6, 1, SPLIT, 2)).all()
    assert (sample_rows(HIERARCHY, 24, 1, SPLIT, 2) != sample_rows(HIERARCHY, 24, 2, SPLIT, 2)).any()


def test_official_parts_come_in_the_usual_order():
    column = pd.Series(["gallery", "other", "query", "test", "train", "query", "val", "another"], name="split")
    parts = official_parts(column)
    assert list(parts) == ["train", "val", "test", "query", "gallery", "another", "other"]
    assert parts["query"].tolist() == [2, 5]
    with pytest.raises(HrlibError, match=r"'split' is missing in 1 row \(1\): expected a part a row"):
        official_parts(pd.Series(["train", None], name="split"))
