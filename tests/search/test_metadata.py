"""Metadata as they are given: their types, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from hrlib import HrlibError
from hrlib.search.metadata import as_values


@pytest.mark.parametrize(
    "given, kind",
    [
        (pd.Series(["a", None], dtype="category"), "text"),
        (pd.Series(["a", pd.NA], dtype="string"), "text"),
        (pd.array([1, None], dtype="Int64"), "integer"),
        (np.array([1, 2], np.uint8), "integer"),
        (np.array([1, np.nan], np.float32), "float"),
        ([1, 2.5], "float"),
        (pd.array([True, None], dtype="boolean"), "boolean"),
        (np.array([True, False]), "boolean"),
        ((np.str_("a"), "b"), "text"),
        (np.array(["a", "b"]), "text"),
        ([None, np.nan], "empty"),
        (pd.Series([np.nan, np.nan], index=[5, 5]), "empty"),
    ],
    ids=repr,
)
def test_types_are_found_out(given, kind):
    values = as_values("x", given, 2)
    assert values.kind == kind
    python = {"text": str, "integer": int, "float": float, "boolean": bool, "empty": type(None)}[kind]
    assert {type(value) for value in values.values} <= {python, type(None)}


def test_dates_are_refused_with_a_way_out():
    with pytest.raises(HrlibError, match="write dates as text"):
        as_values("x", pd.to_datetime(["2024-05-31"]), 1)
