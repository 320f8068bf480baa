"""What people and their browsers ask with: filters, uploads, boxes and strokes, parameters of notebooks."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlib import HrlibError
from hrlib.explore.photo_strip import PhotoStrip
from hrlib.explore.search_canvas import MOST_BYTES, scribbled, uploaded
from hrlib.explore.search_query import PhotoQuery
from hrlib.notebooks.parameters import Parameter, _converted
from hrlib.search import FaissStore
from hrlib.search.visual.queries import cropped
from tests.hostile.corpus import NOISE
from tests.hostile.damage import odd_values, tries
from tests.hostile.saved import unit

COLUMNS = {
    "text": ["a", "b", None, "", "é", "../../x"],
    "integer": [-(2**63) + 1, -1, 0, 1, None, 2**63 - 1],
    "float": [-math.inf, -1.5, 0.0, 1e308, None, math.inf],
    "boolean": [True, False, None, True, False, True],
    "empty": [None] * 6,
}
asked = st.one_of(
    odd_values,
    st.lists(odd_values, max_size=4),
    st.tuples(odd_values, odd_values),
    st.tuples(odd_values),
    st.sampled_from(
        [np.array(3), np.array([1, 2]), np.array([[1]]), np.array("a"), np.int8(1), np.float16("nan"), np.bool_(True)]
    ),
    st.sampled_from(
        [pd.NA, pd.NaT, pd.Series([1]), pd.Index(["a"]), {1}, frozenset("a"), range(3), b"a", 1j, object, math.nan]
    ),
)


@pytest.fixture(scope="module")
def store():
    made = FaissStore(8)
    made.upsert(list(range(6)), unit(6), {name: pd.Series(values, dtype=object) for name, values in COLUMNS.items()})
    return made


def meets(value, wanted):
    """The promise of a filter, row by row in plain Python."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return False
    if isinstance(wanted, tuple):
        low, high = wanted
        return (low is None or low <= value) and (high is None or value <= high)
    return any(value == one for one in (wanted if isinstance(wanted, (list, set, frozenset)) else [wanted]))


@tries(200)
@given(
    where=st.one_of(
        st.dictionaries(st.one_of(st.sampled_from(sorted(COLUMNS)), st.text(max_size=5)), asked, max_size=3), odd_values
    )
)
def test_filters(store, attempt, nowhere, where):
    call = lambda: store.search(unit(1, 3), 6, where).ids[0]  # noqa: E731
    found, refusal = attempt("odd filters", "where", call, nowhere)
    if refusal is not None or not where:
        return
    plain = all(isinstance(wanted, (str, int, float, tuple, list, set, frozenset)) for wanted in where.values())
    assert store.count(where) == len(found)
    if plain:
        expected = [row for row in range(6) if all(meets(COLUMNS[name][row], wanted) for name, wanted in where.items())]
        assert sorted(found) == expected


PIXELS = np.asarray(NOISE)
number = st.one_of(odd_values, st.integers(-100, 100), st.floats(-100, 100))
stroke = st.one_of(
    odd_values,
    st.fixed_dictionaries(
        {},
        optional={
            "points": st.one_of(odd_values, st.lists(st.one_of(odd_values, st.lists(number, max_size=3)), max_size=4)),
            "colour": st.one_of(odd_values, st.sampled_from(["#ff0000", "#12345678", "red", "hsl(0,100%,50%)"])),
            "width": number,
        },
    ),
)


@tries(300)
@given(strokes=st.lists(stroke, max_size=3), crop=st.one_of(st.lists(number, max_size=5), st.just([])))
def test_boxes_and_strokes(attempt, nowhere, strokes, crop):
    query = PhotoQuery(PIXELS, "a photo")

    def ask():
        marked = query.with_marks(crop, strokes)
        drawn = scribbled(PIXELS, marked.strokes)
        assert drawn.shape == PIXELS.shape and drawn.dtype == np.uint8
        return np.asarray(cropped(NOISE, marked.crop))

    attempt("odd messages of a browser", "SearchDemo, boxes and strokes", ask, nowhere)


@tries(200)
@given(
    facts=st.one_of(odd_values, st.dictionaries(st.sampled_from(["name", "bytes"]), odd_values)),
    data=st.one_of(st.none(), st.binary(max_size=30)),
)
def test_uploads(attempt, nowhere, facts, data):
    buffers = [] if data is None else [memoryview(data)]
    call = lambda: PhotoQuery.of_file(*uploaded(facts, buffers))  # noqa: E731
    attempt("odd messages of a browser", "SearchDemo, an upload", call, nowhere)


def test_an_upload_that_is_larger_than_a_browser_would_send():
    with pytest.raises(HrlibError, match="9.0 MB, more than the 9 MB that can be uploaded"):
        uploaded({"name": "a.png", "bytes": 3}, [memoryview(bytes(MOST_BYTES + 1))])


@tries(100)
@given(message=st.one_of(odd_values, st.dictionaries(st.just("place"), odd_values)))
def test_a_choice_in_the_strip(attempt, nowhere, message):
    strip, chosen = PhotoStrip(), []
    strip.show([("first", PIXELS, "a"), ("second", PIXELS, "b")])
    strip.on_choice(chosen.append)
    attempt(
        "odd messages of a browser",
        "PhotoStrip",
        lambda: strip._handle_custom_msg(message, []),
        nowhere,
    )
    assert len(chosen) <= 1 and set(chosen) <= {"first", "second"}
    strip.close()


texts = st.one_of(
    odd_values,
    st.sampled_from(
        [
            "{[]: 1}",
            "(" * 1000,
            "9" * 5000,
            "1e999",
            "__import__('os')",
            "[].append",
            "f'{1}'",
            "-",
            "\0",
            "True",
            "fAlSe",
            "1_000",
            "0x10",
        ]
    ),
)


@tries(300)
@given(value=texts, kind=st.sampled_from(["str", "int", "float", "bool", "list", "None"]))
def test_values_of_parameters(attempt, nowhere, value, kind):
    parameter = Parameter("lr", kind, "0.1", "the rate")
    call = lambda: (_converted(value, parameter, "01_a"),)  # noqa: E731
    answer, _ = attempt("odd values", "parameters of a notebook", call, nowhere)
    if answer is not None and kind in ("str", "int", "float", "bool"):
        assert type(answer[0]).__name__ == kind
