"""The table beside the vectors: it grows without a reader seeing it, keeps types, and goes to parquet and back."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hrlib.search.metadata import as_columns
from hrlib.search.table import Table, grown

KINDS = {
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    "integer": st.integers(-(2**63) + 1, 2**63 - 1),
    "float": st.floats(allow_nan=False),
    "boolean": st.booleans(),
    "empty": st.none(),
}


def rows_of(table):
    return {name: column.decoded(slice(table.rows)).tolist() for name, column in table.columns.items()}


def test_a_few_rows_are_read_without_going_through_all_labels():
    class Labels(list):
        def __iter__(self):
            raise AssertionError("as many labels as rows, for two of them")

    columns = Table().added(as_columns({"x": [*map(str, range(9)), None]}, 10), 10).columns
    column = replace(columns["x"], labels=Labels(columns["x"].labels))
    assert column.decoded(np.array([9, 3])).tolist() == [None, "3"]


@given(st.data())
def test_parts_added_one_after_the_other_are_the_whole(data):
    kinds = {name: data.draw(st.sampled_from(sorted(KINDS))) for name in "xy"}
    table, whole, older = Table(), {name: [] for name in kinds}, []
    for _ in range(data.draw(st.integers(1, 4))):
        count = data.draw(st.integers(0, 4))
        names = data.draw(st.sets(st.sampled_from("xy")))
        part = {
            name: data.draw(st.lists(st.none() | KINDS[kinds[name]], min_size=count, max_size=count)) for name in names
        }
        for name, values in whole.items():
            values += part.get(name, [None] * count)
        table = table.added(as_columns(part, count), count)
        older.append((table, rows_of(table)))
    assert rows_of(table) == {name: values for name, values in whole.items() if name in table.columns}
    assert all(rows_of(then) == held for then, held in older)
    back = Table.from_arrow(table.to_arrow(), table.rows)
    assert back.kinds == table.kinds and rows_of(back) == rows_of(table)
    taken = table.taken(np.arange(0, table.rows, 2))
    assert rows_of(taken) == {name: values[::2] for name, values in rows_of(table).items()}


def test_growing_copies_seldom():
    table, buffers = Table(), set()
    for number in range(1000):
        table = table.added(as_columns({"x": [number]}, 1), 1)
        buffers.add(id(table.columns["x"].buffer))
    assert len(buffers) < 30
    assert table.columns["x"].decoded(slice(1000)).tolist() == list(range(1000))
    assert grown(np.arange(4), 2, 4).tolist() == [0, 1, 2, 3] and len(grown(np.arange(4), 4, 5)) == 6


def test_labels_of_rows_that_are_gone_are_dropped():
    table = Table().added(as_columns({"x": [f"label {n}" for n in range(100)] + [None]}, 101), 101)
    for rows, labels in (([3, 100, 5, 3], ["label 3", "label 5"]), ([100], []), ([], [])):
        taken = table.taken(np.array(rows, int))
        assert sorted(taken.columns["x"].labels) == labels
        assert taken.columns["x"].decoded(slice(len(rows))).tolist() == [
            None if r == 100 else f"label {r}" for r in rows
        ]
