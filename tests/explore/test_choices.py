"""History, the pinned list, and a CSV that a spreadsheet opens as text."""

import csv

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib.explore.choices import FORMULA, KEPT, Choice, History, keep, to_csv
from hrlib.explore.selection import COLUMNS


def test_history_goes_back_and_forth():
    history = History()
    assert history.step(-1) is None and history.step(1) is None
    a, b, c = (Choice((row,), "click") for row in range(3))
    history.add(a)
    history.add(b)
    assert history.step(1) is None and history.step(-1) == a and history.step(-1) is None
    assert history.step(1) == b and history.step(-1) == a
    history.add(c)  # forgets b
    assert history.choices == [a, c] and history.step(1) is None and history.step(-1) == a
    history.add(a)
    assert history.choices == [a, c]  # what is shown already is no new query


def test_history_keeps_the_latest():
    history = History(limit=3)
    for row in range(5):
        history.add(Choice((row,), "click"))
    assert [choice.rows[0] for choice in history.choices] == [2, 3, 4] and history.at == 2


def table(rows, title="a title"):
    values = [("neighbour", rank, row, f"id {row}", title, "path", 0.5) for rank, row in enumerate(rows, 1)]
    return pd.DataFrame(values, columns=COLUMNS)


def test_kept_selections_add_up_without_doubles():
    kept = keep(pd.DataFrame(columns=KEPT), table([1, 2]), "row 0", "flat")
    assert list(kept.columns) == KEPT and kept["row"].dtype.kind == "i" and kept["distance"].dtype.kind == "f"
    kept = keep(keep(kept, table([2, 3]), "row 0", "flat"), table([2]), "row 0", "hierarchical")
    assert list(zip(kept["space"], kept["row"], strict=True)) == [
        ("flat", 1),
        ("flat", 2),
        ("flat", 3),
        ("hierarchical", 2),
    ]
    assert len(keep(kept, table([2]), "row 9", "flat")) == 5


@given(st.text(max_size=8), st.sampled_from(["", *FORMULA]))
def test_no_cell_is_taken_for_a_formula(tmp_path_factory, text, start):
    title = start + text
    path = to_csv(table([1], title).rename(columns={"path": "=path"}), tmp_path_factory.mktemp("csv") / "new" / "a.csv")
    with open(path, encoding="utf-8-sig", newline="") as file:
        header, cells = csv.reader(file)
    assert header[COLUMNS.index("path")] == "'=path"
    cell = cells[COLUMNS.index("title")]
    assert cell == ("'" + title if title.startswith(FORMULA) else title) and not cell.startswith(FORMULA)
    assert cells[COLUMNS.index("row")] == "1" and cells[COLUMNS.index("distance")] == "0.5"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_the_signs_that_are_known_to_be_dangerous(tmp_path, sign):
    data = to_csv(table([1], sign + "cmd|' /C calc'!A0; é"), tmp_path / "a.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and f"\"'{sign}cmd|' /C calc'!A0; é\"".encode() in data


def test_negative_numbers_stay_numbers(tmp_path):
    path = to_csv(pd.DataFrame({"x": [-1.5, 2.0]}), tmp_path / "a.csv")
    assert pd.read_csv(path)["x"].tolist() == [-1.5, 2.0]
