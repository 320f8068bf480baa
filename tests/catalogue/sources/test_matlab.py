"""MATLAB files as scipy writes them, read in a process of their own; damaged ones get a sentence."""

import io

import numpy as np
import pytest
from scipy.io import savemat

from hrlib import HrlibError
from hrlib.catalogue.sources import matlab
from hrlib.catalogue.sources.matlab import read_matlab


def saved(**variables) -> bytes:
    data = io.BytesIO()
    savemat(data, variables)
    return data.getvalue()


def test_what_was_saved_is_read():
    cars = np.array([("a.jpg", 3), ("b.jpg", 7)], dtype=[("fname", object), ("class", object)])
    found = read_matlab(saved(numbers=np.arange(4), names=np.array(["x", "yy"], object), annotations=cars, one=5), "f")
    assert found == {
        "numbers": [0, 1, 2, 3],
        "names": ["x", "yy"],
        "annotations": {"fname": ["a.jpg", "b.jpg"], "class": [3, 7]},
        "one": [5],
    }


def test_what_is_damaged_is_named(monkeypatch):
    whole = saved(numbers=np.arange(4000))
    for content in (b"", b"no MATLAB file", whole[:200], b"\0" * 300):
        with pytest.raises(HrlibError, match=r"meta.mat cannot be read as a MATLAB file \(.+\): fetch it again"):
            read_matlab(content, "meta.mat")
    monkeypatch.setattr(matlab, "READER", "import os; os.abort()")
    with pytest.raises(HrlibError, match="its reader ended with -6"):
        read_matlab(whole, "meta.mat")
