"""History and the pinned list."""

import pandas as pd

from hrlib.explore.choices import KEPT, Choice, History, keep
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
