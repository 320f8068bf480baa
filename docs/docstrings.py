"""Docstrings are prose for readers of the code; here they become reStructuredText, in which | * and a last _ mean something else."""

from __future__ import annotations

import re

MARKS = re.compile(r"(`[^`]*`)|(?<=\w)(_)(?=\W|$)|([|*\\])")
BULLET = re.compile(r"(\s*\* )?(.*)", re.DOTALL)


def restructured(lines: list[str]) -> None:
    """Escape the marks in place, but for bullets, code in backticks and examples; what is indented after a colon is shown as it stands."""
    example, block = False, None  # within >>> ..., the indentation of the paragraph that a block of code belongs to
    code = _spans(lines)
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        if block is not None and line.strip() and indent <= block:
            block = None
        if example or block is not None or not line.strip():
            continue
        if line.endswith(":") and _code_follows(lines[number + 1 :], indent):
            block, line = indent, line + ":"
        bullet, text = BULLET.match(line).groups(default="")
        lines[number] = bullet + _escaped(text, code[number])


def _escaped(text: str, inside: bool) -> str:
    """`inside`: the line begins within backticks that were opened on the line before."""
    if inside:
        before, tick, text = text.partition("`")
        return before + tick + _escaped(text, False)
    text, tick, opened = (text, "", "") if text.count("`") % 2 == 0 else text.rpartition("`")
    return MARKS.sub(lambda found: found[1] or "\\" + (found[2] or found[3]), text) + tick + opened


def _spans(lines: list[str]) -> list[bool]:
    """Whether each line begins within backticks."""
    inside, found = False, []
    for line in lines:
        inside = inside and bool(line.strip())
        found.append(inside)
        inside ^= line.count("`") % 2 == 1
    return found


def _code_follows(rest: list[str], indent: int) -> bool:
    """An empty line, and then one that is indented more and is no bullet."""
    if len(rest) < 2 or rest[0].strip():
        return False
    line = rest[1]
    return len(line) - len(line.lstrip()) > indent and not line.lstrip().startswith(("* ", ">>>"))
