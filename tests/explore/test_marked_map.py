"""The explorer's map: every item where it was projected in its group's colour; what a filter takes stays in grey."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from hrlib.explore import marked_map
from hrlib.explore.groups import groups
from hrlib.explore.theme import template

PLACES = np.random.default_rng(0).normal(size=(36, 2)).astype(np.float32)


@pytest.mark.parametrize("colour", ["category", "product"])
@pytest.mark.parametrize("every", [1, 3])
def test_items_are_in_their_places_and_colours(shop, colour, every):
    divided, allowed = groups(shop, colour), np.arange(36) % every == 0
    drawn = marked_map.draw(PLACES, divided, allowed)
    assert tuple(trace.name for trace in drawn.data) == marked_map.TRACES
    grey, items = drawn.data[:2]
    np.testing.assert_array_equal(np.stack([grey.x, grey.y], axis=1), PLACES)
    np.testing.assert_array_equal(items.customdata, np.flatnonzero(allowed))
    np.testing.assert_array_equal(np.stack([items.x, items.y], axis=1), PLACES[allowed])
    stops = dict(items.marker.colorscale)
    high = items.marker.cmax
    for row, number in zip(np.flatnonzero(allowed), items.marker.color, strict=True):
        found = stops[min(stops, key=lambda at: abs(at - number / high))]
        assert to_hex(found) == to_hex(divided.colours[divided.labels[row]])
    symbols = items.marker.symbol
    expected = [divided.marks[divided.labels[row]] for row in np.flatnonzero(allowed)]
    assert [symbols] * len(expected) == expected if isinstance(symbols, str) else list(symbols) == expected


def test_marks_lie_over_the_chosen_and_their_neighbours():
    chosen, near = marked_map.marks(PLACES, [3], [4, 5])
    np.testing.assert_array_equal([chosen.x, chosen.y], PLACES[[3]].T)
    np.testing.assert_array_equal([near.x, near.y], PLACES[[4, 5]].T)
    assert chosen.marker.symbol != near.marker.symbol and {chosen.hoverinfo, near.hoverinfo} == {"skip"}
    assert chosen.marker.color == template(False).layout.font.color
    several, _ = marked_map.marks(PLACES, [1, 2], [])
    assert several.marker.size < chosen.marker.size
    assert [len(trace.x) for trace in marked_map.marks(PLACES, (), ())] == [0, 0]


def test_the_legend_names_the_groups_and_escapes_them(shop):
    divided = groups(shop, "category")
    html = marked_map.legend(divided)
    assert html.count("&lt;i&gt;cat") == 4 and "<i>" not in html and "<b>category</b>" in html
    for colour, mark in zip(divided.colours, divided.marks, strict=True):
        assert f'color:{colour}">{marked_map.SIGNS[mark]}' in html


def test_a_larger_catalogue_has_smaller_marks(shop):
    divided = groups(shop, "category")
    many = np.tile(PLACES, (60, 1))
    big = type(divided)(**{**vars(divided), "labels": np.tile(divided.labels, 60)})
    sizes = [
        marked_map.draw(x, d, np.ones(len(x), bool)).data[1].marker.size for x, d in ((PLACES, divided), (many, big))
    ]
    assert sizes[0] > sizes[1]
