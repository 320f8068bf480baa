import numpy as np
import pandas as pd
import pytest

from hrlib import BadImage, Hierarchy, HrlibError
from hrlib.catalogue.assemble import assemble

ITEMS = pd.DataFrame({"id": ["a", "b", "c"], "class": ["mug", "pan", "mug"]})


def read(reference):
    if reference < 0:
        raise BadImage("negative")
    return np.full((4, 4, 3), reference, np.uint8)


def make(references, tmp_path, **settings):
    hierarchy = Hierarchy.from_frame(ITEMS, ["class"])
    return assemble(
        "three",
        ITEMS,
        references,
        read,
        str(references),
        hierarchy,
        image_size=(4, 4),
        cache_dir=tmp_path,
        workers=1,
        **settings,
    )


def test_rows_belong_together(tmp_path):
    catalogue = make([5, 6, 7], tmp_path)
    assert catalogue.images[:].mean((1, 2, 3)).tolist() == [5, 6, 7] and len(catalogue.skipped) == 0


def test_bad_ones_are_left_out_of_all_parts_and_listed(tmp_path):
    with pytest.warns(UserWarning, match="three: skipped"):
        catalogue = make([5, -1, 7], tmp_path, on_bad="skip")
    assert catalogue.items["id"].tolist() == ["a", "c"] and catalogue.hierarchy.n_classes == (1,)
    assert catalogue.images[:].mean((1, 2, 3)).tolist() == [5, 7]
    assert catalogue.skipped.to_dict("records") == [{"row": 1, "id": "b", "reason": "-1: negative"}]
    with pytest.raises(BadImage, match="1 of 3 photos cannot be used: -1: negative"):
        make([5, -1, 7], tmp_path)


def test_absent_ones_are_listed_with_the_bad_ones(tmp_path):
    with pytest.warns(UserWarning, match="three: skipped 2 rows"):
        catalogue = make([-1, 7], tmp_path, absent={0: "no path"}, on_bad="skip")
    assert catalogue.items["id"].tolist() == ["c"] and catalogue.images[:].mean() == 7
    assert catalogue.skipped["reason"].tolist() == ["no path", "-1: negative"]


def test_none_left(tmp_path):
    with pytest.raises(HrlibError, match="none of 3 photos can be read"):
        make([-1, -2, -3], tmp_path, on_bad="skip")
