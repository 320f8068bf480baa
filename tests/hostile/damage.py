"""Input as nobody should write it: bytes that were damaged, JSON with odd values, texts that would come to life as HTML or as a formula."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# would make elements if it were taken for HTML; each kind of quote, and what ends a script, a comment, a style or a title
NASTY = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><b data-hostile=1>bold</b></title></style>--></textarea>"
    '<a href="javascript:alert(1)">a</a>'
)
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")')
ODD_TEXTS = ("", " ", "../../x", "/etc/passwd", "\0", "\ud800", "NaN", "é\u0301", NASTY, *FORMULAS)
ODD_NUMBERS = (0, -1, 1.5, 2**31, 2**63, 2**64, -(2**63), 10**30, 10**400, float("nan"), float("inf"), -float("inf"))
ODD_WORDS = [
    b"",
    b" ",
    b"0",
    b"-1",
    b"1",
    b"1.5",
    b"nan",
    b"..",
    b"../../x",
    b"/etc/passwd",
    b"\0",
    b"\xff",
    b'"',
    b"a,b",
]
ODD_WORDS += ["²".encode(), "٣".encode(), b"9" * 5000, b"x" * 200_000]
DEEP = b"[" * 100_000

odd_values = st.one_of(
    st.sampled_from([None, True, False, [], {}, [[]], [None], {"a": None}, *ODD_NUMBERS, *ODD_TEXTS]),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
)


@st.composite
def damaged(draw: Any, whole: bytes) -> bytes:
    """Bytes that were cut off, or in which bits are turned, a region is zeros, noise, gone or there twice, or others altogether."""
    n = max(1, len(whole))
    start = draw(st.integers(0, n - 1))
    stop = min(n, start + draw(st.sampled_from([1, 2, 4, 8, 64, 1024, n])))
    match draw(st.integers(0, 8)):
        case 0:
            return whole[:start]
        case 1 | 2 | 3:
            return whole[:start] + bytes([whole[start] ^ (1 << draw(st.integers(0, 7)))]) + whole[start + 1 :]
        case 4:
            return whole[:start] + bytes(stop - start) + whole[stop:]
        case 5:
            return whole[:start] + draw(st.binary(min_size=1, max_size=16)) + whole[stop:]
        case 6:
            return whole[:start] + whole[stop:]
        case 7:
            return whole[:stop] + whole[start:]
        case _:
            return draw(st.one_of(st.binary(max_size=64), st.sampled_from([b"", b"{}", b"[]", b"3", b"null", DEEP])))


@st.composite
def odd_json(draw: Any, whole: Any) -> Any:
    """A JSON value in which one to three values are odd, gone or too many; 10**400 and NaN are written as Python writes them."""
    for _ in range(draw(st.integers(1, 3))):
        whole = _changed(draw, whole)
    return whole


def _changed(draw: Any, value: Any) -> Any:
    if not isinstance(value, (dict, list)) or not value or draw(st.integers(0, 4)) == 0:
        return draw(odd_values)
    value = copy.copy(value)
    at = draw(st.sampled_from(sorted(value))) if isinstance(value, dict) else draw(st.integers(0, len(value) - 1))
    match draw(st.integers(0, 5)):
        case 0:
            del value[at]
        case 1 if isinstance(value, dict):
            value[draw(st.text(max_size=6))] = draw(odd_values)
        case 1:
            value.append(draw(odd_values))
        case _:
            value[at] = _changed(draw, value[at])
    return value


def json_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def damaged_json(whole: bytes) -> st.SearchStrategy[bytes]:
    """A JSON file, damaged as bytes or in what it says."""
    return st.one_of(damaged(whole), odd_json(json.loads(whole)).map(json_bytes))


@st.composite
def damaged_lines(draw: Any, whole: bytes) -> bytes:
    """A list, a line an item, in which lines are gone or there twice, or a word is odd."""
    lines = whole.split(b"\n")
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 3)):
            case 0:
                lines = lines[:at] + lines[at + 1 :] or [b""]
            case 1:
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case _:
                words = re.split(rb"([ ,/\t]+)", lines[at])
                place = draw(st.integers(0, len(words) - 1))
                words[place] = draw(st.sampled_from(ODD_WORDS))
                lines[at] = b"".join(words)
    return b"\n".join(lines)


def tries(few: int, most: int = 10_000) -> settings:
    """So many examples of a test; in the profile "stress" 10,000, or `most`."""
    many = settings().max_examples
    return settings(max_examples=min(many, most) if many >= 1000 else few, suppress_health_check=list(HealthCheck))
