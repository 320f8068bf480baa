"""Docstrings as reStructuredText: what means itself in prose is escaped, and nothing else."""

import pytest

from docs.docstrings import restructured


def of(text: str) -> str:
    lines = text.split("\n")
    restructured(lines)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/|P+| sum of a * b", r"1/\|P+\| sum of a \* b"),
        ("`|x| * y_` and names_ of", r"`|x| * y_` and names\_ of"),
        ("* a bullet, 2 * 3\n  goes on", "* a bullet, 2 \\* 3\n  goes on"),
        ("**settings: of the loss", r"\*\*settings: of the loss"),
        ("`1/R sum |\n    y|` and |z|", "`1/R sum |\n    y|` and \\|z\\|"),
        (">>> a * b\n6 |\n\nc * d", ">>> a * b\n6 |\n\nc \\* d"),
        ("the sum:\n\n    L = |x| * y\n\nwhere |x|", "the sum::\n\n    L = |x| * y\n\nwhere \\|x\\|"),
        ("the columns:\n\n* one\n* two", "the columns:\n\n* one\n* two"),
        ("Args:\n    x: |x|", "Args:\n    x: \\|x\\|"),
        ("snake_case and _private stay", "snake_case and _private stay"),
    ],
)
def test_marks(text, expected):
    assert of(text) == expected
