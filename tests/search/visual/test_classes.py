"""Classes by their names, and what counts as known."""

import numpy as np
import pandas as pd
import pytest

from hrlib import Hierarchy, HierarchyConflict
from hrlib.search.visual.classes import Classes, known

TREE = pd.DataFrame({"fine": list("abcd"), "coarse": ["x", "x", "y", "y"]})
LEVELS = Hierarchy.from_frame(TREE)


def test_classes_by_name():
    classes = Classes(LEVELS)
    assert classes.labels([{"fine": "c", "coarse": "y"}, {"coarse": "y"}, {"fine": "new"}, {}]).tolist() == [
        [2, 1],
        [-1, 1],
        [-1, -1],
        [-1, -1],
    ]
    assert classes.labels([]).shape == (0, 2)
    assert (classes.path_of(0, 3), classes.path_of(1, 0)) == (("y", "d"), ("x",))
    assert classes.path({"fine": "c", "coarse": "y", "colour": "red"}) == ("y", "c")
    assert classes.completed({"fine": "b", "colour": "red"}) == {"fine": "b", "coarse": "x", "colour": "red"}
    assert classes.completed({"colour": "red"}) == {"colour": "red"}
    with pytest.raises(
        HierarchyConflict, match="fine 'b' lies under coarse 'x', not under 'y': .* give the finest alone"
    ):
        classes.completed({"fine": "b", "coarse": "y"})


def test_what_is_known():
    values = {"a": None, "b": np.nan, "c": "", "d": "\t", "e": pd.NA, "f": 0, "g": False, "h": "x", "i": pd.NaT}
    assert known(values | {"j": [], "k": ["x", None]}) == {"f": 0, "g": False, "h": "x", "k": ["x", None]}
