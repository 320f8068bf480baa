"""The table beside the vectors: typed columns that grow at the end, so that what a reader holds never changes.

A `Table` is a number of rows and a view of buffers. Adding rows gives a new Table, which shares the buffers with the old
one: new values are written behind the old one's rows. Only the newest Table of a family may be added to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from hrlib.errors import HrlibError
from hrlib.search.metadata import Values, frame

# type of a column: how its values are kept, and what stands for a missing one; text is kept as numbers of its labels
KINDS = {
    "text": (np.int32, -1),
    "integer": (np.int64, np.iinfo(np.int64).min),
    "float": (np.float64, np.nan),
    "boolean": (np.int8, -1),
    "empty": (np.int8, -1),
}
_ARROW = {"text": pa.string(), "integer": pa.int64(), "float": pa.float64(), "boolean": pa.bool_(), "empty": pa.null()}


@dataclass(frozen=True)
class Column:
    """A column: a buffer of at least as many values as its table has rows; of text, the labels that its numbers mean."""

    kind: str
    buffer: np.ndarray
    labels: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def encoded(self, values: np.ndarray) -> np.ndarray:
        """Objects (N,), None where missing, as they are kept; labels not seen before are added."""
        dtype, missing = KINDS[self.kind]
        if self.kind == "text":
            for value in values:
                if value is not None and value not in self.numbers:
                    self.labels.append(value)
                    self.numbers[value] = len(self.labels) - 1
            values = [self.numbers.get(value, missing) for value in values]
        return np.array([missing if value is None else value for value in values], dtype)

    def decoded(self, rows: np.ndarray | slice) -> np.ndarray:
        """The values of rows as objects, None where missing."""
        kept = self.buffer[rows]
        missing = pd.isna(kept) if self.kind == "float" else kept == KINDS[self.kind][1]
        if self.kind == "text":
            # only the labels of these rows: a table may have as many as rows
            values = np.empty(len(kept), object)
            values[:] = [None if number < 0 else self.labels[number] for number in kept.tolist()]
        else:
            values = (kept.astype(bool) if self.kind == "boolean" else kept).astype(object)
        values[missing] = None
        return values

    def taken(self, rows: np.ndarray) -> Column:
        """Some rows; of text only the labels that they have, so that those of replaced items are not kept for ever."""
        if self.kind != "text":
            return replace(self, buffer=self.buffer[rows])
        used, buffer = np.unique(self.buffer[rows], return_inverse=True)
        missing = int(len(used) > 0 and used[0] == -1)
        labels = [self.labels[number] for number in used[missing:]]
        numbers = {label: number for number, label in enumerate(labels)}
        return Column("text", (buffer - missing).astype(np.int32), labels, numbers)


@dataclass(frozen=True)
class Table:
    """`rows` rows of columns."""

    rows: int = 0
    columns: dict[str, Column] = field(default_factory=dict)

    @property
    def kinds(self) -> dict[str, str]:
        """Name to type of each column."""
        return {name: column.kind for name, column in self.columns.items()}

    def check(self, new: Mapping[str, Values]) -> None:
        """Refuse columns whose type is another here; integers fit a column of floats, whole floats one of integers."""
        for name, values in new.items():
            kind = self.columns[name].kind if name in self.columns else "empty"
            # of 64 bits: a float beyond 2^63 is a whole number too
            whole = values.kind == "float" and all(
                one is None or (abs(one) < 2**63 and one.is_integer()) for one in values.values
            )
            fits = {kind, "empty", "integer" if kind == "float" else "", "float" if kind == "integer" and whole else ""}
            if kind != "empty" and values.kind not in fits:
                raise HrlibError(
                    f"metadata: column {name!r} holds {kind} values and {values.kind} ones were given: expected {kind}; "
                    "convert them, or give the column another name"
                )

    def added(self, new: Mapping[str, Values], count: int) -> Table:
        """This table and `count` rows more. A column that `new` lacks is missing in them."""
        self.check(new)
        rows, columns = self.rows + count, {}
        for name in [*self.columns, *(name for name in new if name not in self.columns)]:
            column, values = self.columns.get(name), new.get(name)
            if column is None or (column.kind == "empty" and values is not None):
                dtype, missing = KINDS[values.kind]
                column = Column(values.kind, np.full(self.rows, missing, dtype))
            encoded = KINDS[column.kind][1] if values is None else column.encoded(values.values)
            buffer = grown(column.buffer, self.rows, rows)
            buffer[self.rows : rows] = encoded
            columns[name] = replace(column, buffer=buffer)
        return Table(rows, columns)

    def taken(self, rows: np.ndarray) -> Table:
        """Some rows, in buffers of their own."""
        return Table(len(rows), {name: column.taken(rows) for name, column in self.columns.items()})

    def frame(self, rows: np.ndarray, index: Sequence) -> pd.DataFrame:
        """Some rows as `Store.get` gives them."""
        return frame({name: Values(c.kind, c.decoded(rows)) for name, c in self.columns.items()}, index)

    def to_arrow(self) -> pa.Table:
        """All rows, for a parquet file."""
        arrays = {name: pa.array(c.decoded(slice(self.rows)), _ARROW[c.kind]) for name, c in self.columns.items()}
        return pa.table(arrays)

    @classmethod
    def from_arrow(cls, table: pa.Table, rows: int) -> Table:
        """What `to_arrow` gave."""
        kinds = {kind: name for name, kind in _ARROW.items()}
        columns = {
            name: Values(kinds[table.schema.field(name).type], np.array(table[name].to_pylist(), object))
            for name in table.column_names
        }
        return cls().added(columns, rows)


def grown(buffer: np.ndarray, used: int, wanted: int) -> np.ndarray:
    """The buffer itself if it has `wanted` rows, else a copy of its `used` ones with half as much room again."""
    if wanted <= len(buffer):
        return buffer
    larger = np.empty((max(wanted, used * 3 // 2 if used else 0), *buffer.shape[1:]), buffer.dtype)
    larger[:used] = buffer[:used]
    return larger
