"""Legends: what they show, and about how much room they take."""

import numpy as np
import pytest

from hrlib.explore.groups import Groups
from hrlib.explore.legends import FOLDED, folded, legend, legend_height, points_height


def divided(groups, families, name="class"):
    of = np.arange(groups) * families // groups
    names = tuple(f"{name} {n}" for n in range(groups))
    tops = tuple(f"<super> {n}" for n in range(families))
    level = None if families == groups else "<top>"
    grey = ("#808080",)
    return Groups("fine", of, names, grey * groups, ("circle",) * groups, of, tops, grey * families, level)


def test_it_folds_where_there_are_many_classes_of_superclasses():
    assert not folded(divided(FOLDED, 4)) and folded(divided(FOLDED + 1, 4))
    assert not folded(divided(90, 90))  # nothing to fold them into
    assert legend(divided(30, 4))["title"]["text"] == "&lt;top&gt;<br>(shades: fine)"
    assert legend(divided(8, 4))["title"]["text"] == "fine"


@pytest.mark.parametrize(("groups", "families", "lines"), [(5, 5, 5), (16, 4, 20), (300, 4, 4)])
def test_beside_the_points_it_has_a_line_an_entry(groups, families, lines):
    assert 20 * lines < legend_height(divided(groups, families)) <= 20 * (lines + 2) + 10 * families


def test_below_the_points_entries_stand_beside_each_other():
    flat, long = divided(12, 12), divided(12, 12, "a class with a long name")
    assert legend_height(flat, 860) < legend_height(long, 860) < legend_height(flat)
    # families beside each other are as high as the largest: a title and four classes
    assert legend_height(divided(16, 4), 2000) == 20 * (5 + 2) + 10


def test_points_get_more_room_for_a_long_legend_up_to_where_it_scrolls():
    heights = [points_height(divided(groups, groups)) for groups in (3, 25, 200)]
    assert heights[0] < heights[1] < heights[2] == points_height(divided(300, 300))
    assert points_height(divided(25, 25), more=2) > heights[1]
