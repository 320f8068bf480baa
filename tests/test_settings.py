from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest

from hrlib import HrlibError
from hrlib.settings import nearest, strict, whole_number


@dataclass(frozen=True)
class Example:
    count: int = 1
    rate: float = 0.1
    kind: Literal["a", "b"] = "a"
    name: str | None = None
    on: bool = False


def test_of_many_names_some_are_listed():
    said = nearest("item 321x", [f"item {number}" for number in range(5000)])
    assert said.startswith("did you mean 'item 321'? Known: item 0, item 1,") and said.endswith(
        "item 99 and 4,900 more"
    )


def test_accepts_what_fits():
    assert strict(Example, {"rate": 1, "name": None, "kind": "b"}) == Example(rate=1, kind="b")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"cuont": 1}, "'cuont' is no setting of Example; did you mean 'count'"),
        ({"zzz": 1}, "'zzz' is no setting of Example; Known: count, rate, kind, name, on"),
        ({"count": True}, r"count is True \(bool\): expected int"),
        ({"count": 1.0}, "expected int"),
        ({"rate": "1"}, r"rate is '1' \(str\): expected float"),
        ({"kind": "c"}, "one of 'a', 'b'"),
        ({"name": 3}, "expected str | None"),
        ({"on": 1}, "expected bool"),
    ],
)
def test_refuses_by_name(values, says):
    with pytest.raises(HrlibError, match=says):
        strict(Example, values)


def test_whole_numbers_are_pythons_and_numpys():
    assert whole_number("k", np.uint8(3)) == 3 and type(whole_number("k", np.int64(0), 0)) is int


@pytest.mark.parametrize("value", [0, -1, 2.0, "2", None, True, np.True_])
def test_what_is_no_whole_number_is_refused_by_name(value):
    with pytest.raises(HrlibError) as refused:
        whole_number("k", value, 1, "the number of results")
    assert str(refused.value) == f"k is {value!r}: expected an integer of 1 or more, the number of results"
