"""The table of faults: runs the tests that try them, counts, and writes docs/faults.md.

    python tests/hostile/table.py                                        # some hundreds of each kind
    HYPOTHESIS_PROFILE=stress python tests/hostile/table.py -m ""        # 10,000 of each: hours
    HYPOTHESIS_PROFILE=stress python tests/hostile/table.py -m "" tests/hostile/test_readers.py -k tokenizer      # a share of that

Arguments go to pytest; without a path they are for tests/hostile and tests/stress. A test is in the table by what it tells the fixture `tally`
(tests/conftest.py). A row is replaced by a newer count of the same fault and reader, but not one without failures by a smaller one: the quick
share does not undo the long one. The others stay, each with its date.
"""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "faults.md"
ROW = re.compile(r"\| (.+?) \| (.+?) \| ([\d,]+) \| ([\d,]+) \| (\d{4}-\d\d-\d\d) \|")
MADE = re.compile(r"- (\d{4}-\d\d-\d\d): (.+)")
HEAD = """# Faults and hostile input

What was tried, and how often the kit did something else than what it promises: an answer that is right, or an error of its own that names the
cause; no other exception, nothing written outside the folder that was given, nothing unpickled, nothing fetched, nothing half-written in the
place of something whole. The tests count; `python tests/hostile/table.py` runs them and writes this file.

| input or fault | read by, or done to | tried | failed | on |
|---|---|---:|---:|---|
"""


class Gather:
    """A plugin of pytest: the counts of all tests, also of those in other processes."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], list[int]] = {}
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        if report.when != "teardown":
            return
        counts = [value for key, value in report.user_properties if key == "tried"]
        if report.nodeid in self.failed and counts:
            self.failed.remove(report.nodeid)
            counts[0][3] += not any(row[3] for row in counts)
        for fault, reader, tried, wrong in counts:
            row = self.rows.setdefault((fault, reader), [0, 0])
            row[0], row[1] = row[0] + tried, row[1] + wrong

    def counted(self) -> dict[tuple[str, str], list[int]]:
        """Tried and failed, by fault and reader; tests that failed before they counted anything are there by their names."""
        return self.rows | {("a test that failed", name): [1, 1] for name in self.failed}


def read(text: str) -> tuple[dict[tuple[str, str], tuple[int, int, str]], dict[str, str]]:
    """The rows of a table, (tried, failed, date) by fault and reader, and the versions by date."""
    rows = {(m[1], m[2]): (int(m[3].replace(",", "")), int(m[4].replace(",", "")), m[5]) for m in ROW.finditer(text)}
    return rows, {m[1]: m[2] for m in MADE.finditer(text)}


def written(rows: dict[tuple[str, str], tuple[int, int, str]], made: dict[str, str]) -> str:
    """The text of the table."""
    lines = [f"| {f} | {r} | {n:,} | {wrong:,} | {date} |\n" for (f, r), (n, wrong, date) in sorted(rows.items())]
    total = (
        f"\n{sum(n for n, *_ in rows.values()):,} tried, {sum(wrong for _, wrong, _ in rows.values()):,} failed.\n\n"
    )
    dates = sorted({date for *_, date in rows.values()})
    return HEAD + "".join(lines) + total + "".join(f"- {date}: {made[date]}\n" for date in dates)


def versions() -> str:
    """Of this checkout and what it stands on, in a line."""
    from hrlib.versions import versions

    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    return ", ".join([f"commit {commit}", *(f"{name} {version}" for name, version in versions().items())])


def cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


def main(arguments: list[str]) -> int:
    os.chdir(ROOT)
    gather, today = Gather(), datetime.date.today().isoformat()
    if "-m" not in arguments:
        arguments = ["-m", "not stress", *arguments]
    if not any((ROOT / argument.split("::")[0]).exists() for argument in arguments if argument[:1] not in ("", "-")):
        arguments = [*arguments, "tests/hostile", "tests/stress"]
    code = pytest.main(["-q", "--rootdir", str(ROOT), *arguments], plugins=[gather])
    rows, made = read(TABLE.read_text(encoding="utf-8")) if TABLE.is_file() else ({}, {})
    for (fault, reader), (tried, wrong) in gather.counted().items():
        row = cell(fault), cell(reader)
        before, failed, _ = rows.get(row, (0, 0, ""))
        if wrong or failed or tried >= before:
            rows[row] = tried, wrong, today
    TABLE.write_text(written(rows, made | {today: versions()}), encoding="utf-8")
    print(f"{len(gather.rows)} rows of {TABLE.relative_to(ROOT)} counted anew")
    return int(code)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
