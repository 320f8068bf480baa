"""A CSV that a spreadsheet opens as text and numbers."""

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.spreadsheet import FORMULA, to_csv

COLUMNS = ["rank", "row", "id", "title", "path", "distance"]


def table(title):
    return pd.DataFrame([(1, 1, "id 1", title, "path", 0.5)], columns=COLUMNS)


@given(st.text(max_size=8), st.sampled_from(["", *FORMULA]))
def test_no_cell_is_taken_for_a_formula(tmp_path_factory, text, start):
    title = start + text
    path = to_csv(table(title).rename(columns={"path": "=path"}), tmp_path_factory.mktemp("csv") / "new" / "a.csv")
    with open(path, encoding="utf-8-sig", newline="") as file:
        header, cells = csv.reader(file)
    assert header[COLUMNS.index("path")] == "'=path"
    cell = cells[COLUMNS.index("title")]
    assert cell == ("'" + title if title.startswith(FORMULA) else title) and not cell.startswith(FORMULA)
    assert cells[COLUMNS.index("row")] == "1" and cells[COLUMNS.index("distance")] == "0.5"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_the_signs_that_are_known_to_be_dangerous(tmp_path, sign):
    data = to_csv(table(sign + "cmd|' /C calc'!A0; é"), tmp_path / "a.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and f"\"'{sign}cmd|' /C calc'!A0; é\"".encode() in data


def test_negative_numbers_stay_numbers(tmp_path):
    path = to_csv(pd.DataFrame({"x": [-1.5, 2.0]}), tmp_path / "a.csv")
    assert pd.read_csv(path)["x"].tolist() == [-1.5, 2.0]


def test_what_is_no_text_and_no_number_is_text(tmp_path):
    cells = [["=a", "b"], ("-a",), {"=": 1}, np.array(["@"]), b"=1", None, float("nan"), True, "\ud800="]
    path = to_csv(pd.DataFrame({"x": pd.Series(cells, dtype=object)}), tmp_path / "a.csv")
    with open(path, encoding="utf-8-sig", newline="") as file:
        found = [row[0] for row in csv.reader(file)][1:]
    assert found == ["['=a', 'b']", "('-a',)", "{'=': 1}", "['@']", "b'=1'", "", "", "True", "?="]
