"""The command that counts: a failure cannot be hidden, and a share leaves the other rows as they are."""

from tests.hostile import table

TEST = """
import pytest

@pytest.fixture
def tally(record_property):
    rows = []
    yield lambda fault, reader, times, wrong=0: rows.append([fault, reader, times, wrong])
    for row in rows:
        record_property("tried", row)

def test_good(tally):
    tally("damage", "a reader", 300)
    tally("long", "a run", 20)

def test_bad(tally):
    tally("damage", "a | reader", 5, 2)
    tally("kills", "a run", 1000)
    assert False

def test_worse(tally):
    tally("kills", "a run", 7)
    assert False

def test_worst(tally):
    assert False
"""


def test_counts_and_failures(tmp_path, monkeypatch, capsys):
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path)  # which puts back where the tests stand
    monkeypatch.setattr(table, "ROOT", tmp_path)
    monkeypatch.setattr(table, "TABLE", tmp_path / "docs" / "faults.md")
    old = {
        ("kills", "a run"): (9, 9, "2020-01-01"),
        ("other", "left"): (12_345, 0, "2020-01-01"),
        ("long", "a run"): (10_000, 0, "2020-01-01"),
    }
    table.TABLE.write_text(table.written(old, {"2020-01-01": "commit abc, python 3"}))
    (tmp_path / "tests" / "test_a.py").write_text(TEST)
    assert table.main(["-p", "no:cacheprovider", "tests/test_a.py"]) == 1
    rows, made = table.read(table.TABLE.read_text())
    counts = {key: row[:2] for key, row in rows.items()}
    assert counts.pop(("damage", "a reader")) == (300, 0) and counts.pop(("damage", "a / reader")) == (5, 2)
    assert counts.pop(("kills", "a run")) == (1007, 1) and counts.pop(("other", "left")) == (12_345, 0)
    assert counts.pop(("long", "a run")) == (10_000, 0), "a small share does not undo a long one"
    (((fault, name), row),) = counts.items()
    assert fault == "a test that failed" and name.endswith("test_worst") and row == (1, 1)
    assert len(made) == 2 and "23,658 tried, 4 failed" in table.TABLE.read_text()
